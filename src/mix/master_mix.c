#include "mix/stage_mix.h"

#include "core/alloc.h"

#include <math.h>
#include <stdio.h>

/* The premaster goes through the stage `master`'s own track: decide, render,
 * control, as a file of its own would. */

static void on_phase(void *ctx, const char *name, double to, int64_t frames) {
    st_mix_job *job = ctx;
    (void)to;
    (void)frames;
    (void)st_mix_tick(job, name, 0.0);
}

static bool on_tick(void *ctx, int64_t frames) {
    st_mix_job *job = ctx;
    (void)frames;
    return st_ctx_cancelled(job->ctx);
}

static void on_spent(void *ctx, const char *name, double seconds) {
    const st_mix_job *job = ctx;
    st_ctx_phase_add(job->ctx, name, seconds);
}

static st_status on_open(void *ctx, st_sink **sink, st_err *err) {
    st_mix_job *job = ctx;
    const st_out_spec spec = {
        .format = {job->recipe.rate_hz, 2, job->premix.frames},
        .container = "wav",
        .bits = ST_BITS_24};
    return st_out_audio(job->out, "master", 0, &spec, sink, err);
}

static st_status on_reread(void *ctx, st_source **source, st_err *err) {
    st_mix_job *job = ctx;
    return st_out_reread(job->out, "master", 0, source, err);
}

static void give(const st_mix_job *job, const char *name, st_setting id) {
    if (st_ctx_has(job->ctx, name))
        st_recipe_give(job->track.recipe, id, st_ctx_float(job->ctx, name),
                       "Asked for by the user.");
}

/* The master's recipe: what stands in the mix recipe, and the flags. */
static st_status take_recipe(st_mix_job *job, st_err *err) {
    const json_t *document = json_object_get(job->given, "master");
    st_status status = ST_OK;
    if (json_is_object(document))
        status = st_recipe_parse(&job->track.recipe, document, err);
    else
        job->track.recipe = st_recipe_new();
    if (status != ST_OK)
        return status;
    if (job->track.recipe == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    if (job->track.recipe->value[ST_SET_SEEK] != 0)
        job->track.recipe->given[ST_SET_LIM_DRIVE] = false;
    give(job, "lufs", ST_SET_LUFS);
    give(job, "ceiling", ST_SET_CEILING);
    give(job, "width_pct", ST_SET_WIDTH);
    return ST_OK;
}

st_status st_mix_master(st_mix_job *job, st_err *err) {
    const st_means means = {.pool = st_ctx_pool(job->ctx),
                            .folder = job->folder,
                            .phase = on_phase,
                            .tick = on_tick,
                            .spent = on_spent,
                            .open = on_open,
                            .reread = on_reread,
                            .ctx = job};
    st_source *source = NULL;
    job->from = 0.75;
    job->to = 0.98;
    snprintf(job->track.label, sizeof job->track.label, "premaster");
    st_status status = take_recipe(job, err);
    if (status == ST_OK)
        status = st_premix_source(&job->premix, st_desk_gain(&job->recipe),
                                  &source, err);
    if (status == ST_OK)
        status = st_track_load(&job->track, &means, source, err);
    job->track.file_rate_hz = job->recipe.rate_hz;
    job->track.file_channels = 2;
    job->track.lossless = true;
    if (status == ST_OK)
        status = st_track_master(&job->track, &means, &job->options,
                                 st_ctx_seed(job->ctx), err);
    if (status == ST_OK)
        st_track_warn(&job->track, job->ctx);
    return status;
}
