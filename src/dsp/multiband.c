#include "dsp/multiband.h"

#include "core/alloc.h"
#include "dsp/clamp.h"
#include "dsp/gain.h"
#include "dsp/xover.h"

#include <math.h>
#include <string.h>

enum {
    CHUNK = 256,
    MAX_STEPS = CHUNK / 8 + 1,
    MAX_PAIRS = 4,
    MAX_CHANNELS = 8
};

struct st_multiband {
    st_xover xover;
    st_gain gain; /* in the crossover's lanes */
    int channels, pairs;
    int latency;
    int64_t frame;
    int phase; /* frames into the control step */
    st_xover_state state[MAX_PAIRS];

    /* History: frame t of the stream lies at end - (frame - t). */
    int keep, capacity, end; /* frames */
    float *lanes[MAX_PAIRS]; /* [capacity][ST_LANES] */
    float *dry[MAX_CHANNELS];
    float scratch[ST_CONTROL_MAX_FRAMES]; /* right half of an odd channel */

    /* 0 = the dry input, 1 = the bands; moves a control step at a time */
    float wet, wet_step, wet_target;
    float from[ST_LANES], to[ST_LANES]; /* gains over the running step */
    float mean[MAX_STEPS][ST_LANES], top[MAX_STEPS][ST_LANES];
    float gains[MAX_STEPS][ST_LANES];
};

st_multiband_params st_multiband_defaults(void) {
    static const double attack[] = {30.0, 15.0, 10.0, 5.0};
    static const double release[] = {300.0, 200.0, 120.0, 80.0};
    static const double hold[] = {10.0, 5.0, 2.0, 1.0};
    st_multiband_params p = {.crossover = st_crossover_defaults()};
    for (int band = 0; band < ST_CROSSOVER_MAX_BANDS; band++) {
        p.band[band] = st_dynamics_defaults();
        p.band[band].attack_ms = attack[band];
        p.band[band].release_ms = release[band];
        p.band[band].hold_ms = hold[band];
    }
    return p;
}

static bool all_neutral(const st_multiband_params *params, int bands) {
    for (int band = 0; band < bands; band++)
        if (!st_dynamics_is_neutral(&params->band[band]))
            return false;
    return true;
}

/* Both lanes of a band follow its curve. */
static void set_band(st_multiband *u, int band, const st_dynamics_params *p,
                     bool now) {
    int lane = st_xover_lane(u->xover.bands, band);
    st_gain_set(&u->gain, lane, p, now);
    st_gain_set(&u->gain, lane + 1, p, now);
}

static st_status make_history(st_multiband *u) {
    u->keep = u->latency + u->gain.step_frames;
    u->capacity = u->keep + (u->keep > CHUNK ? u->keep : CHUNK);
    for (int pair = 0; pair < u->pairs; pair++) {
        u->lanes[pair] =
            st_calloc((size_t)u->capacity, ST_LANES * sizeof(float));
        if (u->lanes[pair] == NULL)
            return ST_NO_MEM;
    }
    for (int c = 0; c < u->channels; c++) {
        u->dry[c] = st_calloc((size_t)u->capacity, sizeof(float));
        if (u->dry[c] == NULL)
            return ST_NO_MEM;
    }
    return ST_OK;
}

st_status st_multiband_new(st_multiband **out, const st_spec *spec,
                           const st_multiband_params *params) {
    int bands = params->crossover.bands;
    if (!st_spec_valid(spec) || bands < 2 || bands > ST_CROSSOVER_MAX_BANDS)
        return ST_BAD_ARG;
    st_multiband *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return ST_NO_MEM;
    st_xover_init(&u->xover, spec->rate_hz, &params->crossover);
    st_gain_init(&u->gain, spec->rate_hz, ST_LANES);
    for (int band = 0; band < bands; band++)
        set_band(u, band, &params->band[band], true);
    u->channels = spec->channels;
    u->pairs = (spec->channels + 1) / 2;
    u->latency = (int)rint(st_clamp(params->lookahead_ms, 0.0, 50.0) * 0.001 *
                           spec->rate_hz);
    u->wet_target = all_neutral(params, bands) ? 0.0f : 1.0f;
    if (make_history(u) != ST_OK) {
        st_multiband_free(u);
        return ST_NO_MEM;
    }
    st_multiband_reset(u);
    *out = u;
    return ST_OK;
}

