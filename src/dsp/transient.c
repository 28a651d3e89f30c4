#include "dsp/transient.h"

#include "core/alloc.h"
#include "core/math.h"
#include "dsp/clamp.h"
#include "dsp/delay_line.h"
#include "dsp/dynops.h"
#include "dsp/gain.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { CHANNELS = 8, RUN = ST_CONTROL_MAX_FRAMES };

/* The fast envelope goes straight up; between the peaks of a tone of 30 Hz it
 * falls by less than the least differences below. */
#define FALL_MS 30.0
/* The gain's own time constant: below the least look-ahead worth having. */
#define SMOOTH_MS 0.3
/* Differences of envelopes that count as nothing and as everything: log2. What
 * noise does by itself stays under the lower ones. */
#define ATTACK_LEAST 0.35f /* 2 dB */
#define ATTACK_MOST 1.0f
#define SUSTAIN_LEAST 0.5f /* 3 dB */
#define SUSTAIN_MOST 1.5f
#define FLOOR_FADE 1.0f

static const double db_per_octave = 6.02059991327962390427;

/* The gains that are asked for, log2. */
typedef struct {
    float attack, sustain;
} dial;

/* Amplitudes. */
typedef struct {
    float fast, slow, slower;
} envelopes;

struct st_transient {
    const st_dynops *ops;
    st_delay_line delay;
    double rate_hz;
    int channels;
    int step_frames, phase;
    int ramp_steps, ramp_left;
    dial now, target, delta;
    float keep_fall, keep_slow, keep_slower, keep_gain;
    float floor; /* log2 */
    envelopes env;
    float smooth, least, greatest; /* gain, log2 */
    float from, to;                /* linear, over the running step */
    float w[RUN];                  /* (i + 1) / step_frames */
    float key[CHANNELS][RUN];
};

st_transient_params st_transient_defaults(void) {
    return (st_transient_params){
        .attack_db = 0.0,
        .sustain_db = 0.0,
        .attack_ms = 15.0,
        .release_ms = 200.0,
        .floor_dbfs = -60.0,
        .lookahead_ms = 1.0,
    };
}

static double steps(const st_transient *u, double ms) {
    return ms * 0.001 * u->rate_hz / (double)u->step_frames;
}

/* One-pole factor a control step for a time constant. */
static float keep(const st_transient *u, double ms) {
    return (float)st_exp(-1.0 / steps(u, ms));
}

static float octaves(double db, double low, double high) {
    return (float)(st_clamp(db, low, high) / db_per_octave);
}

static void take_params(st_transient *u, const st_transient_params *params) {
    u->target = (dial){octaves(params->attack_db, -12.0, 12.0),
                       octaves(params->sustain_db, -12.0, 12.0)};
    u->keep_slow = keep(u, st_clamp(params->attack_ms, 1.0, 50.0));
    u->keep_slower = keep(u, st_clamp(params->release_ms, 20.0, 1000.0));
    u->floor = octaves(params->floor_dbfs, -100.0, 0.0);
}

static void init_steps(st_transient *u) {
    u->ops = st_dynops_get();
    u->step_frames = st_control_frames(u->rate_hz);
    u->ramp_steps = (int)rint(steps(u, 20.0));
    u->keep_fall = keep(u, FALL_MS);
    u->keep_gain = keep(u, SMOOTH_MS);
    for (int i = 0; i < u->step_frames; i++)
        u->w[i] = (float)(i + 1) / (float)u->step_frames;
}

st_status st_transient_new(st_transient **out, const st_spec *spec,
                           const st_transient_params *params) {
    if (!st_spec_valid(spec))
        return ST_BAD_ARG;
    st_transient *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return ST_NO_MEM;
    u->rate_hz = spec->rate_hz;
    u->channels = spec->channels;
    init_steps(u);
    take_params(u, params);
    double frames = st_clamp(params->lookahead_ms, 0.0, 5.0) * 0.001;
    st_status status = st_delay_line_init(&u->delay, spec->channels,
                                          (int)rint(frames * spec->rate_hz));
    if (status != ST_OK) {
        st_free(u);
        return status;
    }
    st_transient_reset(u);
    *out = u;
    return ST_OK;
}

void st_transient_free(st_transient *u) {
    if (u == NULL)
        return;
    st_delay_line_deinit(&u->delay);
    st_free(u);
}

void st_transient_reset(st_transient *u) {
    st_delay_line_reset(&u->delay);
    u->now = u->target;
    u->ramp_left = 0;
    u->env = (envelopes){0};
    u->smooth = u->least = u->greatest = 0.0f;
    u->from = u->to = 1.0f;
    u->phase = 0;
}

