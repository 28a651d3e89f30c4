#include "dsp/gain.h"

#include "core/math.h"
#include "dsp/clamp.h"

#include <math.h>
#include <string.h>

static const double db_per_octave = 6.02059991327962390427;

int st_control_frames(double rate_hz) {
    int frames = 8;
    while (rate_hz >= 8000.0 * frames)
        frames *= 2;
    return frames;
}

/* The ramped rows lie first in the struct, one after the other. */
static float *rows(st_gain_law *law) {
    return law->threshold;
}

static double per_ms(const st_gain *g) {
    return g->rate_hz / (1000.0 * (double)g->step_frames);
}

/* One-pole factor a control step for a time constant. */
static float keep(const st_gain *g, double ms) {
    return (float)st_exp(-1.0 / (ms * per_ms(g)));
}

static void law_lane(const st_gain *g, st_gain_law *law, int lane,
                     const st_dynamics_params *p) {
    law->threshold[lane] =
        (float)(st_clamp(p->threshold_db, -100.0, 20.0) / db_per_octave);
    law->slope[lane] = (float)(1.0 - 1.0 / st_clamp(p->ratio, 1.0, 1000.0));
    law->knee[lane] = (float)(st_clamp(p->knee_db, 0.0, 40.0) / db_per_octave);
    law->range[lane] =
        (float)(st_clamp(p->range_db, 0.0, 100.0) / db_per_octave);
    law->floor[lane] =
        p->upward ? (float)(st_clamp(p->floor_db, -120.0, 0.0) / db_per_octave)
                  : -1000.0f;
    law->makeup[lane] =
        (float)st_db_to_gain(st_clamp(p->makeup_db, -40.0, 40.0));
    law->mix[lane] = (float)st_clamp(p->mix, 0.0, 1.0);
    law->sign[lane] = p->upward ? -1.0f : 1.0f;
    law->rms[lane] = p->detect == ST_DETECT_RMS ? 1.0f : 0.0f;
    law->keep_rms[lane] = keep(g, st_clamp(p->rms_ms, 1.0, 1000.0));
    law->keep_attack[lane] = keep(g, st_clamp(p->attack_ms, 0.05, 1000.0));
    law->keep_release[lane] = keep(g, st_clamp(p->release_ms, 1.0, 10000.0));
    law->hold[lane] =
        (float)rint(st_clamp(p->hold_ms, 0.0, 1000.0) * per_ms(g));
}

/* What follows from the ramped rows. */
static void derive(st_gain_law *law) {
    law->parallel = law->upward = 0;
    for (int lane = 0; lane < ST_LANES; lane++) {
        float knee = law->knee[lane];
        law->inside[lane] = knee > 1e-6f ? 0.5f / knee : 0.0f;
        law->parallel |= law->mix[lane] != 1.0f;
        law->upward |= law->sign[lane] < 0.0f;
    }
}

void st_gain_init(st_gain *g, double rate_hz, int lanes) {
    memset(g, 0, sizeof *g);
    g->target.lanes = lanes;
    g->ops = st_dynops_get();
    g->rate_hz = rate_hz;
    g->step_frames = st_control_frames(rate_hz);
    g->block_steps = (int)rint(10.0 * per_ms(g));
    g->ramp_steps = (int)rint(20.0 * per_ms(g));
    for (int i = 0; i < g->step_frames; i++)
        g->w[i] = (float)(i + 1) / (float)g->step_frames;
    st_dynamics_params neutral = st_dynamics_defaults();
    for (int lane = 0; lane < ST_LANES; lane++)
        st_gain_set(g, lane, &neutral, true);
}

void st_gain_set(st_gain *g, int lane, const st_dynamics_params *params,
                 bool now) {
    law_lane(g, &g->target, lane, params);
    derive(&g->target);
    if (now)
        g->law = g->target;
}

