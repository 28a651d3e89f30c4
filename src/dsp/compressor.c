#include "dsp/compressor.h"

#include "core/alloc.h"
#include "dsp/biquad.h"
#include "dsp/clamp.h"
#include "dsp/delay_line.h"
#include "dsp/gain.h"

#include <math.h>
#include <string.h>

enum { MAX_CHANNELS = 8 };

typedef struct {
    double s1, s2;
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
    highpass_state highpass_state[MAX_CHANNELS];
    int key_channels; /* of the running control step */
    float key[MAX_CHANNELS][ST_CONTROL_MAX_FRAMES];
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
    st_gain_init(&u->gain, spec->rate_hz);
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
    st_gain_reset(&u->gain);
    st_delay_line_reset(&u->delay);
    memset(u->highpass_state, 0, sizeof u->highpass_state);
    memset(u->key, 0, sizeof u->key);
    u->phase = 0;
    u->key_channels = 0;
}

void st_compressor_set(st_compressor *u, const st_compressor_params *params) {
    take_params(u, params, false);
    st_gain_set_done(&u->gain);
}

int st_compressor_latency_frames(const st_compressor *u) {
    return u->delay.frames;
}

static void run_highpass(const st_biquad_coeffs *c, highpass_state *z, float *x,
                         int n) {
    double s1 = z->s1, s2 = z->s2;
    for (int i = 0; i < n; i++) {
        double in = (double)x[i];
        double y = c->b0 * in + s1;
        s1 = c->b1 * in - c->a1 * y + s2;
        s2 = c->b2 * in - c->a2 * y;
        x[i] = (float)y;
    }
    z->s1 = fabs(s1) < 1e-30 ? 0.0 : s1;
    z->s2 = fabs(s2) < 1e-30 ? 0.0 : s2;
}

/* Squares of each key channel over the step, to the gain lanes. */
static void end_step(st_compressor *u) {
    const st_dynops *ops = u->gain.ops;
    int n = u->gain.step_frames;
    float mean[ST_LANES] = {0}, top[ST_LANES] = {0};
    float m[MAX_CHANNELS], t[MAX_CHANNELS];
    for (int c = 0; c < u->key_channels; c++) {
        if (u->highpass_on)
            run_highpass(&u->highpass, &u->highpass_state[c], u->key[c], n);
        ops->detect(u->key[c], (size_t)n, &m[c], &t[c]);
        mean[0] = st_larger(mean[0], m[c]);
        top[0] = st_larger(top[0], t[c]);
    }
    for (int c = 0; c < u->channels; c++) {
        mean[c] = u->linked ? mean[0] : m[c % u->key_channels];
        top[c] = u->linked ? top[0] : t[c % u->key_channels];
    }
    st_gain_step(&u->gain, mean, top);
    u->phase = 0;
    u->key_channels = 0;
}

/* n frames of one control step. */
static void run(st_compressor *u, const float *const *in,
                const float *const *key, int key_channels, float *const *out,
                int at, int n) {
    for (int c = 0; c < key_channels; c++)
        memcpy(u->key[c] + u->phase, key[c] + at, (size_t)n * sizeof(float));
    u->key_channels = key_channels;
    const float *w = u->gain.w + u->phase;
    st_delay_line_begin(&u->delay, n);
    for (int c = 0; c < u->channels; c++) {
        st_delay_line_one(&u->delay, c, in[c] + at, out[c] + at, n);
        int lane = u->linked ? 0 : c;
        u->gain.ops->ramp(out[c] + at, out[c] + at, u->gain.from[lane],
                          u->gain.slope[lane], w, (size_t)n);
    }
    st_delay_line_end(&u->delay, n);
    u->phase += n;
    if (u->phase == u->gain.step_frames)
        end_step(u);
}

void st_compressor_process_keyed(st_compressor *u, const float *const *in,
                                 const float *const *key, int key_channels,
                                 float *const *out, int frames) {
    if (frames > 0)
        key_channels = st_clamp_int(key_channels, 1, MAX_CHANNELS);
    for (int at = 0; at < frames;) {
        int room = u->gain.step_frames - u->phase;
        int n = frames - at < room ? frames - at : room;
        run(u, in, key, key_channels, out, at, n);
        at += n;
    }
}

void st_compressor_process(st_compressor *u, const float *const *in,
                           float *const *out, int frames) {
    st_compressor_process_keyed(u, in, in, u->channels, out, frames);
}

st_reduction st_compressor_reduction(const st_compressor *u) {
    st_reduction sum = st_gain_reduction(&u->gain, 0);
    if (u->linked)
        return sum;
    sum.mean_db *= (double)sum.blocks;
    for (int c = 1; c < u->channels; c++) {
        st_reduction r = st_gain_reduction(&u->gain, c);
        sum.mean_db += r.mean_db * (double)r.blocks;
        sum.blocks += r.blocks;
        sum.max_db = fmax(sum.max_db, r.max_db);
        sum.now_db = fmax(sum.now_db, r.now_db);
    }
    if (sum.blocks > 0)
        sum.mean_db /= (double)sum.blocks;
    return sum;
}

void st_compressor_clear_reduction(st_compressor *u) {
    st_gain_clear(&u->gain);
}
