#include "master/chain.h"

#include "core/alloc.h"
#include "core/math.h"
#include "dsp/blend.h"
#include "dsp/compressor.h"
#include "dsp/lineq.h"
#include "dsp/ops.h"
#include "dsp/saturate.h"
#include "dsp/stereo.h"

#include <math.h>

struct st_chain {
    const st_ops *ops;
    int rate_hz, channels;
    float gain, dc[2];
    int64_t left; /* frames of sound still to come */
    bool has_gain;
    st_lineq *eq;
    st_stereo *stereo;
    st_multiband *multiband;
    st_compressor *parallel;
    st_blend *blend;
    st_buffer wet;
    st_saturate *saturate;
    st_gr_trace trace;
};

void st_gr_trace_add(st_gr_trace *t, double db) {
    t->join = t->join ? t->join : 1;
    t->sum += (float)db;
    if (++t->held < t->join)
        return;
    if (t->count == ST_GR_POINTS) {
        for (int i = 0; i < ST_GR_POINTS / 2; i++)
            t->db[i] = 0.5f * (t->db[2 * i] + t->db[2 * i + 1]);
        t->count /= 2, t->join *= 2, t->step_s *= 2;
        return; /* half a new point is held */
    }
    t->db[t->count++] = t->sum / (float)t->join;
    t->sum = 0, t->held = 0;
}

static st_spec spec_of(int rate_hz, int channels) {
    return (st_spec){rate_hz, channels, ST_FLOW_FRAMES};
}

static void make_gain(st_chain *c, const st_recipe *r) {
    c->dc[0] = (float)r->value[ST_SET_DC_LEFT];
    c->dc[1] = (float)r->value[ST_SET_DC_RIGHT];
    c->gain = (float)st_db_to_gain(r->value[ST_SET_GAIN]);
    c->has_gain = r->value[ST_SET_GAIN] != 0 || c->dc[0] != 0 || c->dc[1] != 0;
}

/* The curve as points: 12 to the octave, limits already applied. */
enum { EQ_POINTS = 128 };

static void eq_points(const st_recipe *r, bool side, st_lineq_point *points) {
    double hz = 16;
    for (int i = 0; i < EQ_POINTS; i++, hz *= 1.0594630943592953)
        points[i] = (st_lineq_point){hz, st_recipe_eq_db(r, side, hz)};
}

static st_status make_eq(st_chain *c, const st_recipe *r) {
    if (st_recipe_eq_is_flat(r))
        return ST_OK;
    st_lineq_point mid[EQ_POINTS], side[EQ_POINTS];
    eq_points(r, false, mid);
    eq_points(r, true, side);
    st_lineq_params params = st_lineq_defaults();
    params.mid = (st_lineq_curve){mid, EQ_POINTS, NULL, 0};
    params.side = (st_lineq_curve){side, EQ_POINTS, NULL, 0};
    params.separate_side = c->channels == 2 && r->side_count > 0;
    const st_spec spec = spec_of(c->rate_hz, c->channels);
    return st_lineq_new(&c->eq, &spec, &params);
}

static st_status make_stereo(st_chain *c, const st_recipe *r) {
    st_stereo_params params = st_stereo_defaults();
    params.width = r->value[ST_SET_WIDTH] / 100;
    params.mono_below_hz = r->value[ST_SET_MONO_HZ];
    if (params.mono_below_hz < 10)
        params.mono_below_hz = 0;
    if (c->channels != 2 || (params.width == 1 && params.mono_below_hz == 0))
        return ST_OK;
    const st_spec spec = spec_of(c->rate_hz, c->channels);
    return st_stereo_new(&c->stereo, &spec, &params);
}

static st_dynamics_params band_curve(const st_recipe *r, int band) {
    const double *v = r->value;
    st_dynamics_params p = st_multiband_defaults().band[band];
    p.detect = ST_DETECT_RMS;
    p.rms_ms = band == 0 ? 25 : 10;
    p.threshold_db = v[ST_SET_MB_THR1 + band];
    p.ratio = v[ST_SET_MB_RATIO1 + band];
    p.knee_db = v[ST_SET_MB_KNEE];
    p.attack_ms = v[ST_SET_MB_ATT1 + band];
    p.release_ms = v[ST_SET_MB_REL1 + band];
    p.makeup_db = v[ST_SET_MB_GAIN1 + band];
    return p;
}