void st_gain_set_done(st_gain *g) {
    const float *cur = rows(&g->law), *want = rows(&g->target);
    float *delta = &g->delta[0][0];
    for (int i = 0; i < ST_GAIN_RAMPED * ST_LANES; i++)
        delta[i] = (want[i] - cur[i]) / (float)g->ramp_steps;
    st_gain_law next = g->target;
    memcpy(rows(&next), cur, ST_GAIN_RAMPED * ST_LANES * sizeof *cur);
    g->law = next;
    derive(&g->law);
    g->ramp_left = g->ramp_steps;
}

void st_gain_reset(st_gain *g, float *now) {
    g->law = g->target;
    g->ramp_left = 0;
    memset(&g->state, 0, sizeof g->state);
    for (int lane = 0; lane < ST_LANES; lane++)
        g->state.loud[lane] = -33.0f; /* silence, -200 dB */
    memcpy(now, g->law.makeup, sizeof g->law.makeup);
    st_gain_clear(g);
}

static void ramp_law(st_gain *g) {
    g->ramp_left--;
    if (g->ramp_left == 0) {
        g->law = g->target;
        return;
    }
    float *cur = rows(&g->law);
    const float *delta = &g->delta[0][0];
    for (int i = 0; i < ST_GAIN_RAMPED * ST_LANES; i++)
        cur[i] += delta[i];
    derive(&g->law);
}

/* -60 dBFS on the scale where a sine reads its peak */
static const float counted_power = 1e-6f;

static void end_block(st_gain *g) {
    st_gain_state *s = &g->state;
    float scale = 1.0f / (float)g->block_steps;
    for (int lane = 0; lane < ST_LANES; lane++) {
        st_gain_meter *m = &g->meter[lane];
        if (s->block_power[lane] * scale <= counted_power)
            continue;
        m->cut_sum += (double)(s->block_cut[lane] * scale);
        if ((double)s->block_top[lane] > m->top)
            m->top = (double)s->block_top[lane];
        m->blocks++;
    }
    memset(s->block_cut, 0, sizeof s->block_cut);
    memset(s->block_top, 0, sizeof s->block_top);
    memset(s->block_power, 0, sizeof s->block_power);
    g->block_done = 0;
}

void st_gain_run(st_gain *g, const float *mean, const float *top, float *gains,
                 int steps) {
    for (int at = 0; at < steps;) {
        int n = g->block_steps - g->block_done;
        n = n < steps - at ? n : steps - at;
        if (g->ramp_left > 0) {
            ramp_law(g);
            n = 1;
        }
        int i = at * ST_LANES;
        g->ops->gain(&g->law, &g->state, mean + i, top + i, gains + i,
                     (size_t)n);
        g->block_done += n;
        if (g->block_done == g->block_steps)
            end_block(g);
        at += n;
    }
}

st_reduction st_gain_reduction(const st_gain *g, int lane) {
    const st_gain_meter *m = &g->meter[lane];
    st_reduction r = {
        .max_db = m->top * db_per_octave,
        .now_db = (double)g->state.cut[lane] * db_per_octave,
        .blocks = m->blocks,
    };
    if (m->blocks > 0)
        r.mean_db = m->cut_sum / (double)m->blocks * db_per_octave;
    return r;
}

st_reduction st_reduction_join(const st_reduction *r, int count) {
    st_reduction sum = r[0];
    sum.mean_db *= (double)r[0].blocks;
    for (int i = 1; i < count; i++) {
        sum.mean_db += r[i].mean_db * (double)r[i].blocks;
        sum.blocks += r[i].blocks;
        sum.max_db = fmax(sum.max_db, r[i].max_db);
        sum.now_db = fmax(sum.now_db, r[i].now_db);
    }
    if (sum.blocks > 0)
        sum.mean_db /= (double)sum.blocks;
    return sum;
}

void st_gain_clear(st_gain *g) {
    memset(g->meter, 0, sizeof g->meter);
    memset(g->state.block_cut, 0, sizeof g->state.block_cut);
    memset(g->state.block_top, 0, sizeof g->state.block_top);
    memset(g->state.block_power, 0, sizeof g->state.block_power);
    g->block_done = 0;
}
