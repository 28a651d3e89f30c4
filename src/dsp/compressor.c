#include "dsp/compressor.h"

#include "core/alloc.h"
#include "core/attr.h"
#include "dsp/biquad.h"
#include "dsp/clamp.h"
#include "dsp/delay_line.h"
#include "dsp/gain.h"

#include <math.h>
#include <string.h>

enum {
    CHUNK = ST_DELAY_LINE_RUN,
    MAX_STEPS = CHUNK / 8 + 1,
    MAX_CHANNELS = 8,
};

typedef double v2d ST_VECTOR(16); /* two channels */

typedef struct {
    double s1[2], s2[2];
} highpass_state;

struct st_compressor {
    st_gain gain; /* lane 0 when linked, else lane c = channel c */
    st_delay_line delay;
    int channels;
    double rate_hz;
    bool linked;
    int phase; /* frames into the control step */
    bool highpass_on;
    st_biquad_coeffs highpass;
    highpass_state highpass_state[MAX_CHANNELS / 2];
    /* What the detector hears, from the start of the running step on. */
    float key[MAX_CHANNELS][ST_CONTROL_MAX_FRAMES + CHUNK];
    float from[ST_LANES], to[ST_LANES]; /* gains over the running step */
    float mean[MAX_STEPS][ST_LANES], top[MAX_STEPS][ST_LANES];
    float gains[MAX_STEPS][ST_LANES];
};

st_compressor_params st_compressor_defaults(void) {
    return (st_compressor_params){
        .curve = st_dynamics_defaults(),
        .lookahead_ms = 0.0,
        .linked = true,
        .detector_hp_hz = 0.0,
    };
}

static void take_params(st_compressor *u, const st_compressor_params *params,
                        bool now) {
    u->linked = params->linked;
    for (int lane = 0; lane < u->channels; lane++)
        st_gain_set(&u->gain, lane, &params->curve, now);
    u->highpass_on = params->detector_hp_hz > 0.0;
    st_biquad_section section = {
        .type = u->highpass_on ? ST_BIQUAD_HIGHPASS : ST_BIQUAD_NONE,
        .hz = st_clamp(params->detector_hp_hz, 10.0, 1000.0),
        .q = 0.70710678118654752440,
    };
    u->highpass = st_biquad_design(&section, u->rate_hz);
}

st_status st_compressor_new(st_compressor **out, const st_spec *spec,
                            const st_compressor_params *params) {
    if (!st_spec_valid(spec))
        return ST_BAD_ARG;
    st_compressor *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return ST_NO_MEM;
    u->channels = spec->channels;
    u->rate_hz = spec->rate_hz;
    st_gain_init(&u->gain, spec->rate_hz, u->channels);
    take_params(u, params, true);
    double frames = st_clamp(params->lookahead_ms, 0.0, 50.0) * 0.001;
    st_status status = st_delay_line_init(&u->delay, spec->channels,
                                          (int)rint(frames * spec->rate_hz));
    if (status != ST_OK) {
        st_free(u);
        return status;
    }
    st_compressor_reset(u);
    *out = u;
    return ST_OK;
}

void st_compressor_free(st_compressor *u) {
    if (u == NULL)
        return;
    st_delay_line_deinit(&u->delay);
    st_free(u);
}

void st_compressor_reset(st_compressor *u) {
    st_gain_reset(&u->gain, u->from);
    memcpy(u->to, u->from, sizeof u->to);
    st_delay_line_reset(&u->delay);
    memset(u->highpass_state, 0, sizeof u->highpass_state);
    memset(u->key, 0, sizeof u->key);
    u->phase = 0;
}

void st_compressor_set(st_compressor *u, const st_compressor_params *params) {
    take_params(u, params, false);
    st_gain_set_done(&u->gain);
}

int st_compressor_latency_frames(const st_compressor *u) {
    return u->delay.frames;
}

/* Two channels, or one twice. */
static void run_highpass(const st_biquad_coeffs *c, highpass_state *z,
                         float *left, float *right, int n) {
    v2d s1, s2;
    memcpy(&s1, z->s1, sizeof s1);
    memcpy(&s2, z->s2, sizeof s2);
    for (int i = 0; i < n; i++) {
        v2d in = {(double)left[i], (double)right[i]};
        in += 1e-25; /* never denormal */
        v2d y = c->b0 * in + s1;
        s1 = c->b1 * in - c->a1 * y + s2;
        s2 = c->b2 * in - c->a2 * y;
        left[i] = (float)y[0];
        right[i] = (float)y[1];
    }
    memcpy(z->s1, &s1, sizeof s1);
    memcpy(z->s2, &s2, sizeof s2);
}