void st_multiband_free(st_multiband *u) {
    if (u == NULL)
        return;
    for (int pair = 0; pair < MAX_PAIRS; pair++)
        st_free(u->lanes[pair]);
    for (int c = 0; c < MAX_CHANNELS; c++)
        st_free(u->dry[c]);
    st_free(u);
}

static void clear_bands(st_multiband *u) {
    memset(u->state, 0, sizeof u->state);
    for (int pair = 0; pair < u->pairs; pair++)
        memset(u->lanes[pair], 0,
               (size_t)u->capacity * ST_LANES * sizeof(float));
}

void st_multiband_reset(st_multiband *u) {
    st_xover_settle(&u->xover);
    st_gain_reset(&u->gain, u->from);
    memcpy(u->to, u->from, sizeof u->to);
    clear_bands(u);
    for (int c = 0; c < u->channels; c++)
        memset(u->dry[c], 0, (size_t)u->capacity * sizeof(float));
    u->frame = 0;
    u->phase = 0;
    u->end = u->keep;
    u->wet = u->wet_target;
    u->wet_step = 0.0f;
}

static bool is_dry(const st_multiband *u) {
    return u->wet == 0.0f && u->wet_step == 0.0f && u->wet_target == 0.0f;
}

void st_multiband_set(st_multiband *u, const st_multiband_params *params) {
    st_xover_set(&u->xover, &params->crossover);
    for (int band = 0; band < u->xover.bands; band++)
        set_band(u, band, &params->band[band], false);
    st_gain_set_done(&u->gain);
    if (is_dry(u))
        clear_bands(u); /* stood still while all was neutral */
    u->wet_target = all_neutral(params, u->xover.bands) ? 0.0f : 1.0f;
}

int st_multiband_latency_frames(const st_multiband *u) {
    return u->latency;
}

/* Room for at least one frame; how many there is room for. */
static int make_room(st_multiband *u) {
    if (u->end == u->capacity) {
        int from = u->end - u->keep;
        for (int pair = 0; pair < u->pairs; pair++)
            memmove(u->lanes[pair], u->lanes[pair] + from * ST_LANES,
                    (size_t)u->keep * ST_LANES * sizeof(float));
        for (int c = 0; c < u->channels; c++)
            memmove(u->dry[c], u->dry[c] + from,
                    (size_t)u->keep * sizeof(float));
        u->end = u->keep;
    }
    return u->capacity - u->end;
}

/* The level of each band over the `steps` control steps that end in the newest
 * frames, the loudest channel's; the oldest begins at `start`. */
static void detect(st_multiband *u, int start, int steps) {
    size_t n = (size_t)u->gain.step_frames;
    const st_dynops *ops = u->gain.ops;
    ops->detect_lanes(u->lanes[0] + start * ST_LANES, n, (size_t)steps,
                      u->mean[0], u->top[0]);
    for (int pair = 1; pair < u->pairs; pair++)
        for (int i = 0; i < steps; i++) {
            float mean[ST_LANES], top[ST_LANES];
            ops->detect_lanes(u->lanes[pair] + (start + i * (int)n) * ST_LANES,
                              n, 1, mean, top);
            for (int j = 0; j < ST_LANES; j++) {
                u->mean[i][j] = st_larger(mean[j], u->mean[i][j]);
                u->top[i][j] = st_larger(top[j], u->top[i][j]);
            }
        }
}

/* Toward the bands or the dry input, one control step. */
static void move_wet(st_multiband *u) {
    u->wet += u->wet_step;
    u->wet_step = 0.0f;
    if (u->wet == u->wet_target)
        return;
    float step = 1.0f / (float)u->gain.ramp_steps;
    float way = u->wet_target - u->wet;
    u->wet_step = way > step ? step : way < -step ? -step : way;
}

static void next_step(st_multiband *u, const float *gains) {
    memcpy(u->from, u->to, sizeof u->from);
    memcpy(u->to, gains, sizeof u->to);
    move_wet(u);
    u->phase = 0;
}

