#include "dsp/svf.h"

#include "core/alloc.h"
#include "core/math.h"
#include "dsp/clamp.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { MAX_PAIRS = 4, STEP_FRAMES = 8, FLUSH_FRAMES = 256 };

typedef double v2d ST_VECTOR(16);

/* What moves in a straight line within a control step. */
typedef struct {
    double g, k;       /* tan(pi f / rate), 1 / q */
    double m0, m1, m2; /* shares of input, band and low */
} shape;

typedef struct {
    double s1[2], s2[2];
} pair_state;

/* What a parameter change moves, in the units in which it moves evenly. */
typedef struct {
    double octave, q_octave, gain_db;
} dial;

struct st_svf {
    double rate_hz;
    int channels;
    st_svf_type type;
    int64_t frame;
    int ramp_steps, ramp_left;
    dial now, target, delta;
    double bend; /* octaves of modulation */
    shape from, to;
    bool still; /* from equals to */
    pair_state state[MAX_PAIRS];
};

st_svf_params st_svf_defaults(void) {
    return (st_svf_params){
        .type = ST_SVF_BELL, .hz = 1000.0, .q = 0.70710678118654752440};
}

static shape design(const st_svf *u) {
    double hz =
        st_clamp(st_exp2(u->now.octave + u->bend), 5.0, 0.49 * u->rate_hz);
    double g = st_tan(ST_PI * hz / u->rate_hz), k = st_exp2(-u->now.q_octave);
    double a = st_db_to_gain(0.5 * u->now.gain_db);
    switch (u->type) {
    case ST_SVF_LOWPASS:
        return (shape){g, k, 0.0, 0.0, 1.0};
    case ST_SVF_HIGHPASS:
        return (shape){g, k, 1.0, -k, -1.0};
    case ST_SVF_BANDPASS:
        return (shape){g, k, 0.0, k, 0.0};
    case ST_SVF_NOTCH:
        return (shape){g, k, 1.0, -k, 0.0};
    case ST_SVF_ALLPASS:
        return (shape){g, k, 1.0, -2.0 * k, 0.0};
    case ST_SVF_LOW_SHELF:
        return (shape){g / sqrt(a), k, 1.0, k * (a - 1.0), a * a - 1.0};
    case ST_SVF_HIGH_SHELF:
        return (shape){g * sqrt(a), k, a * a, k * (1.0 - a) * a, 1.0 - a * a};
    default: /* bell */
        return (shape){g, k / a, 1.0, k / a * (a * a - 1.0), 0.0};
    }
}

static void take(st_svf *u, const st_svf_params *params) {
    int type = (int)params->type;
    u->type =
        type >= 0 && type < ST_SVF_TYPE_COUNT ? params->type : ST_SVF_BELL;
    u->target = (dial){
        .octave = st_log2(st_clamp(params->hz, 5.0, 0.49 * u->rate_hz)),
        .q_octave = st_log2(st_clamp(params->q, 0.05, 100.0)),
        .gain_db = st_clamp(params->gain_db, -60.0, 60.0),
    };
}

st_status st_svf_new(st_svf **out, const st_spec *spec,
                     const st_svf_params *params) {
    if (!st_spec_valid(spec))
        return ST_BAD_ARG;
    st_svf *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return ST_NO_MEM;
    u->rate_hz = spec->rate_hz;
    u->channels = spec->channels;
    u->ramp_steps = (int)rint(0.02 * spec->rate_hz / STEP_FRAMES);
    take(u, params);
    st_svf_reset(u);
    *out = u;
    return ST_OK;
}

void st_svf_free(st_svf *u) {
    st_free(u);
}

void st_svf_reset(st_svf *u) {
    memset(u->state, 0, sizeof u->state);
    u->now = u->target;
    u->ramp_left = 0;
    u->bend = 0.0;
    u->frame = 0;
    u->from = u->to = design(u);
    u->still = true;
}

void st_svf_set(st_svf *u, const st_svf_params *params) {
    st_svf_type before = u->type;
    take(u, params);
    if (u->type != before) {
        u->from = u->to = design(u);
        u->still = true;
    }
    double scale = 1.0 / (double)u->ramp_steps;
    u->delta = (dial){(u->target.octave - u->now.octave) * scale,
                      (u->target.q_octave - u->now.q_octave) * scale,
                      (u->target.gain_db - u->now.gain_db) * scale};
    u->ramp_left = u->ramp_steps;
}

