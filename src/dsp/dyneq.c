#include "dsp/dyneq.h"

#include "core/alloc.h"
#include "core/math.h"
#include "dsp/clamp.h"
#include "dsp/gain.h"
#include "dsp/section.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    BANDS = ST_DYNEQ_MAX_BANDS,
    CHANNELS = 8,
    CHUNK = 64,
    MAX_STEPS = CHUNK / 8 + 1
};

/* What a parameter change moves, in the units in which it moves evenly. */
typedef struct {
    double octave, q_octave;
} dial;

typedef struct {
    st_dyneq_type type;
    dial now, target, delta;
    double g, k;    /* tan(pi f / rate), 1 / q */
    st_section ear; /* what the detector hears through */
    st_section_state heard[ST_SECTION_PAIRS];
    st_glide filter;
    /* what it heard since the last whole control step */
    float key[CHANNELS][ST_CONTROL_MAX_FRAMES + CHUNK];
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

static st_section design(const strip *b, float gain) {
    switch (b->type) {
    case ST_DYNEQ_LOW_SHELF:
        return st_section_low_shelf(b->g, b->k, (double)gain);
    case ST_DYNEQ_HIGH_SHELF:
        return st_section_high_shelf(b->g, b->k, (double)gain);
    default: /* bell */
        return st_section_bell(b->g, b->k, (double)gain);
    }
}

static st_section design_ear(const strip *b) {
    switch (b->type) {
    case ST_DYNEQ_LOW_SHELF:
        return st_section_make(b->g, b->k, 0.0, 0.0, 1.0);
    case ST_DYNEQ_HIGH_SHELF:
        return st_section_make(b->g, b->k, 1.0, -b->k, -1.0);
    default: /* bell */
        return st_section_make(b->g, b->k, 0.0, b->k, 0.0);
    }
}

static void tune(const st_dyneq *u, strip *b) {
    b->g = st_tan(ST_PI * st_exp2(b->now.octave) / u->rate_hz);
    b->k = st_exp2(-b->now.q_octave);
    b->ear = design_ear(b);
}

/* At once where it was to go. */
static void settle(const st_dyneq *u, strip *b) {
    b->now = b->target;
    tune(u, b);
    b->filter.to = design(b, b->filter.gain_to);
    b->filter.from = b->filter.to;
    b->filter.still = true;
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
    st_gain_init(&u->gain, spec->rate_hz, u->bands);
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
        b->keys = 0;
        memset(b->heard, 0, sizeof b->heard);
        b->now = b->target;
        tune(u, b);
        st_section shape = design(b, now[i]);
        st_glide_reset(&b->filter, &shape, now[i]);
    }
    u->phase = 0;
    u->frame = 0;
    u->ramp_left = 0;
}

void st_dyneq_set(st_dyneq *u, const st_dyneq_params *params) {
    st_dyneq_type before[BANDS] = {ST_DYNEQ_BELL};
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

/* n frames of what band b listens to, appended. */
static void hear(const st_dyneq *u, strip *b, const float *const *key, int keys,
                 int at, int n) {
    float *to[CHANNELS];
    b->keys = keys;
    for (int c = 0; c < keys; c++)
        to[c] = b->key[c] + u->phase;
    st_section_run(&b->ear, b->heard, key, keys, at, to, n);
}

static void detect(const st_dyneq *u, const strip *b, int step, float *mean,
                   float *top) {
    int n = u->gain.step_frames;
    *mean = *top = 0.0f;
    for (int c = 0; c < b->keys; c++) {
        float m, t;
        u->gain.ops->detect(b->key[c] + step * n, (size_t)n, &m, &t);
        *mean = st_larger(m, *mean);
        *top = st_larger(t, *top);
    }
}

/* Keep the beginning of the step that is still running. */
static void forget(strip *b, int used, int left) {
    for (int c = 0; used > 0 && c < b->keys; c++)
        memmove(b->key[c], b->key[c] + used, (size_t)left * sizeof(float));
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
    if (turning)
        turn(u, b);
    if (!turning && gain == b->filter.gain_to) {
        st_glide_to(&b->filter, &b->filter.to, gain);
        return;
    }
    st_section shape = design(b, gain);
    st_glide_to(&b->filter, &shape, gain);
}

static void end_step(st_dyneq *u, const float *gains) {
    bool turning = u->ramp_left > 0;
    if (turning)
        u->ramp_left--;
    for (int i = 0; i < u->bands; i++)
        aim(u, &u->band[i], gains[i], turning);
    u->phase = 0;
}

/* The gains that follow from n more frames; none where
 * they end no step. */
static void listen(st_dyneq *u, const float *const *in, const float *const *key,
                   int at, int n, float gains[][ST_LANES]) {
    float mean[MAX_STEPS][ST_LANES] = {{0}}, top[MAX_STEPS][ST_LANES] = {{0}};
    int size = u->gain.step_frames, steps = (u->phase + n) / size;
    for (int i = 0; i < u->bands; i++) {
        strip *b = &u->band[i];
        if (key != NULL && key[i] != NULL)
            hear(u, b, &key[i], 1, at, n);
        else
            hear(u, b, in, u->channels, at, n);
        for (int step = 0; step < steps; step++)
            detect(u, b, step, &mean[step][i], &top[step][i]);
        forget(b, steps * size, (u->phase + n) % size);
    }
    st_gain_run(&u->gain, mean[0], top[0], gains[0], steps);
}

/* At most CHUNK frames; one step of them while the ears turn, for what they
 * hear then depends on how far they have. */
static void run(st_dyneq *u, const float *const *in, const float *const *key,
                float *const *out, int at, int n) {
    float gains[MAX_STEPS][ST_LANES];
    listen(u, in, key, at, n, gains);
    for (int c = 0; c < u->channels; c++)
        if (out[c] != in[c])
            memcpy(out[c] + at, in[c] + at, (size_t)n * sizeof(float));
    for (int left = n, step = 0; left > 0;) {
        int room = u->gain.step_frames - u->phase;
        int m = left < room ? left : room;
        for (int i = 0; i < u->bands; i++)
            st_glide_run(&u->band[i].filter, out, u->channels, at,
                         u->gain.w + u->phase, m);
        u->phase += m;
        if (u->phase == u->gain.step_frames)
            end_step(u, gains[step++]);
        at += m;
        left -= m;
    }
    u->frame += n;
}

void st_dyneq_process_keyed(st_dyneq *u, const float *const *in,
                            const float *const *key, float *const *out,
                            int frames) {
    for (int at = 0; at < frames;) {
        int since = (int)(u->frame % ST_SECTION_FLUSH_FRAMES);
        for (int i = 0; since == 0 && i < u->bands; i++) {
            st_section_flush(u->band[i].heard);
            st_section_flush(u->band[i].filter.state);
        }
        int most = u->ramp_left > 0 ? u->gain.step_frames - u->phase : CHUNK;
        int room = ST_SECTION_FLUSH_FRAMES - since;
        most = most < room ? most : room;
        int n = most < frames - at ? most : frames - at;
        run(u, in, key, out, at, n);
        at += n;
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
