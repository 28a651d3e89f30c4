#include "master/render.h"

#include "core/math.h"

#include <math.h>
#include <string.h>

/* Four lanes by frame, so that the multiplications overlap. */
static void hash_channel(uint64_t *lane, const float *in, int n,
                         int64_t first) {
    for (int i = 0; i < n; i++) {
        /* -0 and +0 are one sample */
        float x = in[i] + 0.0f;
        uint32_t bits;
        memcpy(&bits, &x, sizeof bits);
        uint64_t *hash = &lane[(first + i) & 3];
        *hash = (*hash ^ bits) * 0x9E3779B97F4A7C15u;
        *hash ^= *hash >> 29;
    }
}

st_status st_hash_step(void *ctx, st_block *block, st_err *err) {
    (void)err;
    st_sample_hash *h = ctx;
    h->channels = block->channels;
    for (int c = 0; c < block->channels; c++) {
        uint64_t lane[4];
        memcpy(lane, h->hash[c], sizeof lane);
        hash_channel(lane, block->channel[c], block->frames, h->frames);
        memcpy(h->hash[c], lane, sizeof lane);
    }
    h->frames += block->frames;
    return ST_OK;
}

uint64_t st_hash_value(const st_sample_hash *h) {
    uint64_t value = (uint64_t)h->frames;
    for (int c = 0; c < h->channels; c++)
        for (int k = 0; k < 4; k++)
            value = (value ^ h->hash[c][k]) * 0xD6E8FEB86659FD93u + (uint64_t)c;
    return value;
}

void st_pre_deinit(st_pre *pre) {
    if (!pre->borrowed)
        st_spool_free(pre->spool);
    st_aim_free(pre->aim);
    pre->spool = NULL, pre->aim = NULL;
}

st_status st_means_flow(const st_means *means, const char *phase, double to,
                        st_source *source, int64_t limit, int64_t tail,
                        st_flow_step *steps, int count, st_err *err) {
    if (means->phase)
        means->phase(means->ctx, phase, to, source->format.frames);
    const st_flow_watch watch = {means->tick, means->ctx};
    st_status status =
        st_flow_run(means->pool, source, limit, tail, steps, count,
                    means->tick ? &watch : NULL, NULL, err);
    for (int i = 0; means->spent && i < count; i++)
        means->spent(means->ctx, steps[i].name, steps[i].seconds);
    return status;
}

static void keep_figures(st_pre *out, const st_chain *chain) {
    out->eq_low_db = st_chain_eq_db(chain, false, 60);
    out->eq_presence_db = st_chain_eq_db(chain, false, 3500);
    out->eq_air_db = st_chain_eq_db(chain, false, 12000);
    out->compression = st_chain_reduction(chain, -1);
    for (int b = 0; b < 4; b++)
        out->band[b] = st_chain_reduction(chain, b);
    out->trace = *st_chain_trace(chain);
}

static st_status sums_step(void *ctx, st_block *block, st_err *err) {
    (void)err;
    st_stereo_sums_add(ctx, block->channel[0], block->channel[1],
                       block->frames);
    return ST_OK;
}

/* Source -> chain -> trim -> [spool] -> [aim]. */
static st_status run_pre(const st_means *means, st_chain *chain,
                         st_source *source, st_sink *sink, st_pre *out,
                         st_err *err) {
    st_flow_step steps[ST_CHAIN_STEPS + 4];
    int n = st_chain_steps(chain, out->frames, steps),
        latency = st_chain_latency_frames(chain);
    st_trim trim = {latency, out->frames};
    steps[n++] = (st_flow_step){"chain", st_trim_step, &trim, 0};
    if (sink)
        steps[n++] = (st_flow_step){"spool", st_sink_step, sink, 0};
    if (source->format.channels == 2)
        steps[n++] = (st_flow_step){"chain", sums_step, &out->sums, 0};
    if (out->aim)
        steps[n++] = (st_flow_step){"aiming", st_aim_step, out->aim, 0};
    st_status status = st_means_flow(means, "processing", 0.6, source, -1,
                                     latency, steps, n, err);
    if (!status && sink)
        status = st_sink_finish(sink, err);
    return status;
}

static st_status render_chain(const st_means *means, st_chain *chain,
                              st_spool *input, st_pre *out, st_err *err) {
    st_source *source = NULL;
    st_sink *sink = NULL;
    st_status status = st_spool_source(input, &source, err);
    if (status)
        return status;
    if (!out->borrowed) {
        status =
            st_spool_new(&out->spool, means->folder, source->format.rate_hz,
                         source->format.channels, err);
        if (!status)
            status = st_spool_sink(out->spool, &sink, err);
    }
    if (!status)
        status = run_pre(means, chain, source, sink, out, err);
    st_sink_free(sink);
    st_source_free(source);
    return status;
}

st_status st_render_pre(const st_means *means, st_spool *input,
                        const st_recipe *recipe, const st_goal *goal,
                        st_pre *out, st_err *err) {
    st_source *probe = NULL;
    st_status status = st_spool_source(input, &probe, err);
    if (status)
        return status;
    const st_format format = probe->format;
    st_source_free(probe);
    st_chain *chain = NULL;
    status = st_chain_new(&chain, format.rate_hz, format.channels, recipe, err);
    if (status)
        return status;
    st_flow_step steps[ST_CHAIN_STEPS];
    bool empty = st_chain_steps(chain, format.frames, steps) == 0;
    *out = (st_pre){.borrowed = empty, .spool = empty ? input : NULL};
    out->frames = format.frames;
    /* Without a peak over the ceiling loudness follows gain exactly. */
    if (!isnan(goal->goal_lufs) && (!empty || goal->over_db > 0))
        status = st_aim_new(&out->aim, format.rate_hz, format.channels,
                            format.frames);
    if (status)
        status = st_err_set(err, status, "Out of memory.");
    else if (!empty || out->aim)
        status = render_chain(means, chain, input, out, err);
    keep_figures(out, chain);
    st_chain_free(chain);
    if (status)
        st_pre_deinit(out);
    return status;
}
