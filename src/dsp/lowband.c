#include "dsp/lowband.h"

#include "core/alloc.h"
#include "dsp/clamp.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { STAGES = ST_LOWBAND_STAGES, WIDE = 8 };

/* Low-rate samples a period of high_hz: keeps the folds away from the band. */
#define LOW_RATE_RATIO 25.0
/* Delay that the upper side needs, in periods of high_hz. */
#define PERIODS 1.15

static int round_up(int n) {
    return (n + WIDE - 1) / WIDE * WIDE;
}

/* Taps of the cascade of box-cars of `factor` frames. */
static int cascade_taps(int factor) {
    return STAGES * (factor - 1) + 1;
}

/* h[cascade_taps], sum 1: each pass makes running means of the one before. */
static void cascade(double *h, double *work, int factor) {
    int n = 1;
    h[0] = 1.0;
    for (int stage = 0; stage < STAGES; stage++) {
        memcpy(work, h, (size_t)n * sizeof *h);
        for (int i = 0; i < n + factor - 1; i++) {
            h[i] = 0.0;
            for (int k = i - factor + 1 < 0 ? 0 : i - factor + 1;
                 k <= i && k < n; k++)
                h[i] += work[k] / (double)factor;
        }
        n += factor - 1;
    }
}

static st_status make_cascades(st_lowband *b) {
    int n = cascade_taps(b->factor);
    double *h = st_calloc(2 * (size_t)n, sizeof *h);
    if (h == NULL)
        return ST_NO_MEM;
    cascade(h, h + n, b->factor);
    for (int i = 0; i < n; i++) {
        b->down[b->box - 1 - i] = (float)h[i];
        b->up[i] = (float)(h[i] * (double)b->factor);
    }
    st_free(h);
    return ST_OK;
}

static st_status make_taps(st_lowband *b, double rate_hz, double low_hz,
                           double high_hz) {
    double taps[ST_LOWBAND_MAX_HALF + 1];
    st_status status =
        st_lowband_design(taps, b->half, b->factor, rate_hz, low_hz, high_hz);
    if (status != ST_OK)
        return status;
    float *middle = b->taps + b->wide - 1 - b->half;
    for (int k = 0; k <= b->half; k++)
        middle[k] = middle[-k] = (float)taps[k];
    return ST_OK;
}

static void lay_out(st_lowband *b, double rate_hz, double high_hz,
                    int least_frames) {
    int m = st_clamp_int((int)(rate_hz / (LOW_RATE_RATIO * high_hz)), 1,
                         ST_LOWBAND_MAX_FACTOR);
    int need = (int)ceil(PERIODS / high_hz * rate_hz);
    need = need > least_frames ? need : least_frames;
    int delay = (need - STAGES * (m - 1) + m - 1) / m;
    b->factor = m;
    b->half = st_clamp_int(delay, 8, ST_LOWBAND_MAX_HALF);
    b->idle = delay > b->half ? delay - b->half : 0;
    b->box = round_up(cascade_taps(m));
    b->past = b->box - 1;
    b->wide = round_up(2 * b->half + 1);
    b->span = b->wide + b->idle;
}

static float *zeros(int rows, int columns) {
    return st_calloc((size_t)rows * (size_t)columns, sizeof(float));
}

st_status st_lowband_init(st_lowband *b, double rate_hz, int channels,
                          double low_hz, double high_hz, int least_frames) {
    *b = (st_lowband){.channels = channels};
    lay_out(b, rate_hz, high_hz, least_frames);
    b->down = zeros(1, b->box);
    b->up = zeros(STAGES, b->factor);
    b->input = zeros(channels, b->past + ST_LOWBAND_RUN);
    b->low = zeros(channels, b->span + ST_LOWBAND_ROOM);
    b->shaped = zeros(channels, STAGES);
    if (b->down == NULL || b->up == NULL || b->input == NULL ||
        b->low == NULL || b->shaped == NULL)
        return ST_NO_MEM;
    st_lowband_reset(b);
    st_status status = make_cascades(b);
    return status != ST_OK ? status : make_taps(b, rate_hz, low_hz, high_hz);
}

