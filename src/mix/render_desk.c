#include "mix/render.h"

#include "core/alloc.h"
#include "mix/sources.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { BLOCK = ST_MIX_BLOCK, SLOTS = 4, STEPS = ST_BUS_COUNT + ST_RETURNS + 2 };

void st_premix_deinit(st_premix *premix) {
    st_spool_free(premix->spool);
    memset(premix, 0, sizeof *premix);
}

/* The desk while it runs. */
typedef struct {
    const st_mix_means *means;
    const st_mix_recipe *recipe;
    st_desk *desk;
    const st_desk_ear *ear;
    st_source *print[ST_MIX_STEMS];
    st_buffer stem[ST_MIX_STEMS]; /* a block of each print */
    st_buffer faded;
    st_desk_io io[SLOTS];
    st_buffer out; /* of the sum */
    st_sink *sink;
    int64_t frames, total, gathered, skip, left;
    st_premix *premix;
    st_err err[STEPS];
} desk;

/* One step of the pipeline. */
typedef struct {
    desk *d;
    int number; /* of a bus or a return */
} step;

/* --- steps --- */

static st_status read_prints(desk *d, int64_t frames, st_err *err) {
    for (int i = 0; i < d->recipe->stems; i++) {
        int64_t got = 0;
        st_buffer *b = &d->stem[i];
        st_status status =
            st_source_read(d->print[i], b->channel, frames, &got, err);
        if (status != ST_OK)
            return status;
        for (int c = 0; c < d->print[i]->format.channels; c++)
            memset(b->channel[c] + got, 0,
                   (size_t)(frames - got) * sizeof(float));
    }
    return ST_OK;
}

static void gather(desk *d, int frames, st_desk_io *io) {
    const float *const *prints[ST_MIX_STEMS];
    float *planes[ST_MIX_STEMS][2];
    float *const *faded[ST_MIX_STEMS] = {NULL};
    bool kept = d->means->faded != NULL;
    for (int i = 0; i < d->recipe->stems; i++) {
        prints[i] = (const float *const *)d->stem[i].channel;
        for (int c = 0; kept && c < 2; c++)
            planes[i][c] = d->faded.channel[0] + (2 * i + c) * BLOCK;
        faded[i] = kept ? planes[i] : NULL;
    }
    st_desk_gather(d->desk, prints, kept ? faded : NULL, frames, io);
    for (int i = 0; kept && i < d->recipe->stems; i++)
        d->means->faded(d->means->ctx, i, (const float *const *)planes[i],
                        frames);
}

static st_status gather_step(void *ctx, int64_t block, int slot) {
    desk *d = ((step *)ctx)->d;
    int64_t at = block * BLOCK;
    int64_t frames = d->total - at < BLOCK ? d->total - at : BLOCK;
    st_status status = read_prints(d, frames, &d->err[0]);
    if (status != ST_OK)
        return status;
    if (d->means->tick != NULL &&
        d->means->tick(d->means->ctx, "mixing", (double)at / (double)d->total))
        return st_err_set(&d->err[0], ST_CANCELLED, "Cancelled.");
    gather(d, (int)frames, &d->io[slot]);
    return ST_OK;
}

static double peak_of(float *const *x, int frames, double peak) {
    float most = (float)peak;
    for (int c = 0; c < 2; c++)
        for (int i = 0; i < frames; i++) {
            float size = fabsf(x[c][i]);
            most = size > most ? size : most;
        }
    return most;
}

static st_status bus_step(void *ctx, int64_t block, int slot) {
    const step *s = ctx;
    desk *d = s->d;
    (void)block;
    st_desk_io *io = &d->io[slot];
    st_desk_bus(d->desk, s->number, io, d->ear);
    d->premix->bus_peak[s->number] =
        peak_of(io->bus[s->number], io->frames, d->premix->bus_peak[s->number]);
    return ST_OK;
}

static st_status return_step(void *ctx, int64_t block, int slot) {
    const step *s = ctx;
    (void)block;
    st_desk_return(s->d->desk, s->number, &s->d->io[slot]);
    return ST_OK;
}

static st_status sum_step(void *ctx, int64_t block, int slot) {
    desk *d = ((step *)ctx)->d;
    st_desk_io *io = &d->io[slot];
    float *at[2];
    (void)block;
    st_desk_sum(d->desk, io, d->out.channel, d->ear);
    int drop = (int)(d->skip < io->frames ? d->skip : io->frames);
    int keep = io->frames - drop;
    keep = keep < d->left ? keep : (int)d->left;
    d->skip -= drop;
    d->left -= keep;
    for (int c = 0; c < 2; c++)
        at[c] = d->out.channel[c] + drop;
    d->premix->peak = peak_of(at, keep, d->premix->peak);
    st_stereo_sums_add(&d->premix->sums, at[0], at[1], keep);
    return st_sink_write(d->sink, (const float *const *)at, keep,
                         &d->err[STEPS - 1]);
}

/* --- making --- */

