#include "dsp/biquad.h"

#include "core/alloc.h"
#include "dsp/clamp.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { MAX_PAIRS = 4, STEP_FRAMES = 16 };

typedef double v2d ST_VECTOR(16);

typedef struct {
    double s1[2], s2[2]; /* left and right of a pair */
} pair_state;

struct st_biquad {
    double rate_hz;
    int channels;
    int sections, target_sections;
    int64_t frame;
    int ramp_steps, ramp_left;
    st_biquad_coeffs now[ST_BIQUAD_MAX_SECTIONS];
    st_biquad_coeffs target[ST_BIQUAD_MAX_SECTIONS];
    st_biquad_coeffs delta[ST_BIQUAD_MAX_SECTIONS];
    pair_state state[MAX_PAIRS][ST_BIQUAD_MAX_SECTIONS];
};

static const st_biquad_coeffs unity = {.b0 = 1.0};

st_biquad_params st_biquad_defaults(void) {
    return (st_biquad_params){.sections = 0};
}

static void design(st_biquad *u, const st_biquad_params *params) {
    int n = st_clamp_int(params->sections, 0, ST_BIQUAD_MAX_SECTIONS);
    u->target_sections = n;
    for (int i = 0; i < ST_BIQUAD_MAX_SECTIONS; i++)
        u->target[i] =
            i < n ? st_biquad_design(&params->section[i], u->rate_hz) : unity;
}

static void settle(st_biquad *u) {
    memcpy(u->now, u->target, sizeof u->now);
    for (int pair = 0; pair < MAX_PAIRS; pair++)
        for (int i = u->target_sections; i < u->sections; i++)
            u->state[pair][i] = (pair_state){0};
    u->sections = u->target_sections;
    u->ramp_left = 0;
}

st_status st_biquad_new(st_biquad **out, const st_spec *spec,
                        const st_biquad_params *params) {
    if (!st_spec_valid(spec) || params->sections < 0 ||
        params->sections > ST_BIQUAD_MAX_SECTIONS)
        return ST_BAD_ARG;
    st_biquad *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return ST_NO_MEM;
    u->rate_hz = spec->rate_hz;
    u->channels = spec->channels;
    u->ramp_steps = (int)rint(0.02 * spec->rate_hz / STEP_FRAMES);
    design(u, params);
    settle(u);
    *out = u;
    return ST_OK;
}

void st_biquad_free(st_biquad *u) {
    st_free(u);
}

void st_biquad_reset(st_biquad *u) {
    settle(u);
    memset(u->state, 0, sizeof u->state);
    u->frame = 0;
}

void st_biquad_set(st_biquad *u, const st_biquad_params *params) {
    design(u, params);
    if (u->sections < u->target_sections) {
        for (int i = u->sections; i < u->target_sections; i++)
            u->now[i] = unity;
        u->sections = u->target_sections;
    }
    double scale = 1.0 / (double)u->ramp_steps;
    for (int i = 0; i < ST_BIQUAD_MAX_SECTIONS; i++) {
        const st_biquad_coeffs *a = &u->now[i], *b = &u->target[i];
        u->delta[i] =
            (st_biquad_coeffs){(b->b0 - a->b0) * scale, (b->b1 - a->b1) * scale,
                               (b->b2 - a->b2) * scale, (b->a1 - a->a1) * scale,
                               (b->a2 - a->a2) * scale};
    }
    u->ramp_left = u->ramp_steps;
}

int st_biquad_latency_frames(const st_biquad *u) {
    (void)u;
    return 0;
}

static void move(st_biquad *u) {
    u->ramp_left--;
    if (u->ramp_left == 0) {
        settle(u);
        return;
    }
    for (int i = 0; i < u->sections; i++) {
        st_biquad_coeffs *c = &u->now[i];
        const st_biquad_coeffs *d = &u->delta[i];
        c->b0 += d->b0;
        c->b1 += d->b1;
        c->b2 += d->b2;
        c->a1 += d->a1;
        c->a2 += d->a2;
    }
}

/* `count` sections at once: their chains overlap in the processor. The lanes
 * of v2d are the two channels. */
