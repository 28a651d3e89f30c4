#include "dsp/dyneq.h"

#include "core/alloc.h"
#include "core/math.h"
#include "dsp/clamp.h"
#include "dsp/gain.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    BANDS = ST_DYNEQ_MAX_BANDS,
    CHANNELS = 8,
    PAIRS = 4,
    FLUSH_FRAMES = 256
};

typedef double v2d ST_VECTOR(16); /* two channels */

/* A trapezoidal state-variable section, its outputs kept doubled (see
 * dsp/dynops.h), and the shares of input, band and low in what leaves it. */
typedef struct {
    double p, q, r;
    double m0, m1, m2;
} shape;

typedef struct {
    double s1[2], s2[2];
} pair_state;

/* What a parameter change moves, in the units in which it moves evenly. */
typedef struct {
    double octave, q_octave;
} dial;

typedef struct {
    st_dyneq_type type;
    dial now, target, delta;
    double g, k;    /* tan(pi f / rate), 1 / q */
    shape ear;      /* what the detector hears through */
    shape from, to; /* over the running step */
    float gain_from, gain_to;
    bool still; /* from equals to */
    pair_state heard[PAIRS], state[PAIRS];
    float key[CHANNELS][ST_CONTROL_MAX_FRAMES];
    int keys; /* rows of key in use */
} strip;

struct st_dyneq {
    st_gain gain; /* lane b = band b */
    double rate_hz;
    int channels, bands;
    int phase; /* frames into the control step */
    int64_t frame;
    int ramp_steps, ramp_left;
    strip band[BANDS];
};

st_dyneq_params st_dyneq_defaults(void) {
    st_dyneq_params p = {.bands = 0};
    for (int b = 0; b < BANDS; b++)
        p.band[b] = (st_dyneq_band){
            .type = ST_DYNEQ_BELL,
            .hz = 1000.0,
            .q = 1.0,
            .curve = st_dynamics_defaults(),
        };
    return p;
}

/* ---- settings ---- */

static shape section(double g, double k, double m0, double m1, double m2) {
    double a = 1.0 / (1.0 + g * (g + k));
    return (shape){2.0 * a - 1.0, 2.0 * g * a, 2.0 * g * g * a, m0,
                   0.5 * m1,      0.5 * m2};
}

/* The filter at this gain: dsp/svf.h's bell and shelves. */
static shape design(const strip *b, float gain) {
    double g = b->g, k = b->k;
    double a = sqrt((double)gain), c = a * a;
    switch (b->type) {
    case ST_DYNEQ_LOW_SHELF:
        return section(g / sqrt(a), k, 1.0, k * (a - 1.0), c - 1.0);
    case ST_DYNEQ_HIGH_SHELF:
        return section(g * sqrt(a), k, c, k * (1.0 - a) * a, 1.0 - c);
    default: /* bell */
        return section(g, k / a, 1.0, k / a * (c - 1.0), 0.0);
    }
}

static shape design_ear(const strip *b) {
    switch (b->type) {
    case ST_DYNEQ_LOW_SHELF:
        return section(b->g, b->k, 0.0, 0.0, 1.0);
    case ST_DYNEQ_HIGH_SHELF:
        return section(b->g, b->k, 1.0, -b->k, -1.0);
    default: /* bell */
        return section(b->g, b->k, 0.0, b->k, 0.0);
    }
}

static void tune(const st_dyneq *u, strip *b) {
    b->g = st_tan(ST_PI * st_exp2(b->now.octave) / u->rate_hz);
    b->k = st_exp2(-b->now.q_octave);
    b->ear = design_ear(b);
}

static void settle(const st_dyneq *u, strip *b) {
    b->now = b->target;
    tune(u, b);
    b->from = b->to = design(b, b->gain_to);
    b->still = true;
}

static void take_band(const st_dyneq *u, strip *b, const st_dyneq_band *p) {
    int type = (int)p->type;
    b->type = type >= 0 && type < ST_DYNEQ_TYPE_COUNT ? p->type : ST_DYNEQ_BELL;
    double q = b->type == ST_DYNEQ_BELL ? st_clamp(p->q, 0.1, 20.0)
                                        : 0.70710678118654752440;
    b->target = (dial){
        .octave = st_log2(st_clamp(p->hz, 20.0, 0.45 * u->rate_hz)),
        .q_octave = st_log2(q),
    };
}

static void take_params(st_dyneq *u, const st_dyneq_params *params, bool now) {
    for (int i = 0; i < u->bands; i++) {
        st_dynamics_params curve = params->band[i].curve;
        curve.upward = false;
        curve.makeup_db = 0.0;
        curve.mix = 1.0;
        st_gain_set(&u->gain, i, &curve, now);
        take_band(u, &u->band[i], &params->band[i]);
    }
}