static st_status out_of_memory(st_err *err) {
    return st_err_set(err, ST_NO_MEM, "Out of memory.");
}

static st_status open_prints(desk *d, const st_print *prints, st_err *err) {
    for (int i = 0; i < d->recipe->stems; i++) {
        st_status status = st_spool_source(prints[i].spool, &d->print[i], err);
        if (status != ST_OK)
            return status;
        if (st_buffer_init(&d->stem[i], d->print[i]->format.channels, BLOCK) !=
            ST_OK)
            return out_of_memory(err);
        int64_t frames = d->print[i]->format.frames;
        d->frames = frames > d->frames ? frames : d->frames;
    }
    return ST_OK;
}

static st_status make_desk(desk *d, int rate_hz, st_err *err) {
    const st_spec spec = {rate_hz, 2, BLOCK};
    st_status status = st_desk_new(&d->desk, &spec, d->recipe, false);
    for (int i = 0; status == ST_OK && i < SLOTS; i++)
        status = st_desk_io_new(&d->io[i], BLOCK);
    if (status == ST_OK)
        status = st_buffer_init(&d->out, 2, BLOCK);
    if (status == ST_OK && d->means->faded != NULL)
        status = st_buffer_init(&d->faded, 1, 2 * ST_MIX_STEMS * BLOCK);
    if (status != ST_OK)
        return st_err_set(err, status, "The desk could not be made: %s.",
                          st_status_name(status));
    if (d->means->desk_ear != NULL)
        d->ear = d->means->desk_ear(d->means->ctx, d->desk);
    return ST_OK;
}

static st_status make_out(desk *d, int rate_hz, st_err *err) {
    st_status status =
        st_spool_new(&d->premix->spool, d->means->folder, rate_hz, 2, err);
    if (status == ST_OK)
        status = st_spool_sink(d->premix->spool, &d->sink, err);
    return status;
}

static void desk_free(desk *d) {
    for (int i = 0; i < ST_MIX_STEMS; i++) {
        st_source_free(d->print[i]);
        st_buffer_deinit(&d->stem[i]);
    }
    for (int i = 0; i < SLOTS; i++)
        st_desk_io_free(&d->io[i]);
    st_desk_free(d->desk);
    st_buffer_deinit(&d->out);
    st_buffer_deinit(&d->faded);
    st_sink_free(d->sink);
    st_free(d);
}

static st_status run(desk *d, st_err *err) {
    step steps[STEPS];
    st_pipe_step pipe[STEPS];
    int count = 0;
    for (int i = 0; i < STEPS; i++)
        steps[i] = (step){d, i - 1};
    pipe[count] = (st_pipe_step){gather_step, &steps[0]};
    for (int b = 0; b < ST_BUS_COUNT; b++)
        pipe[++count] = (st_pipe_step){bus_step, &steps[1 + b]};
    for (int w = 0; w < ST_RETURNS; w++) {
        steps[++count].number = w;
        pipe[count] = (st_pipe_step){return_step, &steps[count]};
    }
    count++;
    pipe[count] = (st_pipe_step){sum_step, &steps[count]};
    int64_t blocks = (d->total + BLOCK - 1) / BLOCK;
    st_status status = st_pipe_run(d->means->pool, pipe, STEPS, blocks, SLOTS);
    if (status != ST_OK) {
        const st_err *why = &d->err[STEPS - 1];
        if (d->err[0].text[0] != '\0')
            why = &d->err[0];
        if (err != NULL)
            *err = *why;
        return status;
    }
    return st_sink_finish(d->sink, err);
}

st_status st_mix_desk(const st_mix_means *means, const st_mix_recipe *recipe,
                      const st_print *prints, int64_t frames, st_premix *out,
                      st_err *err) {
    desk *d = st_calloc(1, sizeof *d);
    if (d == NULL)
        return out_of_memory(err);
    d->means = means;
    d->recipe = recipe;
    d->premix = out;
    st_status status = open_prints(d, prints, err);
    int rate_hz = status == ST_OK ? d->print[0]->format.rate_hz : 0;
    if (status == ST_OK)
        status = make_desk(d, rate_hz, err);
    if (status == ST_OK)
        status = make_out(d, rate_hz, err);
    if (status == ST_OK) {
        d->frames += st_desk_tail_frames(d->desk);
        d->left = frames >= 0 ? frames : d->frames;
        d->skip = st_desk_latency_frames(d->desk);
        d->total = d->left + d->skip;
        out->frames = d->left;
        status = run(d, err);
    }
    for (int b = 0; status == ST_OK && b < ST_BUS_COUNT; b++)
        out->bus[b] = st_desk_read(d->desk, b);
    if (status != ST_OK)
        st_premix_deinit(out);
    desk_free(d);
    return status;
}

st_status st_premix_source(const st_premix *premix, float gain, st_source **out,
                           st_err *err) {
    st_source *source = NULL;
    st_status status = st_spool_source(premix->spool, &source, err);
    double amount = gain;
    return status == ST_OK ? st_sum_source_new(out, &source, &amount, 1, err)
                           : status;
}
