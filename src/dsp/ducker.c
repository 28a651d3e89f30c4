#include "dsp/ducker.h"

#include "core/alloc.h"
#include "core/math.h"
#include "dsp/clamp.h"
#include "dsp/delay_line.h"
#include "dsp/gain.h"
#include "dsp/lowband.h"

#include <math.h>
#include <string.h>

enum {
    CHUNK = ST_LOWBAND_RUN,
    MAX_STEPS = CHUNK / 8 + 1,
    MAX_CHANNELS = 8,
    MAX_WAIT = 512, /* control steps that the key may be delayed */
};

struct st_ducker {
    st_gain gain; /* lane 0 */
    st_delay_line delay;
    bool banded;
    st_lowband band;
    int channels;
    double rate_hz;
    int phase;    /* frames into the control step */
    int wait;     /* control steps by which the key is delayed */
    int wait_end; /* used of the rows below */
    float waiting_mean[2 * MAX_WAIT], waiting_top[2 * MAX_WAIT];
    float key_keep; /* one-pole factor; 0: the key as it is */
    float key_state[MAX_CHANNELS];
    /* What the detector hears, from the start of the running step on. */
    float key[MAX_CHANNELS][ST_CONTROL_MAX_FRAMES + CHUNK];
    float from, to; /* gain over the running step */
    float mean[MAX_STEPS][ST_LANES], top[MAX_STEPS][ST_LANES];
    float gains[MAX_STEPS][ST_LANES];
    float part[CHUNK]; /* the band of one channel */
};

st_ducker_params st_ducker_defaults(void) {
    return (st_ducker_params){
        .low_hz = 40.0,
        .high_hz = 120.0,
        .curve = st_dynamics_defaults(),
        .lookahead_ms = 8.0,
        .key_high_hz = 0.0,
    };
}

static void take_params(st_ducker *u, const st_ducker_params *params,
                        bool now) {
    st_dynamics_params curve = params->curve;
    curve.upward = false;
    curve.makeup_db = 0.0;
    curve.mix = 1.0;
    st_gain_set(&u->gain, 0, &curve, now);
    u->key_keep = 0.0f;
    if (params->key_high_hz > 0.0) {
        double hz = st_clamp(params->key_high_hz, 100.0, 20000.0);
        u->key_keep = (float)st_exp(-2.0 * ST_PI * hz / u->rate_hz);
    }
}

static st_status make_band(st_ducker *u, const st_ducker_params *params,
                           int least_frames) {
    double low = st_clamp(params->low_hz, 20.0, 990.0);
    double high = st_clamp(params->high_hz, low * 1.01, 1000.0);
    return st_lowband_init(&u->band, u->rate_hz, u->channels, low, high,
                           least_frames);
}

static st_status make_delays(st_ducker *u, const st_ducker_params *params) {
    double ahead =
        st_clamp(params->lookahead_ms, 0.0, 20.0) * 0.001 * u->rate_hz;
    int frames = (int)rint(ahead);
    u->banded = params->low_hz > 0.0 || params->high_hz > 0.0;
    if (u->banded) {
        st_status status = make_band(u, params, frames);
        if (status != ST_OK)
            return status;
        frames = st_lowband_delay_frames(&u->band);
    }
    /* The gain moves one step after what it has seen. */
    double steps = ((double)frames - ahead) / u->gain.step_frames;
    u->wait = st_clamp_int((int)rint(steps) - 1, 0, MAX_WAIT);
    return st_delay_line_init(&u->delay, u->channels, frames);
}

st_status st_ducker_new(st_ducker **out, const st_spec *spec,
                        const st_ducker_params *params) {
    if (!st_spec_valid(spec))
        return ST_BAD_ARG;
    st_ducker *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return ST_NO_MEM;
    u->channels = spec->channels;
    u->rate_hz = spec->rate_hz;
    st_gain_init(&u->gain, spec->rate_hz, 1);
    take_params(u, params, true);
    st_status status = make_delays(u, params);
    if (status != ST_OK) {
        st_ducker_free(u);
        return status;
    }
    st_ducker_reset(u);
    *out = u;
    return ST_OK;
}

void st_ducker_free(st_ducker *u) {
    if (u == NULL)
        return;
    st_delay_line_deinit(&u->delay);
    st_lowband_deinit(&u->band);
    st_free(u);
}

void st_ducker_reset(st_ducker *u) {
    float now[ST_LANES];
    st_gain_reset(&u->gain, now);
    u->from = u->to = now[0];
    st_delay_line_reset(&u->delay);
    if (u->banded)
        st_lowband_reset(&u->band);
    memset(u->waiting_mean, 0, sizeof u->waiting_mean);
    memset(u->waiting_top, 0, sizeof u->waiting_top);
    memset(u->key_state, 0, sizeof u->key_state);
    memset(u->key, 0, sizeof u->key);
    memset(u->mean, 0, sizeof u->mean);
    memset(u->top, 0, sizeof u->top);
    u->wait_end = u->wait;
    u->phase = 0;
}

void st_ducker_set(st_ducker *u, const st_ducker_params *params) {
    take_params(u, params, false);
    st_gain_set_done(&u->gain);
}

int st_ducker_latency_frames(const st_ducker *u) {
    return u->delay.frames;
}

static void run_lowpass(float keep, float *state, float *x, int n) {
    float y = *state;
    for (int i = 0; i < n; i++) {
        y = x[i] + keep * (y - x[i]);
        y = fabsf(y) > 1e-20f ? y : 0.0f; /* never denormal */
        x[i] = y;
    }
    *state = y;
}