static st_status make_multiband(st_chain *c, const st_recipe *r) {
    int bands = (int)r->value[ST_SET_MB_BANDS];
    if (bands < 2)
        return ST_OK;
    st_multiband_params params = st_multiband_defaults();
    params.crossover.bands = bands;
    for (int i = 0; i < bands - 1; i++)
        params.crossover.hz[i] = r->value[ST_SET_MB_HZ1 + i];
    for (int i = 0; i < bands; i++)
        params.band[i] = band_curve(r, i);
    const st_spec spec = spec_of(c->rate_hz, c->channels);
    return st_multiband_new(&c->multiband, &spec, &params);
}

static st_status make_parallel(st_chain *c, const st_recipe *r) {
    const double *v = r->value;
    if (v[ST_SET_PAR_MIX] == 0)
        return ST_OK;
    st_compressor_params params = st_compressor_defaults();
    params.curve.detect = ST_DETECT_RMS;
    params.curve.threshold_db = v[ST_SET_PAR_THR];
    params.curve.ratio = v[ST_SET_PAR_RATIO];
    params.curve.attack_ms = v[ST_SET_PAR_ATT];
    params.curve.release_ms = v[ST_SET_PAR_REL];
    params.detector_hp_hz = 80;
    params.lookahead_ms = 1;
    const st_spec spec = spec_of(c->rate_hz, c->channels);
    st_status status = st_compressor_new(&c->parallel, &spec, &params);
    if (status)
        return status;
    st_blend_params blend = st_blend_defaults();
    st_blend_mix(&blend, v[ST_SET_PAR_MIX]);
    blend.wet_latency_frames = st_compressor_latency_frames(c->parallel);
    /* The wet path at the level of the loud parts of the dry one. */
    blend.wet_gain *= st_db_to_gain(
        -st_dynamics_curve_db(&params.curve, params.curve.threshold_db + 10));
    status = st_blend_new(&c->blend, &spec, &blend);
    return status ? status
                  : st_buffer_init(&c->wet, c->channels, ST_FLOW_FRAMES);
}

static st_status make_saturate(st_chain *c, const st_recipe *r) {
    if (r->value[ST_SET_SAT_MIX] == 0)
        return ST_OK;
    st_saturate_params params = st_saturate_defaults();
    params.curve = (st_saturate_curve)r->value[ST_SET_SAT_CURVE];
    params.drive_db = r->value[ST_SET_SAT_DRIVE];
    params.mix = r->value[ST_SET_SAT_MIX];
    const st_spec spec = spec_of(c->rate_hz, c->channels);
    return st_saturate_new(&c->saturate, &spec, &params);
}

st_status st_chain_new(st_chain **out, int rate_hz, int channels,
                       const st_recipe *recipe, st_err *err) {
    st_chain *c = st_calloc(1, sizeof *c);
    if (!c)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    c->ops = st_ops_get();
    c->rate_hz = rate_hz, c->channels = channels;
    c->trace.step_s = (double)ST_FLOW_FRAMES / rate_hz;
    make_gain(c, recipe);
    st_status status = make_eq(c, recipe);
    if (!status)
        status = make_stereo(c, recipe);
    if (!status)
        status = make_multiband(c, recipe);
    if (!status)
        status = make_parallel(c, recipe);
    if (!status)
        status = make_saturate(c, recipe);
    if (!status) {
        *out = c;
        return ST_OK;
    }
    st_chain_free(c);
    return st_err_set(err, status,
                      "The mastering chain could not be built: %s.",
                      st_status_name(status));
}

void st_chain_free(st_chain *c) {
    if (!c)
        return;
    st_lineq_free(c->eq);
    st_stereo_free(c->stereo);
    st_multiband_free(c->multiband);
    st_compressor_free(c->parallel);
    st_blend_free(c->blend);
    st_buffer_deinit(&c->wet);
    st_saturate_free(c->saturate);
    st_free(c);
}

