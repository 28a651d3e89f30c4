#include "core/alloc.h"
#include "core/math.h"
#include "dsp/limiter.h"
#include "dsp/ops.h"
#include "master/chain.h"

#include <math.h>

struct st_last {
    const st_ops *ops;
    st_limiter *limiter;
    st_dither *dither;
    float gain;        /* without a limiter */
    float same, other; /* of one channel to itself and to the other */
    st_trim trim;
    st_gr_trace trace;
    double sum_db, max_db;
    uint64_t blocks;
};

static st_status make_limiter(st_last *u, const st_spec *spec,
                              const st_recipe *r, const st_last_params *p) {
    u->gain = (float)st_db_to_gain(p->drive_db);
    if (!p->limit)
        return ST_OK;
    st_limiter_params params = st_limiter_defaults();
    params.ceiling_db = p->ceiling_db;
    params.drive_db = p->drive_db;
    params.lookahead_ms = r->value[ST_SET_LIM_AHEAD];
    params.release_ms = r->value[ST_SET_LIM_RELEASE];
    params.link = r->value[ST_SET_LIM_LINK];
    return st_limiter_new(&u->limiter, spec, &params);
}

static st_status make_dither(st_last *u, const st_spec *spec,
                             const st_recipe *r, const st_last_params *p) {
    if (!p->bits || p->bits > 24)
        return ST_OK;
    st_dither_params params = st_dither_defaults();
    params.bits = p->bits;
    params.dithered = p->dithered;
    params.auto_blank = true;
    params.seed = p->seed;
    if (p->dithered && st_dither_can_shape(spec->rate_hz))
        params.shape = (st_dither_shape)r->value[ST_SET_DITHER_SHAPE];
    return st_dither_new(&u->dither, spec, &params);
}

st_status st_last_new(st_last **out, int rate_hz, int channels,
                      const st_recipe *recipe, const st_last_params *params,
                      st_err *err) {
    st_last *u = st_calloc(1, sizeof *u);
    if (!u)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    const st_spec spec = {rate_hz, channels, ST_FLOW_FRAMES};
    u->ops = st_ops_get();
    float side = channels == 2 ? (float)recipe->value[ST_SET_TRIM] / 100 : 1.0f;
    u->same = 0.5f * (1 + side), u->other = 0.5f * (1 - side);
    u->trace.step_s = (double)ST_FLOW_FRAMES / rate_hz;
    st_status status = make_limiter(u, &spec, recipe, params);
    if (!status)
        status = make_dither(u, &spec, recipe, params);
    if (!status) {
        *out = u;
        return ST_OK;
    }
    st_last_free(u);
    return st_err_set(err, status, "The limiter could not be built: %s.",
                      st_status_name(status));
}

void st_last_free(st_last *u) {
    if (!u)
        return;
    st_limiter_free(u->limiter);
    st_dither_free(u->dither);
    st_free(u);
}

static st_status side_step(void *ctx, st_block *b, st_err *err) {
    (void)err;
    const st_last *u = ctx;
    float *restrict left = b->channel[0], *restrict right = b->channel[1];
    for (int i = 0; i < b->frames; i++) {
        float l = left[i], r = right[i];
        left[i] = u->same * l + u->other * r;
        right[i] = u->same * r + u->other * l;
    }
    return ST_OK;
}

static st_status limiter_step(void *ctx, st_block *b, st_err *err) {
    (void)err;
    st_last *u = ctx;
    st_limiter_process(u->limiter, (const float *const *)b->channel, b->channel,
                       b->frames);
    st_limiter_meter meter;
    st_limiter_meter_get(u->limiter, &meter);
    st_limiter_meter_clear(u->limiter);
    st_gr_trace_add(&u->trace, meter.blocks ? meter.max_db : 0);
    u->sum_db += meter.mean_db * (double)meter.blocks;
    u->blocks += meter.blocks;
    u->max_db = fmax(u->max_db, meter.max_db);
    return ST_OK;
}

static st_status gain_step(void *ctx, st_block *b, st_err *err) {
    (void)err;
    const st_last *u = ctx;
    for (int c = 0; c < b->channels; c++)
        u->ops->scale(b->channel[c], b->channel[c], u->gain, (size_t)b->frames);
    return ST_OK;
}

static st_status dither_step(void *ctx, st_block *b, st_err *err) {
    (void)err;
    st_last *u = ctx;
    st_dither_process(u->dither, (const float *const *)b->channel, b->channel,
                      b->frames);
    return ST_OK;
}

int st_last_steps(st_last *u, int64_t frames, st_flow_step *steps) {
    int n = 0;
    if (u->other != 0)
        steps[n++] = (st_flow_step){"stereo", side_step, u, 0};
    if (u->limiter)
        steps[n++] = (st_flow_step){"limiting", limiter_step, u, 0};
    else if (u->gain != 1)
        steps[n++] = (st_flow_step){"gain", gain_step, u, 0};
    u->trim = (st_trim){st_last_latency_frames(u), frames};
    steps[n++] = (st_flow_step){"limiting", st_trim_step, &u->trim, 0};
    if (u->dither)
        steps[n++] = (st_flow_step){"dither", dither_step, u, 0};
    return n;
}

int st_last_latency_frames(const st_last *u) {
    return u->limiter ? st_limiter_latency_frames(u->limiter) : 0;
}

void st_last_reduction(const st_last *u, double *mean_db, double *max_db) {
    *mean_db = u->blocks ? u->sum_db / (double)u->blocks : 0;
    *max_db = u->max_db;
}

const st_gr_trace *st_last_trace(const st_last *u) {
    return &u->trace;
}