void st_transient_set(st_transient *u, const st_transient_params *params) {
    take_params(u, params);
    float scale = 1.0f / (float)u->ramp_steps;
    u->delta = (dial){(u->target.attack - u->now.attack) * scale,
                      (u->target.sustain - u->now.sustain) * scale};
    u->ramp_left = u->ramp_steps;
}

int st_transient_latency_frames(const st_transient *u) {
    return u->delay.frames;
}

static void turn(st_transient *u) {
    if (u->ramp_left == 0)
        return;
    u->ramp_left--;
    u->now.attack += u->delta.attack;
    u->now.sustain += u->delta.sustain;
    if (u->ramp_left == 0)
        u->now = u->target;
}

/* The loudest peak of the step; NaN counts as silence. */
static float peak(const st_transient *u) {
    float most = 0.0f;
    for (int c = 0; c < u->channels; c++) {
        float mean, top;
        u->ops->detect(u->key[c], (size_t)u->step_frames, &mean, &top);
        most = st_larger(top, most);
    }
    return sqrtf(most < 1e12f ? most : 1e12f);
}

/* All three fall alike where the fast one leads, so a decay makes no attack.
 * Silence ends in zeros. */
static void follow(st_transient *u, float x) {
    envelopes *e = &u->env;
    e->fast = x >= e->fast ? x : x + u->keep_fall * (e->fast - x);
    e->fast = e->fast > 1e-9f ? e->fast : 0.0f;
    e->slow = e->fast > e->slow ? e->fast + u->keep_slow * (e->slow - e->fast)
                                : e->fast;
    e->slower *= u->keep_slower;
    e->slower = e->fast > e->slower ? e->fast : e->slower;
    e->slower = e->slower > 1e-9f ? e->slower : 0.0f;
}

/* 0 at `least`, 1 at `most`. */
static float share(float x, float least, float most) {
    x = (x - least) / (most - least);
    x = x > 0.0f ? x : 0.0f;
    return x < 1.0f ? x : 1.0f;
}

/* The gain that the envelopes ask for: log2. An attack comes before what
 * sustains, so the sum is never more than either. */
static float wanted(const st_transient *u) {
    float fast = st_log2f(u->env.fast);
    float attack =
        share(fast - st_log2f(u->env.slow), ATTACK_LEAST, ATTACK_MOST);
    float sustain =
        share(st_log2f(u->env.slower) - fast, SUSTAIN_LEAST, SUSTAIN_MOST);
    float heard = share(fast - u->floor, 0.0f, FLOOR_FADE);
    sustain *= 1.0f - attack;
    return heard * (u->now.attack * attack + u->now.sustain * sustain);
}

static void end_step(st_transient *u) {
    follow(u, peak(u));
    turn(u);
    float want = wanted(u);
    float gain = want + u->keep_gain * (u->smooth - want);
    gain = fabsf(gain) > 1e-7f ? gain : 0.0f;
    u->smooth = gain;
    u->least = gain < u->least ? gain : u->least;
    u->greatest = gain > u->greatest ? gain : u->greatest;
    u->from = u->to;
    u->to = st_exp2f(gain);
    u->phase = 0;
}

/* m frames within one control step. */
static void run(st_transient *u, const float *const *in, float *const *out,
                int at, int m) {
    const float *w = u->w + u->phase;
    st_delay_line_begin(&u->delay, m);
    for (int c = 0; c < u->channels; c++) {
        float *to = out[c] + at;
        memcpy(u->key[c] + u->phase, in[c] + at, (size_t)m * sizeof *to);
        st_delay_line_one(&u->delay, c, in[c] + at, to, m);
        if (u->from != 1.0f || u->to != 1.0f)
            u->ops->ramp(to, to, u->from, u->to, w, (size_t)m);
    }
    st_delay_line_end(&u->delay, m);
    u->phase += m;
    if (u->phase == u->step_frames)
        end_step(u);
}

void st_transient_process(st_transient *u, const float *const *in,
                          float *const *out, int frames) {
    for (int at = 0; at < frames;) {
        int room = u->step_frames - u->phase;
        int m = room < frames - at ? room : frames - at;
        run(u, in, out, at, m);
        at += m;
    }
}

st_transient_meter st_transient_read(const st_transient *u) {
    return (st_transient_meter){
        .now_db = (double)u->smooth * db_per_octave,
        .least_db = (double)u->least * db_per_octave,
        .greatest_db = (double)u->greatest * db_per_octave,
    };
}
