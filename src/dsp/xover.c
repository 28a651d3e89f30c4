#include "dsp/xover.h"

#include "core/math.h"
#include "dsp/clamp.h"
#include "dsp/gain.h"

#include <math.h>
#include <string.h>

int st_xover_lane(int bands, int band) {
    static const int lane[3][ST_CROSSOVER_MAX_BANDS] = {
        {4, 6, 0, 0}, /* two: each half unsplit, so all "high" */
        {0, 4, 6, 0}, /* three: the low half split */
        {0, 4, 2, 6},
    };
    return lane[bands - 2][band];
}

static void section_lane(st_xover_section *s, int lane, double hz,
                         double rate_hz) {
    double g = st_tan(ST_PI * hz / rate_hz);
    double a = 1.0 / (1.0 + g * (g + 1.41421356237309504880));
    s->p[lane] = 2.0 * a - 1.0;
    s->q[lane] = 2.0 * g * a;
    s->r[lane] = 2.0 * g * g * a;
}

static void design(st_xover *x) {
    double hz[ST_CROSSOVER_MAX_BANDS - 1] = {0};
    for (int i = 0; i < x->bands - 1; i++)
        hz[i] = st_exp2(x->now[i]);
    st_xover_coeffs *c = &x->coeffs;
    memset(c, 0, sizeof *c);
    int middle = x->bands == 2 ? 0 : 1;
    for (int lane = 0; lane < 2; lane++) {
        section_lane(&c->first, lane, hz[middle], x->rate_hz);
        if (x->bands >= 3) {
            section_lane(&c->split, lane, hz[0], x->rate_hz);
            section_lane(&c->allpass, 2 + lane, hz[0], x->rate_hz);
        }
        if (x->bands == 4) {
            section_lane(&c->split, 2 + lane, hz[2], x->rate_hz);
            section_lane(&c->allpass, lane, hz[2], x->rate_hz);
        }
    }
}

static void targets(st_xover *x, const st_crossover_params *params) {
    double low = 10.0;
    int left = x->bands - 2;
    for (int i = 0; i < x->bands - 1; i++, left--) {
        double top = 0.45 * x->rate_hz;
        for (int j = 0; j < left; j++)
            top /= 1.05;
        double hz = st_clamp(params->hz[i], low, top);
        x->target[i] = st_log2(hz);
        low = hz * 1.05;
    }
}

void st_xover_init(st_xover *x, double rate_hz,
                   const st_crossover_params *params) {
    memset(x, 0, sizeof *x);
    x->ops = st_dynops_get();
    x->rate_hz = rate_hz;
    x->bands = st_clamp_int(params->bands, 2, ST_CROSSOVER_MAX_BANDS);
    x->step_frames = 2 * st_control_frames(rate_hz);
    x->ramp_steps = (int)rint(0.02 * rate_hz / (double)x->step_frames);
    targets(x, params);
    st_xover_settle(x);
}

void st_xover_set(st_xover *x, const st_crossover_params *params) {
    double before[ST_CROSSOVER_MAX_BANDS - 1];
    memcpy(before, x->target, sizeof before);
    targets(x, params);
    if (memcmp(before, x->target, sizeof before) == 0)
        return;
    for (int i = 0; i < x->bands - 1; i++)
        x->delta[i] = (x->target[i] - x->now[i]) / (double)x->ramp_steps;
    x->ramp_left = x->ramp_steps;
}

void st_xover_settle(st_xover *x) {
    memcpy(x->now, x->target, sizeof x->now);
    x->ramp_left = 0;
    design(x);
}

int st_xover_run(st_xover *x, int64_t frame, int want) {
    if (x->ramp_left == 0)
        return want;
    int at = (int)(frame % x->step_frames);
    if (at == 0) {
        x->ramp_left--;
        if (x->ramp_left == 0) {
            st_xover_settle(x);
            return want;
        }
        for (int i = 0; i < x->bands - 1; i++)
            x->now[i] += x->delta[i];
        design(x);
    }
    int left = x->step_frames - at;
    return want < left ? want : left;
}

void st_xover_flush(st_xover_state *state) {
    double *s = &state->s1[0][0], *t = &state->s2[0][0];
    for (int i = 0; i < ST_XOVER_SECTIONS * 4; i++) {
        s[i] = fabs(s[i]) < 1e-30 ? 0.0 : s[i];
        t[i] = fabs(t[i]) < 1e-30 ? 0.0 : t[i];
    }
}
