#include "dsp/reverb.h"

#include "core/alloc.h"
#include "core/math.h"
#include "dsp/clamp.h"
#include "dsp/reverb_net.h"
#include "dsp/smooth.h"
#include "dsp/svf.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { STEP = ST_REVERB_STEP, BENT = ST_REVERB_MODULATED };

static const double move_ms = 50.0;
static const float early = 0.25f * (float)ST_REVERB_EARLY;
static const double bend_ms = 0.4; /* at modulation 1 */

/* Hz; none is a simple ratio of another. */
static const double bend_hz[BENT] = {0.31, 1.07, 0.53, 0.71,
                                     0.89, 0.43, 0.97, 0.61};

struct st_reverb {
    double rate_hz;
    const st_reverb_ops *ops;
    st_svf *low_cut, *high_cut;
    st_reverb_net net;
    st_reverb_law law;
    st_reverb_loss loss; /* where net.loss goes */
    int move_steps, move_left;
    st_smooth makeup, gain, width, bend; /* bend in frames */
    uint64_t step;                       /* since reset */
    uint32_t turn[BENT];                 /* of 2^32, a step */
    double place[BENT];
    int fill; /* frames of the running step */
    float in[2][STEP], out[2][STEP];
};

st_reverb_params st_reverb_defaults(void) {
    return (st_reverb_params){.decay_s = 1.6,
                              .bass = 1.1,
                              .damping = 0.45,
                              .damping_hz = 5000.0,
                              .size = 0.5,
                              .predelay_ms = 20.0,
                              .low_cut_hz = 180.0,
                              .high_cut_hz = 12000.0,
                              .modulation = 0.3,
                              .width = 1.0};
}

static st_reverb_law law_of(const st_reverb_params *p) {
    return (st_reverb_law){
        .decay_s = st_clamp(p->decay_s, 0.1, 20.0),
        .bass = st_clamp(p->bass, 0.25, 2.0),
        .damping = st_clamp(p->damping, 0.05, 1.0),
        .damping_hz = st_clamp(p->damping_hz, 1000.0, 16000.0),
        .low_cut_hz = st_clamp(p->low_cut_hz, 20.0, 1000.0),
        .high_cut_hz = st_clamp(p->high_cut_hz, 1000.0, 20000.0),
        .modulation = st_clamp(p->modulation, 0.0, 1.0)};
}

static st_svf_params cut(st_svf_type type, double hz) {
    return (st_svf_params){.type = type, .hz = hz, .q = 0.70710678118654752440};
}

static st_status make_cuts(st_reverb *u, const st_spec *spec) {
    st_svf_params low = cut(ST_SVF_HIGHPASS, u->law.low_cut_hz);
    st_svf_params high = cut(ST_SVF_LOWPASS, u->law.high_cut_hz);
    st_status status = st_svf_new(&u->low_cut, spec, &low);
    if (status == ST_OK)
        status = st_svf_new(&u->high_cut, spec, &high);
    return status;
}

static void set_turns(st_reverb *u) {
    double step_s = STEP / u->rate_hz;
    for (int k = 0; k < BENT; k++)
        u->turn[k] = (uint32_t)rint(bend_hz[k] * step_s * 4294967296.0);
}

/* Where the lines are bent to at the beginning of the next step. The phase is
 * counted in whole numbers, so nothing drifts. */
static void find_places(st_reverb *u, double place[BENT]) {
    double most = (double)st_smooth_now(&u->bend);
    for (int k = 0; k < BENT; k++) {
        uint32_t phase = (uint32_t)(u->step * u->turn[k]) +
                         (uint32_t)k * 2654435769u; /* golden section */
        double x = (double)phase * (1.0 / 2147483648.0) - 1.0;
        double y = 4.0 * x * (1.0 - fabs(x)); /* sin(pi x) within 0.001 */
        place[k] = most * (y + 0.225 * (y * fabs(y) - y));
    }
}

static void settle(st_reverb *u) {
    u->net.loss = u->loss;
    u->net.moving = false;
    u->move_left = 0;
}

static void set_law(st_reverb *u, const st_reverb_law *law) {
    u->law = *law;
    st_reverb_loss_design(&u->loss, &u->net, u->rate_hz, law);
    double makeup = st_reverb_loss_makeup(&u->loss, u->rate_hz, law);
    st_smooth_to(&u->makeup, (float)makeup);
    float scale = 1.0f / (float)(u->move_steps * STEP);
    const float *to = (const float *)&u->loss;
    const float *from = (const float *)&u->net.loss;
    float *delta = (float *)&u->net.delta;
    for (int i = 0; i < ST_REVERB_LOSSES; i++)
        delta[i] = (to[i] - from[i]) * scale;
    u->net.moving = true;
    u->move_left = u->move_steps;
}

static void set_level(st_reverb *u, const st_reverb_params *p) {
    /* 4: what the mix divides by */
    double gain = 4.0 * st_db_to_gain(st_clamp(p->gain_db, -60.0, 20.0));
    double bend = 0.001 * bend_ms * u->rate_hz;
    st_smooth_to(&u->gain, (float)gain);
    st_smooth_to(&u->width, (float)st_clamp(p->width, 0.0, 1.0));
    st_smooth_to(&u->bend, (float)(bend * u->law.modulation));
}

void st_reverb_set(st_reverb *u, const st_reverb_params *params) {
    st_reverb_law law = law_of(params);
    if (memcmp(&law, &u->law, sizeof law) != 0) {
        st_svf_params low = cut(ST_SVF_HIGHPASS, law.low_cut_hz);
        st_svf_params high = cut(ST_SVF_LOWPASS, law.high_cut_hz);
        st_svf_set(u->low_cut, &low);
        st_svf_set(u->high_cut, &high);
        set_law(u, &law);
    }
    set_level(u, params);
}

