#include "dsp/dither.h"

#include "core/alloc.h"
#include "dsp/clamp.h"
#include "dsp/dynops.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 256, MAX_CHANNELS = 8, MAX_TAPS = 9 };

typedef double v2d ST_VECTOR(16);

/* Error feedback: noise transfer 1 - sum of tap[k] z^-(k+1). */
typedef struct {
    int taps;
    double tap[MAX_TAPS];
} shaper;

static const shaper shapers[] = {
    [ST_SHAPE_NONE] = {0, {0}},
    [ST_SHAPE_LIPSHITZ5] = {5, {2.033, -2.165, 1.959, -1.590, 0.6149}},
    [ST_SHAPE_E9] = {9,
                     {2.847, -4.685, 6.214, -7.184, 6.639, -5.032, 3.263,
                      -1.632, 0.4191}},
};

struct st_dither {
    const st_dynops *ops;
    double rate_hz;
    int channels;
    double scale; /* 2^(bits - 1) */
    st_dither_params params;
    int64_t frame;
    int64_t blank_after; /* frames of exact zero */
    int64_t zeros[MAX_CHANNELS];
    /* of a pair of channels each, newest first */
    double error[MAX_CHANNELS / 2][MAX_TAPS][2];
    float noise[2][CHUNK], input[2][CHUNK], output[2][CHUNK];
};

st_dither_params st_dither_defaults(void) {
    return (st_dither_params){.bits = 24, .dithered = true};
}

bool st_dither_can_shape(double rate_hz) {
    return rate_hz == 44100.0 || rate_hz == 48000.0;
}

static bool known_shape(st_dither_shape shape) {
    return (int)shape >= 0 && (int)shape <= ST_SHAPE_E9;
}

st_status st_dither_new(st_dither **out, const st_spec *spec,
                        const st_dither_params *params) {
    if (!st_spec_valid(spec) || params->bits < 8 || params->bits > 24 ||
        !known_shape(params->shape))
        return ST_BAD_ARG;
    if (params->shape != ST_SHAPE_NONE && !st_dither_can_shape(spec->rate_hz))
        return ST_UNSUPPORTED;
    st_dither *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return ST_NO_MEM;
    u->ops = st_dynops_get();
    u->rate_hz = spec->rate_hz;
    u->channels = spec->channels;
    u->scale = ldexp(1.0, params->bits - 1);
    u->blank_after = (int64_t)(0.5 * spec->rate_hz);
    u->params = *params;
    *out = u;
    return ST_OK;
}

void st_dither_free(st_dither *u) {
    st_free(u);
}

void st_dither_reset(st_dither *u) {
    u->frame = 0;
    memset(u->zeros, 0, sizeof u->zeros);
    memset(u->error, 0, sizeof u->error);
}

void st_dither_set(st_dither *u, const st_dither_params *params) {
    int bits = u->params.bits;
    u->params = *params;
    u->params.bits = bits;
    if (!known_shape(params->shape) || !st_dither_can_shape(u->rate_hz))
        u->params.shape = ST_SHAPE_NONE;
}

int st_dither_latency_frames(const st_dither *u) {
    (void)u;
    return 0;
}