void st_lowband_deinit(st_lowband *b) {
    st_free(b->down);
    st_free(b->up);
    st_free(b->input);
    st_free(b->low);
    st_free(b->shaped);
    *b = (st_lowband){0};
}

static float *input_row(const st_lowband *b, int channel) {
    return b->input + (size_t)channel * (size_t)(b->past + ST_LOWBAND_RUN);
}

static float *low_row(const st_lowband *b, int channel) {
    return b->low + (size_t)channel * (size_t)(b->span + ST_LOWBAND_ROOM);
}

void st_lowband_reset(st_lowband *b) {
    size_t channels = (size_t)b->channels;
    memset(b->input, 0,
           channels * (size_t)(b->past + ST_LOWBAND_RUN) * sizeof(float));
    memset(b->low, 0,
           channels * (size_t)(b->span + ST_LOWBAND_ROOM) * sizeof(float));
    memset(b->shaped, 0, channels * STAGES * sizeof(float));
    b->phase = 0;
    b->low_end = b->span;
}

int st_lowband_delay_frames(const st_lowband *b) {
    return b->factor * (b->half + b->idle) + STAGES * (b->factor - 1);
}

/* n a multiple of WIDE. */
static float dot(const float *restrict x, const float *restrict h, int n) {
    float sum[WIDE] = {0};
    for (int i = 0; i < n; i += WIDE)
        for (int k = 0; k < WIDE; k++)
            sum[k] += x[i + k] * h[i + k];
    for (int half = WIDE / 2; half > 0; half /= 2)
        for (int k = 0; k < half; k++)
            sum[k] += sum[k + half];
    return sum[0];
}

/* One more low-rate sample, `newest` the input frame it falls on. */
static void decimate(st_lowband *b, const float *newest, float *low,
                     float *shaped) {
    *low = dot(newest - b->past, b->down, b->box);
    memmove(shaped + 1, shaped, (STAGES - 1) * sizeof *shaped);
    shaped[0] = dot(low - b->idle - b->wide + 1, b->taps, b->wide);
}

/* out[i], i < n: the frames from `phase` on after a low-rate sample. */
static void interpolate(const st_lowband *b, const float *shaped, int phase,
                        float *restrict out, int n) {
    const float *up = b->up + phase;
    int m = b->factor;
    float a0 = shaped[0], a1 = shaped[1], a2 = shaped[2], a3 = shaped[3];
    for (int i = 0; i < n; i++)
        out[i] = (a0 * up[i] + a1 * up[m + i]) +
                 (a2 * up[2 * m + i] + a3 * up[3 * m + i]);
}

void st_lowband_one(st_lowband *b, int channel, const float *in, float *out,
                    int n) {
    float *row = input_row(b, channel);
    float *low = low_row(b, channel) + b->low_end;
    float *shaped = b->shaped + channel * STAGES;
    memcpy(row + b->past, in, (size_t)n * sizeof *in);
    int phase = b->phase;
    for (int at = 0; at < n;) {
        if (phase == 0)
            decimate(b, row + b->past + at, low++, shaped);
        int left = b->factor - phase, m = left < n - at ? left : n - at;
        if (out != NULL)
            interpolate(b, shaped, phase, out + at, m);
        phase = m == left ? 0 : phase + m;
        at += m;
    }
    memmove(row, row + n, (size_t)b->past * sizeof *row);
}

/* Room for one more run in every row. */
static void slide(st_lowband *b) {
    if (b->low_end + ST_LOWBAND_RUN <= b->span + ST_LOWBAND_ROOM)
        return;
    for (int c = 0; c < b->channels; c++) {
        float *row = low_row(b, c);
        memmove(row, row + b->low_end - b->span, (size_t)b->span * sizeof *row);
    }
    b->low_end = b->span;
}

void st_lowband_end(st_lowband *b, int n) {
    int first = b->phase == 0 ? 0 : b->factor - b->phase;
    if (n > first)
        b->low_end += 1 + (n - 1 - first) / b->factor;
    b->phase = (b->phase + n) % b->factor;
    slide(b);
}