st_status st_dyneq_new(st_dyneq **out, const st_spec *spec,
                       const st_dyneq_params *params) {
    if (!st_spec_valid(spec))
        return ST_BAD_ARG;
    st_dyneq *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return ST_NO_MEM;
    u->rate_hz = spec->rate_hz;
    u->channels = spec->channels;
    u->bands = st_clamp_int(params->bands, 0, BANDS);
    st_gain_init(&u->gain, spec->rate_hz);
    u->ramp_steps = u->gain.ramp_steps;
    take_params(u, params, true);
    st_dyneq_reset(u);
    *out = u;
    return ST_OK;
}

void st_dyneq_free(st_dyneq *u) {
    st_free(u);
}

void st_dyneq_reset(st_dyneq *u) {
    float now[ST_LANES];
    st_gain_reset(&u->gain, now);
    for (int i = 0; i < u->bands; i++) {
        strip *b = &u->band[i];
        b->gain_from = b->gain_to = now[i];
        b->keys = 0;
        memset(b->heard, 0, sizeof b->heard);
        memset(b->state, 0, sizeof b->state);
        settle(u, b);
    }
    u->phase = 0;
    u->frame = 0;
    u->ramp_left = 0;
}

void st_dyneq_set(st_dyneq *u, const st_dyneq_params *params) {
    st_dyneq_type before[BANDS];
    for (int i = 0; i < u->bands; i++)
        before[i] = u->band[i].type;
    take_params(u, params, false);
    st_gain_set_done(&u->gain);
    double scale = 1.0 / (double)u->ramp_steps;
    for (int i = 0; i < u->bands; i++) {
        strip *b = &u->band[i];
        if (b->type != before[i])
            settle(u, b);
        b->delta = (dial){(b->target.octave - b->now.octave) * scale,
                          (b->target.q_octave - b->now.q_octave) * scale};
    }
    u->ramp_left = u->ramp_steps;
}

int st_dyneq_latency_frames(const st_dyneq *u) {
    (void)u;
    return 0;
}

/* ---- filters ---- */

/* One frame; *band and *low doubled. */
static inline void tick(const shape *c, v2d *s1, v2d *s2, const v2d *x,
                        v2d *out) {
    v2d d = *x - *s2;
    v2d n1 = c->p * *s1 + c->q * d;
    v2d n2 = *s2 + (c->q * *s1 + c->r * d);
    *out = c->m0 * *x + (c->m1 * (*s1 + n1) + c->m2 * (*s2 + n2));
    *s1 = n1;
    *s2 = n2;
}

static void still_pair(const shape *c, pair_state *z, const float *left,
                       const float *right, float *out_left, float *out_right,
                       int n) {
    v2d s1, s2;
    memcpy(&s1, z->s1, sizeof s1);
    memcpy(&s2, z->s2, sizeof s2);
    for (int i = 0; i < n; i++) {
        v2d x = {left[i], right[i]}, y;
        tick(c, &s1, &s2, &x, &y);
        out_left[i] = (float)y[0];
        out_right[i] = (float)y[1];
    }
    memcpy(z->s1, &s1, sizeof s1);
    memcpy(z->s2, &s2, sizeof s2);
}

static double between(double a, double b, double w) {
    return a + (b - a) * w;
}

static shape shape_between(const shape *a, const shape *b, double w) {
    return (shape){between(a->p, b->p, w),   between(a->q, b->q, w),
                   between(a->r, b->r, w),   between(a->m0, b->m0, w),
                   between(a->m1, b->m1, w), between(a->m2, b->m2, w)};
}

/* w[i]: how far from `from` to `to` frame i stands. */
static void moving_pair(const shape *from, const shape *to, const float *w,
                        pair_state *z, float *left, float *right, int n) {
    v2d s1, s2;
    memcpy(&s1, z->s1, sizeof s1);
    memcpy(&s2, z->s2, sizeof s2);
    for (int i = 0; i < n; i++) {
        shape c = shape_between(from, to, (double)w[i]);
        v2d x = {left[i], right[i]}, y;
        tick(&c, &s1, &s2, &x, &y);
        left[i] = (float)y[0];
        right[i] = (float)y[1];
    }
    memcpy(z->s1, &s1, sizeof s1);
    memcpy(z->s2, &s2, sizeof s2);
}

/* m frames of one band in place. At gain 1 the filter only listens, so that
 * the signal passes bit for bit and the gain may move at any time. */