/* Squares of each key channel over one step, to the gain lanes. */
static void detect(st_compressor *u, int step, int key_channels) {
    int n = u->gain.step_frames;
    float loudest_mean = 0.0f, loudest_top = 0.0f;
    float m[MAX_CHANNELS] = {0}, t[MAX_CHANNELS] = {0};
    for (int c = 0; c < key_channels; c++) {
        u->gain.ops->detect(u->key[c] + step * n, (size_t)n, &m[c], &t[c]);
        loudest_mean = st_larger(m[c], loudest_mean);
        loudest_top = st_larger(t[c], loudest_top);
    }
    for (int c = 0; c < u->channels; c++) {
        u->mean[step][c] = u->linked ? loudest_mean : m[c % key_channels];
        u->top[step][c] = u->linked ? loudest_top : t[c % key_channels];
    }
}

/* Append to what the detector hears. */
static void hear(st_compressor *u, const float *const *key, int key_channels,
                 int at, int n) {
    for (int c = 0; c < key_channels; c++)
        memcpy(u->key[c] + u->phase, key[c] + at, (size_t)n * sizeof(float));
    for (int c = 0; u->highpass_on && c < key_channels; c += 2)
        run_highpass(&u->highpass, &u->highpass_state[c / 2],
                     u->key[c] + u->phase,
                     u->key[c + 1 < key_channels ? c + 1 : c] + u->phase, n);
}

/* Keep the beginning of the step that is still running. */
static void forget(st_compressor *u, int key_channels, int used, int left) {
    for (int c = 0; c < key_channels; c++)
        memmove(u->key[c], u->key[c] + used, (size_t)left * sizeof(float));
}

/* m frames of one control step, delayed already. */
static void apply(st_compressor *u, float *const *out, int at, int m) {
    for (int c = 0; c < u->channels; c++) {
        int lane = u->linked ? 0 : c;
        u->gain.ops->ramp(out[c] + at, out[c] + at, u->from[lane], u->to[lane],
                          u->gain.w + u->phase, (size_t)m);
    }
}

/* At most CHUNK frames. A gain needs nothing newer than the step before the
 * one it acts in. */
static void run(st_compressor *u, const float *const *in,
                const float *const *key, int key_channels, float *const *out,
                int at, int n) {
    int size = u->gain.step_frames, steps = (u->phase + n) / size;
    hear(u, key, key_channels, at, n);
    for (int step = 0; step < steps; step++)
        detect(u, step, key_channels);
    forget(u, key_channels, steps * size, (u->phase + n) % size);
    st_gain_run(&u->gain, u->mean[0], u->top[0], u->gains[0], steps);
    st_delay_line_begin(&u->delay, n);
    for (int c = 0; c < u->channels; c++)
        st_delay_line_one(&u->delay, c, in[c] + at, out[c] + at, n);
    st_delay_line_end(&u->delay, n);
    for (int left = n, step = 0; left > 0;) {
        int room = size - u->phase, m = left < room ? left : room;
        apply(u, out, at, m);
        u->phase += m;
        if (u->phase == size) {
            memcpy(u->from, u->to, sizeof u->from);
            memcpy(u->to, u->gains[step++], sizeof u->to);
            u->phase = 0;
        }
        at += m;
        left -= m;
    }
}

void st_compressor_process_keyed(st_compressor *u, const float *const *in,
                                 const float *const *key, int key_channels,
                                 float *const *out, int frames) {
    if (frames > 0)
        key_channels = st_clamp_int(key_channels, 1, MAX_CHANNELS);
    for (int at = 0; at < frames;) {
        int n = frames - at < CHUNK ? frames - at : CHUNK;
        run(u, in, key, key_channels, out, at, n);
        at += n;
    }
}

void st_compressor_process(st_compressor *u, const float *const *in,
                           float *const *out, int frames) {
    st_compressor_process_keyed(u, in, in, u->channels, out, frames);
}

st_reduction st_compressor_reduction(const st_compressor *u) {
    if (u->linked)
        return st_gain_reduction(&u->gain, 0);
    st_reduction lane[MAX_CHANNELS];
    for (int c = 0; c < u->channels; c++)
        lane[c] = st_gain_reduction(&u->gain, c);
    return st_reduction_join(lane, u->channels);
}

void st_compressor_clear_reduction(st_compressor *u) {
    st_gain_clear(&u->gain);
}