/* Blend in the delayed input while the bands come or go. */
static void mix_dry(const st_multiband *u, float *out, const float *dry,
                    int n) {
    const float *w = u->gain.w + u->phase;
    for (int i = 0; i < n; i++) {
        float wet = u->wet + u->wet_step * w[i];
        out[i] = dry[i] + wet * (out[i] - dry[i]);
    }
}

/* n frames of one control step; `end` is where the newest of them ends. */
static void write_out(st_multiband *u, float *const *out, int at, int end,
                      int n) {
    int from = end - n - u->latency;
    for (int pair = 0; pair < u->pairs; pair++) {
        int left = 2 * pair;
        float *second =
            left + 1 < u->channels ? out[left + 1] + at : u->scratch;
        u->gain.ops->mix_lanes(u->lanes[pair] + from * ST_LANES, u->from, u->to,
                               u->gain.w + u->phase, out[left] + at, second,
                               (size_t)n);
    }
    if (u->wet == 1.0f && u->wet_step == 0.0f)
        return;
    for (int c = 0; c < u->channels; c++)
        mix_dry(u, out[c] + at, u->dry[c] + from, n);
}

static void split(st_multiband *u, const float *const *in, int at, int n) {
    for (int pair = 0; pair < u->pairs; pair++) {
        int left = 2 * pair;
        int right = left + 1 < u->channels ? left + 1 : left;
        u->xover.ops->crossover(&u->state[pair], &u->xover.coeffs,
                                in[left] + at, in[right] + at,
                                u->lanes[pair] + u->end * ST_LANES, (size_t)n);
        if ((u->frame + n) % CHUNK == 0)
            st_xover_flush(&u->state[pair]);
    }
}

/* All bands neutral: the history of the input is all there is to do. */
static void pass(st_multiband *u, float *const *out, int at, int n) {
    for (int c = 0; c < u->channels; c++)
        memcpy(out[c] + at, u->dry[c] + u->end - u->latency,
               (size_t)n * sizeof(float));
    u->phase = (u->phase + n) % u->gain.step_frames;
    u->end += n;
}

/* All levels of the chunk first, then all gains, then the output: each a tight
 * loop. A gain needs nothing newer than the step before the one it acts in. */
static void compress(st_multiband *u, float *const *out, int at, int n) {
    int size = u->gain.step_frames, steps = (u->phase + n) / size;
    detect(u, u->end - u->phase, steps);
    st_gain_run(&u->gain, u->mean[0], u->top[0], u->gains[0], steps);
    for (int left = n, step = 0; left > 0;) {
        int room = size - u->phase;
        int m = left < room ? left : room;
        u->end += m;
        write_out(u, out, at, u->end, m);
        u->phase += m;
        if (u->phase == size)
            next_step(u, u->gains[step++]);
        left -= m;
        at += m;
    }
}

void st_multiband_process(st_multiband *u, const float *const *in,
                          float *const *out, int frames) {
    for (int at = 0; at < frames;) {
        int n = make_room(u), whole = CHUNK - (int)(u->frame % CHUNK);
        n = n < whole ? n : whole;
        n = n < frames - at ? n : frames - at;
        n = st_xover_run(&u->xover, u->frame, n);
        for (int c = 0; c < u->channels; c++)
            memcpy(u->dry[c] + u->end, in[c] + at, (size_t)n * sizeof(float));
        if (is_dry(u)) {
            pass(u, out, at, n);
        } else {
            split(u, in, at, n);
            compress(u, out, at, n);
        }
        u->frame += n;
        at += n;
    }
}

static st_reduction band_reduction(const st_multiband *u, int band) {
    return st_gain_reduction(&u->gain, st_xover_lane(u->xover.bands, band));
}

static st_reduction all_bands(const st_multiband *u) {
    st_reduction one[ST_CROSSOVER_MAX_BANDS];
    for (int band = 0; band < u->xover.bands; band++)
        one[band] = band_reduction(u, band);
    return st_reduction_join(one, u->xover.bands);
}

st_reduction st_multiband_reduction(const st_multiband *u, int band) {
    if (band == -1)
        return all_bands(u);
    if (band < 0 || band >= u->xover.bands)
        return (st_reduction){0};
    return band_reduction(u, band);
}

void st_multiband_clear_reduction(st_multiband *u) {
    st_gain_clear(&u->gain);
}