/* One step of the SplitMix64 generator (Steele, Lea, Flood 2014). */
static uint64_t mix64(uint64_t x) {
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

static void make_noise(st_dither *u, int slot, int channel, int n) {
    if (!u->params.dithered) {
        memset(u->noise[slot], 0, sizeof u->noise[slot]);
        return;
    }
    uint64_t high = (uint64_t)u->frame >> 32;
    uint64_t key =
        mix64(mix64(u->params.seed) ^ ((uint64_t)channel << 56) ^ (high << 1));
    u->ops->noise(u->noise[slot], (uint32_t)u->frame, (uint32_t)key,
                  (uint32_t)(key >> 32), (size_t)n);
}

/* Two channels side by side; the newest error comes last in the sum, so that
 * all but one product is ready when it is. */
static void shape(st_dither *u, int pair, int n) {
    const double shift = 6755399441055744.0; /* 1.5 * 2^52: rounds to int */
    const double *tap = shapers[u->params.shape].tap;
    v2d e[MAX_TAPS];
    memcpy(e, u->error[pair], sizeof e);
    for (int i = 0; i < n; i++) {
        v2d x = {(double)u->input[0][i], (double)u->input[1][i]};
        v2d noise = {(double)u->noise[0][i], (double)u->noise[1][i]};
        x = x * u->scale;
        for (int k = MAX_TAPS - 1; k >= 0; k--)
            x = x - tap[k] * e[k];
        v2d y = ((x + noise) + shift) - shift;
        for (int k = MAX_TAPS - 1; k > 0; k--)
            e[k] = e[k - 1];
        e[0] = y - x; /* before the clip, or loud passages would wind it up */
        y = y / u->scale;
        u->output[0][i] = (float)y[0];
        u->output[1][i] = (float)y[1];
    }
    memcpy(u->error[pair], e, sizeof e);
}

/* Within full scale, and no NaN. */
static void tame(float *x, float low, float high, int n) {
    for (int i = 0; i < n; i++) {
        float y = x[i] == x[i] ? x[i] : 0.0f;
        y = y > low ? y : low;
        x[i] = y < high ? y : high;
    }
}

static void shape_pair(st_dither *u, int pair, float *const *out, int at,
                       int n) {
    int count = 2 * pair + 1 < u->channels ? 2 : 1;
    for (int k = 0; k < 2; k++)
        tame(u->input[k], -16.0f, 16.0f, n);
    shape(u, pair, n);
    for (int k = 0; k < count; k++) {
        tame(u->output[k], -1.0f, (float)(1.0 - 1.0 / u->scale), n);
        memcpy(out[2 * pair + k] + at, u->output[k], (size_t)n * sizeof(float));
    }
}

static void blank(st_dither *u, int channel, const float *in, float *out,
                  int n) {
    int64_t zeros = u->zeros[channel];
    for (int i = 0; i < n; i++) {
        zeros = in[i] == 0.0f ? zeros + 1 : 0;
        out[i] = zeros > u->blank_after ? 0.0f : out[i];
    }
    u->zeros[channel] = zeros;
}

static void run_pair(st_dither *u, int pair, const float *const *in,
                     float *const *out, int at, int n) {
    int first = 2 * pair, count = first + 1 < u->channels ? 2 : 1;
    for (int k = 0; k < count; k++) {
        make_noise(u, k, first + k, n);
        memcpy(u->input[k], in[first + k] + at, (size_t)n * sizeof(float));
    }
    if (u->params.shape != ST_SHAPE_NONE)
        shape_pair(u, pair, out, at, n);
    for (int k = 0; k < count; k++) {
        float *to = out[first + k] + at;
        if (u->params.shape == ST_SHAPE_NONE)
            u->ops->quantise(to, u->input[k], u->noise[k], u->scale, (size_t)n);
        if (u->params.auto_blank)
            blank(u, first + k, u->input[k], to, n);
    }
}

void st_dither_process(st_dither *u, const float *const *in, float *const *out,
                       int frames) {
    for (int at = 0; at < frames;) {
        int n = CHUNK - (int)(u->frame % CHUNK);
        n = n < frames - at ? n : frames - at;
        for (int pair = 0; 2 * pair < u->channels; pair++)
            run_pair(u, pair, in, out, at, n);
        u->frame += n;
        at += n;
    }
}

double st_dither_peak(const st_dither_params *params) {
    double bits = (double)st_clamp_int(params->bits, 8, 24);
    double lsb = ldexp(1.0, 1 - (int)bits);
    double error = params->dithered ? 1.5 : 0.5, sum = 1.0;
    if (known_shape(params->shape))
        for (int k = 0; k < shapers[params->shape].taps; k++)
            sum += fabs(shapers[params->shape].tap[k]);
    return error * sum * lsb;
}