int st_svf_latency_frames(const st_svf *u) {
    (void)u;
    return 0;
}

/* At each control step: where the shape goes next. */
static void begin_step(st_svf *u, double bend) {
    bend = st_clamp(bend, -10.0, 10.0);
    bool moves = u->ramp_left > 0 || bend != u->bend;
    u->from = u->to;
    u->still = !moves;
    if (!moves)
        return;
    u->bend = bend;
    if (u->ramp_left > 0) {
        u->ramp_left--;
        u->now.octave += u->delta.octave;
        u->now.q_octave += u->delta.q_octave;
        u->now.gain_db += u->delta.gain_db;
        if (u->ramp_left == 0)
            u->now = u->target;
    }
    u->to = design(u);
}

static shape between(const shape *a, const shape *b, double w) {
    return (shape){a->g + (b->g - a->g) * w, a->k + (b->k - a->k) * w,
                   a->m0 + (b->m0 - a->m0) * w, a->m1 + (b->m1 - a->m1) * w,
                   a->m2 + (b->m2 - a->m2) * w};
}

/* n frames of one pair within a control step that began `phase` frames ago. */
static void run_pair(st_svf *u, const float *const *in, float *const *out,
                     int pair, int at, int n, int phase) {
    int left = 2 * pair;
    int right = left + 1 < u->channels ? left + 1 : left;
    v2d s1, s2;
    memcpy(&s1, u->state[pair].s1, sizeof s1);
    memcpy(&s2, u->state[pair].s2, sizeof s2);
    shape c = u->from;
    double a1 = 1.0 / (1.0 + c.g * (c.g + c.k));
    for (int i = 0; i < n; i++) {
        if (!u->still) {
            double w = (double)(phase + i + 1) / (double)STEP_FRAMES;
            c = between(&u->from, &u->to, w);
            a1 = 1.0 / (1.0 + c.g * (c.g + c.k));
        }
        double a2 = c.g * a1, a3 = c.g * a2;
        v2d x = {in[left][at + i], in[right][at + i]};
        v2d d = x - s2;
        v2d v1 = a1 * s1 + a2 * d;
        v2d v2 = s2 + a2 * s1 + a3 * d;
        s1 = 2.0 * v1 - s1;
        s2 = 2.0 * v2 - s2;
        v2d y = c.m0 * x + c.m1 * v1 + c.m2 * v2;
        out[left][at + i] = (float)y[0];
        out[right][at + i] = (float)y[1];
    }
    memcpy(u->state[pair].s1, &s1, sizeof s1);
    memcpy(u->state[pair].s2, &s2, sizeof s2);
}

/* So that silence never becomes denormal. */
static void flush(st_svf *u) {
    for (int pair = 0; pair < MAX_PAIRS; pair++)
        for (int lane = 0; lane < 2; lane++) {
            double *s = &u->state[pair].s1[lane], *t = &u->state[pair].s2[lane];
            *s = fabs(*s) < 1e-30 ? 0.0 : *s;
            *t = fabs(*t) < 1e-30 ? 0.0 : *t;
        }
}

/* Frames until something may change: a control step while it moves. */
static int run_length(st_svf *u, const float *octaves, int at) {
    int phase = (int)(u->frame % STEP_FRAMES);
    if (phase == 0)
        begin_step(u, octaves != NULL ? (double)octaves[at] : 0.0);
    bool moving = octaves != NULL || u->ramp_left > 0 || u->bend != 0.0;
    if (moving || !u->still)
        return STEP_FRAMES - phase;
    return FLUSH_FRAMES - (int)(u->frame % FLUSH_FRAMES);
}

void st_svf_process_mod(st_svf *u, const float *const *in, float *const *out,
                        int frames, const float *octaves) {
    for (int at = 0; at < frames;) {
        if (u->frame % FLUSH_FRAMES == 0)
            flush(u);
        int phase = (int)(u->frame % STEP_FRAMES);
        int n = run_length(u, octaves, at);
        n = n < frames - at ? n : frames - at;
        for (int pair = 0; 2 * pair < u->channels; pair++)
            run_pair(u, in, out, pair, at, n, phase);
        u->frame += n;
        at += n;
    }
}

void st_svf_process(st_svf *u, const float *const *in, float *const *out,
                    int frames) {
    st_svf_process_mod(u, in, out, frames, NULL);
}