static void filter(const st_dyneq *u, strip *b, float *const *out, int at,
                   int m) {
    float unheard[2][ST_CONTROL_MAX_FRAMES];
    bool idle = b->gain_from == 1.0f && b->gain_to == 1.0f;
    for (int c = 0; c < u->channels; c += 2) {
        float *left = out[c] + at;
        float *right = c + 1 < u->channels ? out[c + 1] + at : left;
        pair_state *z = &b->state[c / 2];
        if (idle)
            still_pair(&b->to, z, left, right, unheard[0], unheard[1], m);
        else if (b->still)
            still_pair(&b->to, z, left, right, left, right, m);
        else
            moving_pair(&b->from, &b->to, u->gain.w + u->phase, z, left, right,
                        m);
    }
}

/* m frames of what band b listens to. */
static void hear(st_dyneq *u, strip *b, const float *const *key, int keys,
                 int at, int m) {
    b->keys = keys;
    for (int c = 0; c < keys; c += 2) {
        int other = c + 1 < keys ? c + 1 : c;
        still_pair(&b->ear, &b->heard[c / 2], key[c] + at, key[other] + at,
                   b->key[c] + u->phase, b->key[other] + u->phase, m);
    }
}

/* So that silence never becomes denormal. */
static void flush(pair_state *z) {
    for (int pair = 0; pair < PAIRS; pair++)
        for (int lane = 0; lane < 2; lane++) {
            double *s = &z[pair].s1[lane], *t = &z[pair].s2[lane];
            *s = fabs(*s) < 1e-30 ? 0.0 : *s;
            *t = fabs(*t) < 1e-30 ? 0.0 : *t;
        }
}

/* ---- control steps ---- */

static void detect(const st_dyneq *u, const strip *b, float *mean, float *top) {
    *mean = *top = 0.0f;
    for (int c = 0; c < b->keys; c++) {
        float m, t;
        u->gain.ops->detect(b->key[c], (size_t)u->gain.step_frames, &m, &t);
        *mean = st_larger(m, *mean);
        *top = st_larger(t, *top);
    }
}

static void turn(const st_dyneq *u, strip *b) {
    b->now.octave += b->delta.octave;
    b->now.q_octave += b->delta.q_octave;
    if (u->ramp_left == 0)
        b->now = b->target;
    tune(u, b);
}

/* Where band b goes in the next step. */
static void aim(const st_dyneq *u, strip *b, float gain, bool turning) {
    bool moves = turning || gain != b->gain_to;
    b->gain_from = b->gain_to;
    b->gain_to = gain;
    b->from = b->to;
    b->still = !moves;
    if (turning)
        turn(u, b);
    if (moves)
        b->to = design(b, gain);
}

static void end_step(st_dyneq *u) {
    float mean[ST_LANES] = {0}, top[ST_LANES] = {0}, gains[ST_LANES];
    for (int i = 0; i < u->bands; i++)
        detect(u, &u->band[i], &mean[i], &top[i]);
    st_gain_run(&u->gain, mean, top, gains, 1);
    bool turning = u->ramp_left > 0;
    if (turning)
        u->ramp_left--;
    for (int i = 0; i < u->bands; i++)
        aim(u, &u->band[i], gains[i], turning);
    u->phase = 0;
}

/* m frames within one control step. */
static void run(st_dyneq *u, const float *const *in, const float *const *key,
                float *const *out, int at, int m) {
    for (int i = 0; i < u->bands; i++) {
        if (key != NULL && key[i] != NULL)
            hear(u, &u->band[i], &key[i], 1, at, m);
        else
            hear(u, &u->band[i], in, u->channels, at, m);
    }
    for (int c = 0; c < u->channels; c++)
        if (out[c] != in[c])
            memcpy(out[c] + at, in[c] + at, (size_t)m * sizeof(float));
    for (int i = 0; i < u->bands; i++)
        filter(u, &u->band[i], out, at, m);
    u->phase += m;
    u->frame += m;
    if (u->phase == u->gain.step_frames)
        end_step(u);
}

void st_dyneq_process_keyed(st_dyneq *u, const float *const *in,
                            const float *const *key, float *const *out,
                            int frames) {
    for (int at = 0; at < frames;) {
        if (u->frame % FLUSH_FRAMES == 0)
            for (int i = 0; i < u->bands; i++) {
                flush(u->band[i].heard);
                flush(u->band[i].state);
            }
        int room = u->gain.step_frames - u->phase;
        int m = room < frames - at ? room : frames - at;
        run(u, in, key, out, at, m);
        at += m;
    }
}

void st_dyneq_process(st_dyneq *u, const float *const *in, float *const *out,
                      int frames) {
    st_dyneq_process_keyed(u, in, NULL, out, frames);
}

st_reduction st_dyneq_reduction(const st_dyneq *u, int band) {
    return st_gain_reduction(&u->gain, st_clamp_int(band, 0, BANDS - 1));
}

void st_dyneq_clear_reduction(st_dyneq *u) {
    st_gain_clear(&u->gain);
}