/* Append to what the detector hears. */
static void hear(st_ducker *u, const float *const *key, int key_channels,
                 int at, int n) {
    for (int c = 0; c < key_channels; c++) {
        float *to = u->key[c] + u->phase;
        memcpy(to, key[c] + at, (size_t)n * sizeof(float));
        if (u->key_keep > 0.0f)
            run_lowpass(u->key_keep, &u->key_state[c], to, n);
    }
}

/* Squares of the loudest key channel over one step, behind those that wait;
 * what is due goes to the gain computer. */
static void detect(st_ducker *u, int step, int key_channels) {
    int n = u->gain.step_frames;
    float mean = 0.0f, top = 0.0f;
    for (int c = 0; c < key_channels; c++) {
        float m, t;
        u->gain.ops->detect(u->key[c] + step * n, (size_t)n, &m, &t);
        mean = st_larger(m, mean);
        top = st_larger(t, top);
    }
    u->waiting_mean[u->wait_end] = mean;
    u->waiting_top[u->wait_end] = top;
    u->mean[step][0] = u->waiting_mean[u->wait_end - u->wait];
    u->top[step][0] = u->waiting_top[u->wait_end - u->wait];
    if (++u->wait_end < 2 * MAX_WAIT)
        return;
    size_t bytes = (size_t)u->wait * sizeof(float);
    memmove(u->waiting_mean, u->waiting_mean + u->wait_end - u->wait, bytes);
    memmove(u->waiting_top, u->waiting_top + u->wait_end - u->wait, bytes);
    u->wait_end = u->wait;
}

/* Keep the beginning of the step that is still running. */
static void forget(st_ducker *u, int key_channels, int used, int left) {
    for (int c = 0; c < key_channels; c++)
        memmove(u->key[c], u->key[c] + used, (size_t)left * sizeof(float));
}

/* Whether any gain of this run is not 1. */
static bool ducks(const st_ducker *u, int steps) {
    bool any = u->from != 1.0f || u->to != 1.0f;
    for (int step = 0; step < steps; step++)
        any |= u->gains[step][0] != 1.0f;
    return any;
}

/* m frames of one control step from gain `from` to `to`. */
static void apply(const st_ducker *u, float *out, const float *part, float from,
                  float to, int phase, int m) {
    if (from == 1.0f && to == 1.0f)
        return;
    const float *w = u->gain.w + phase;
    if (!u->banded) {
        u->gain.ops->ramp(out, out, from, to, w, (size_t)m);
        return;
    }
    float cut = 1.0f - from, slope = from - to;
    for (int i = 0; i < m; i++)
        out[i] -= part[i] * (cut + slope * w[i]);
}

/* The gains of a run over one delayed channel. */
static void apply_all(const st_ducker *u, float *out, int n) {
    int size = u->gain.step_frames, phase = u->phase;
    float from = u->from, to = u->to;
    for (int at = 0, step = 0; at < n;) {
        int m = size - phase < n - at ? size - phase : n - at;
        apply(u, out + at, u->part + at, from, to, phase, m);
        phase += m;
        at += m;
        if (phase < size)
            continue;
        from = to;
        to = u->gains[step++][0];
        phase = 0;
    }
}

/* Where the running step stands after n frames that ended `steps` steps. */
static void advance(st_ducker *u, int steps, int n) {
    if (steps > 0) {
        u->from = steps > 1 ? u->gains[steps - 2][0] : u->to;
        u->to = u->gains[steps - 1][0];
    }
    u->phase = (u->phase + n) % u->gain.step_frames;
}

/* At most CHUNK frames. */
static void run(st_ducker *u, const float *const *in, const float *const *key,
                int key_channels, float *const *out, int at, int n) {
    int size = u->gain.step_frames, steps = (u->phase + n) / size;
    hear(u, key, key_channels, at, n);
    for (int step = 0; step < steps; step++)
        detect(u, step, key_channels);
    forget(u, key_channels, steps * size, (u->phase + n) % size);
    st_gain_run(&u->gain, u->mean[0], u->top[0], u->gains[0], steps);
    bool active = ducks(u, steps);
    st_delay_line_begin(&u->delay, n);
    for (int c = 0; c < u->channels; c++) {
        if (u->banded)
            st_lowband_one(&u->band, c, in[c] + at, active ? u->part : NULL, n);
        st_delay_line_one(&u->delay, c, in[c] + at, out[c] + at, n);
        if (active)
            apply_all(u, out[c] + at, n);
    }
    st_delay_line_end(&u->delay, n);
    if (u->banded)
        st_lowband_end(&u->band, n);
    advance(u, steps, n);
}

void st_ducker_process_keyed(st_ducker *u, const float *const *in,
                             const float *const *key, int key_channels,
                             float *const *out, int frames) {
    key_channels = st_clamp_int(key_channels, 1, MAX_CHANNELS);
    for (int at = 0; at < frames;) {
        int n = frames - at < CHUNK ? frames - at : CHUNK;
        run(u, in, key, key_channels, out, at, n);
        at += n;
    }
}

void st_ducker_process(st_ducker *u, const float *const *in, float *const *out,
                       int frames) {
    st_ducker_process_keyed(u, in, in, u->channels, out, frames);
}

st_reduction st_ducker_reduction(const st_ducker *u) {
    return st_gain_reduction(&u->gain, 0);
}

void st_ducker_clear_reduction(st_ducker *u) {
    st_gain_clear(&u->gain);
}