static st_status make_parts(st_reverb *u, const st_spec *spec,
                            const st_reverb_params *params) {
    st_reverb_room room = {.rate_hz = spec->rate_hz,
                           .size = st_clamp(params->size, 0.0, 1.0),
                           .predelay_ms =
                               st_clamp(params->predelay_ms, 0.0, 200.0),
                           .bend_ms = bend_ms};
    u->law = law_of(params);
    st_status status = make_cuts(u, spec);
    if (status == ST_OK)
        status = st_reverb_net_init(&u->net, &room);
    return status;
}

st_status st_reverb_new(st_reverb **out, const st_spec *spec,
                        const st_reverb_params *params) {
    if (!st_spec_valid(spec) || spec->channels != 2)
        return ST_BAD_ARG;
    st_reverb *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return ST_NO_MEM;
    st_status status = make_parts(u, spec, params);
    if (status != ST_OK) {
        st_reverb_free(u);
        return status;
    }
    u->rate_hz = spec->rate_hz;
    u->ops = st_reverb_ops_get();
    u->move_steps = (int)rint(0.001 * move_ms * spec->rate_hz / STEP);
    st_smooth_init(&u->makeup, spec->rate_hz, move_ms);
    st_smooth_init(&u->gain, spec->rate_hz, move_ms);
    st_smooth_init(&u->width, spec->rate_hz, move_ms);
    st_smooth_init(&u->bend, spec->rate_hz, move_ms);
    set_turns(u);
    set_law(u, &u->law);
    set_level(u, params);
    st_reverb_reset(u);
    *out = u;
    return ST_OK;
}

void st_reverb_free(st_reverb *u) {
    if (u == NULL)
        return;
    st_svf_free(u->low_cut);
    st_svf_free(u->high_cut);
    st_reverb_net_deinit(&u->net);
    st_free(u);
}

void st_reverb_reset(st_reverb *u) {
    settle(u);
    st_smooth_settle(&u->makeup);
    st_smooth_settle(&u->gain);
    st_smooth_settle(&u->width);
    st_smooth_settle(&u->bend);
    st_svf_reset(u->low_cut);
    st_svf_reset(u->high_cut);
    st_reverb_net_clear(&u->net);
    memset(u->out, 0, sizeof u->out);
    u->fill = 0;
    u->step = 0;
    find_places(u, u->place);
}

int st_reverb_latency_frames(const st_reverb *u) {
    (void)u;
    return 0;
}

/* The decay, or that of the diffusers (3.7 dB a time round) if it is longer;
 * before it a pass through diffusers and lines, and the pre-delay. */
int st_reverb_tail_frames(const st_reverb *u) {
    double longest_s = u->law.decay_s * fmax(u->law.bass, 1.0);
    double frames =
        fmax(longest_s * u->rate_hz, 60.0 / 3.7 * u->net.diffuser.capacity);
    return u->net.before_frames + u->net.line.capacity +
           2 * u->net.diffuser.capacity + (int)frames;
}

static void bend(st_reverb *u) {
    double from[BENT];
    memcpy(from, u->place, sizeof from);
    u->step++;
    find_places(u, u->place);
    st_reverb_net_bend(&u->net, from, u->place);
}

static void move(st_reverb *u) {
    if (u->move_left == 0)
        return;
    if (--u->move_left == 0) {
        settle(u);
        return;
    }
    float *now = (float *)&u->net.loss;
    const float *delta = (const float *)&u->net.delta;
    for (int i = 0; i < ST_REVERB_LOSSES; i++)
        now[i] += delta[i] * (float)STEP;
}

/* What the diffusers gave comes first, a step late: their own sound fills the
 * gap before the shortest line. */
static void finish(st_reverb *u) {
    float gain[STEP], width[STEP];
    st_smooth_fill(&u->gain, gain, STEP);
    st_smooth_fill(&u->width, width, STEP);
    for (int i = 0; i < STEP; i++) {
        float l = u->out[0][i] + early * u->in[0][i];
        float r = u->out[1][i] + early * u->in[1][i];
        float mid = 0.5f * (l + r), side = 0.5f * (l - r) * width[i];
        u->out[0][i] = (mid + side) * gain[i];
        u->out[1][i] = (mid - side) * gain[i];
    }
}

/* A step is full: take it in, and find what the next one gives. */
static void step(st_reverb *u) {
    const float *in[] = {u->in[0], u->in[1]};
    float *through[] = {u->in[0], u->in[1]};
    float makeup[STEP], unused[STEP];
    st_svf_process(u->low_cut, in, through, STEP);
    st_svf_process(u->high_cut, in, through, STEP);
    u->ops->diffuse(&u->net, u->in);
    st_smooth_fill(&u->makeup, makeup, STEP);
    for (int i = 0; i < STEP; i++) {
        u->in[0][i] *= makeup[i];
        u->in[1][i] *= makeup[i];
    }
    st_smooth_fill(&u->bend, unused, STEP);
    bend(u);
    u->ops->turn(&u->net, u->in, u->out);
    move(u);
    finish(u);
}

void st_reverb_process(st_reverb *u, const float *const *in, float *const *out,
                       int frames) {
    for (int at = 0; at < frames;) {
        int room = STEP - u->fill;
        int n = frames - at < room ? frames - at : room;
        size_t bytes = (size_t)n * sizeof(float);
        for (int c = 0; c < 2; c++) {
            memcpy(u->in[c] + u->fill, in[c] + at, bytes);
            memcpy(out[c] + at, u->out[c] + u->fill, bytes);
        }
        u->fill += n;
        at += n;
        if (u->fill == STEP) {
            u->fill = 0;
            step(u);
        }
    }
}