static st_status gain_step(void *ctx, st_block *b, st_err *err) {
    (void)err;
    st_chain *c = ctx;
    /* Not from the silence after the end: that would be a step there. */
    int here = (int)(b->frames < c->left ? b->frames : c->left);
    c->left -= here;
    for (int ch = 0; ch < b->channels; ch++) {
        float dc = c->dc[ch & 1];
        for (int i = 0; dc != 0 && i < here; i++)
            b->channel[ch][i] -= dc;
        c->ops->scale(b->channel[ch], b->channel[ch], c->gain,
                      (size_t)b->frames);
    }
    return ST_OK;
}

static st_status eq_step(void *ctx, st_block *b, st_err *err) {
    (void)err;
    st_chain *c = ctx;
    st_lineq_process(c->eq, (const float *const *)b->channel, b->channel,
                     b->frames);
    return ST_OK;
}

static st_status stereo_step(void *ctx, st_block *b, st_err *err) {
    (void)err;
    st_chain *c = ctx;
    st_stereo_process(c->stereo, (const float *const *)b->channel, b->channel,
                      b->frames);
    return ST_OK;
}

static st_status multiband_step(void *ctx, st_block *b, st_err *err) {
    (void)err;
    st_chain *c = ctx;
    st_reduction before = st_multiband_reduction(c->multiband, -1);
    st_multiband_process(c->multiband, (const float *const *)b->channel,
                         b->channel, b->frames);
    st_reduction after = st_multiband_reduction(c->multiband, -1);
    int64_t n = after.blocks - before.blocks;
    st_gr_trace_add(&c->trace, n > 0
                                   ? (after.mean_db * (double)after.blocks -
                                      before.mean_db * (double)before.blocks) /
                                         (double)n
                                   : 0);
    return ST_OK;
}

static st_status parallel_step(void *ctx, st_block *b, st_err *err) {
    (void)err;
    st_chain *c = ctx;
    st_compressor_process(c->parallel, (const float *const *)b->channel,
                          c->wet.channel, b->frames);
    st_blend_process(c->blend, (const float *const *)b->channel,
                     (const float *const *)c->wet.channel, b->channel,
                     b->frames);
    return ST_OK;
}

static st_status saturate_step(void *ctx, st_block *b, st_err *err) {
    (void)err;
    st_chain *c = ctx;
    st_saturate_process(c->saturate, (const float *const *)b->channel,
                        b->channel, b->frames);
    return ST_OK;
}

int st_chain_steps(st_chain *c, int64_t frames, st_flow_step *steps) {
    c->left = frames;
    int n = 0;
    if (c->has_gain)
        steps[n++] = (st_flow_step){"gain", gain_step, c, 0};
    if (c->eq)
        steps[n++] = (st_flow_step){"eq", eq_step, c, 0};
    if (c->stereo)
        steps[n++] = (st_flow_step){"stereo", stereo_step, c, 0};
    if (c->multiband)
        steps[n++] = (st_flow_step){"compression", multiband_step, c, 0};
    if (c->parallel)
        steps[n++] = (st_flow_step){"parallel", parallel_step, c, 0};
    if (c->saturate)
        steps[n++] = (st_flow_step){"saturation", saturate_step, c, 0};
    return n;
}

int st_chain_latency_frames(const st_chain *c) {
    int n = 0;
    if (c->eq)
        n += st_lineq_latency_frames(c->eq);
    if (c->stereo)
        n += st_stereo_latency_frames(c->stereo);
    if (c->multiband)
        n += st_multiband_latency_frames(c->multiband);
    if (c->blend)
        n += st_blend_latency_frames(c->blend);
    if (c->saturate)
        n += st_saturate_latency_frames(c->saturate);
    return n;
}

double st_chain_eq_db(const st_chain *c, bool side, double hz) {
    return c->eq ? st_lineq_response_db(c->eq, side, hz) : 0;
}

st_reduction st_chain_reduction(const st_chain *c, int band) {
    return c->multiband ? st_multiband_reduction(c->multiband, band)
                        : (st_reduction){0};
}

const st_gr_trace *st_chain_trace(const st_chain *c) {
    return &c->trace;
}