static inline void cascade(const st_biquad_coeffs *c, pair_state *state,
                           int count, v2d *x, int n) {
    v2d s1[4], s2[4];
    for (int k = 0; k < count; k++) {
        memcpy(&s1[k], state[k].s1, sizeof s1[k]);
        memcpy(&s2[k], state[k].s2, sizeof s2[k]);
    }
    for (int i = 0; i < n; i++) {
        v2d y = x[i];
        for (int k = 0; k < count; k++) {
            v2d in = y;
            y = c[k].b0 * in + s1[k];
            s1[k] = c[k].b1 * in + s2[k] - c[k].a1 * y;
            s2[k] = c[k].b2 * in - c[k].a2 * y;
        }
        x[i] = y;
    }
    for (int k = 0; k < count; k++) {
        memcpy(state[k].s1, &s1[k], sizeof s1[k]);
        memcpy(state[k].s2, &s2[k], sizeof s2[k]);
    }
}

static void sections(const st_biquad_coeffs *c, pair_state *state, int count,
                     v2d *x, int n) {
    for (; count >= 4; count -= 4, c += 4, state += 4)
        cascade(c, state, 4, x, n);
    if (count == 3)
        cascade(c, state, 3, x, n);
    else if (count == 2)
        cascade(c, state, 2, x, n);
    else if (count == 1)
        cascade(c, state, 1, x, n);
}

static bool is_unity(const st_biquad_coeffs *c, const pair_state *z) {
    return c->b0 == 1.0 && c->b1 == 0.0 && c->b2 == 0.0 && c->a1 == 0.0 &&
           c->a2 == 0.0 && z->s1[0] == 0.0 && z->s1[1] == 0.0 &&
           z->s2[0] == 0.0 && z->s2[1] == 0.0;
}

/* Only those that do something, so that fewer passes are made. */
static void busy_sections(const st_biquad_coeffs *c, pair_state *state,
                          int count, v2d *x, int n) {
    st_biquad_coeffs coeffs[ST_BIQUAD_MAX_SECTIONS];
    pair_state busy[ST_BIQUAD_MAX_SECTIONS];
    int from[ST_BIQUAD_MAX_SECTIONS], used = 0;
    for (int k = 0; k < count; k++)
        if (!is_unity(&c[k], &state[k])) {
            coeffs[used] = c[k];
            busy[used] = state[k];
            from[used++] = k;
        }
    sections(coeffs, busy, used, x, n);
    for (int k = 0; k < used; k++)
        state[from[k]] = busy[k];
}

static double flushed(double x) {
    return fabs(x) < 1e-30 ? 0.0 : x;
}

/* So that silence never becomes denormal. */
static void flush(pair_state *state, int count) {
    for (int k = 0; k < count; k++)
        for (int lane = 0; lane < 2; lane++) {
            state[k].s1[lane] = flushed(state[k].s1[lane]);
            state[k].s2[lane] = flushed(state[k].s2[lane]);
        }
}

enum { CHUNK = 256 };

static void run_pair(st_biquad *u, const float *const *in, float *const *out,
                     int pair, int at, int n) {
    v2d x[CHUNK];
    int left = 2 * pair;
    int right = left + 1 < u->channels ? left + 1 : left;
    for (int i = 0; i < n; i++)
        x[i] = (v2d){in[left][at + i], in[right][at + i]};
    busy_sections(u->now, u->state[pair], u->sections, x, n);
    for (int i = 0; i < n; i++) {
        out[left][at + i] = (float)x[i][0];
        out[right][at + i] = (float)x[i][1];
    }
    if ((u->frame + n) % CHUNK == 0)
        flush(u->state[pair], u->sections);
}

void st_biquad_process(st_biquad *u, const float *const *in, float *const *out,
                       int frames) {
    for (int at = 0; at < frames;) {
        int n = CHUNK - (int)(u->frame % CHUNK);
        if (u->ramp_left > 0) {
            int phase = (int)(u->frame % STEP_FRAMES);
            if (phase == 0)
                move(u);
            n = STEP_FRAMES - phase;
        }
        n = n < frames - at ? n : frames - at;
        for (int pair = 0; 2 * pair < u->channels; pair++)
            run_pair(u, in, out, pair, at, n);
        u->frame += n;
        at += n;
    }
}
