#include "mix/stage_mix.h"

#include "audio/channels.h"
#include "core/alloc.h"
#include "mix/listening.h"
#include "mix/recipe_json.h"

#include <math.h>
#include <string.h>

/* What of the whole the mix itself is: nine steps take longer than it. */
static double share(const st_mix_job *job) {
    return st_out_wanted(job->out, "listen") ? ST_LISTEN_FROM : 1.0;
}

bool st_mix_tick(st_mix_job *job, const char *phase, double fraction) {
    double part = fmin(fmax(fraction, 0.0), 1.0);
    if (phase != NULL)
        st_ctx_progress(job->ctx,
                        share(job) * (job->from + (job->to - job->from) * part),
                        phase);
    return st_ctx_cancelled(job->ctx);
}

static bool tick(void *ctx, const char *phase, double fraction) {
    return st_mix_tick(ctx, phase, fraction);
}

/* --- hearing --- */

static bool recall(void *ctx, int file, st_file_facts *out) {
    return st_mix_recall(ctx, file, out);
}

static void remember(void *ctx, int file, const st_file_facts *heard) {
    st_mix_remember(ctx, file, heard);
}

/* The stems in their order, unheard: the recipe says all. */
static void list_stems(st_mix_job *job) {
    st_hearing *h = &job->heard;
    h->rate_hz = job->session.rate_hz;
    for (int i = 0; i < job->session.count; i++)
        if (st_session_is_stem(&job->session, i) && h->count < ST_MIX_STEMS)
            h->file[h->count++] = i;
}

static bool may_skip_hearing(const st_mix_job *job) {
    return job->complete && st_ctx_bool(job->ctx, "premaster_only");
}

static st_status hear(st_mix_job *job, st_err *err) {
    st_hear_means means = {.pool = st_ctx_pool(job->ctx),
                           .folder = job->folder,
                           .tick = tick,
                           .recall = recall,
                           .remember = remember,
                           .ctx = job};
    job->from = 0.0;
    job->to = 0.35;
    st_status status = st_session_open(&job->session, job->in, "stems", err);
    if (status == ST_OK)
        status = st_session_roles(&job->session, st_ctx_text(job->ctx, "roles"),
                                  err);
    if (status == ST_OK)
        status = st_hear_scan(&job->session, &means, err);
    if (status == ST_OK && !job->complete)
        status = st_mix_references(job, err);
    if (status == ST_OK)
        status = st_mix_groups(job, &means, err);
    means.known = job->files;
    if (status == ST_OK && may_skip_hearing(job))
        list_stems(job);
    else if (status == ST_OK)
        status = st_hear(&job->heard, &job->session, &means, err);
    if (status == ST_OK)
        st_mix_warn_files(job);
    return status;
}

/* --- deciding --- */

static st_status decide(st_mix_job *job, st_err *err) {
    if (!job->complete) {
        st_mix_rules.make(&job->recipe, &job->heard, &job->session,
                          &job->wishes);
        st_guard_eq(&job->recipe);
    }
    const char *accept = st_ctx_text(job->ctx, "accept");
    if (accept[0] == '\0')
        return ST_OK;
    st_status status = st_mix_recipe_accept(&job->recipe, accept, err);
    st_guard_eq(&job->recipe); /* without one band others may stand out */
    return status;
}

/* --- the premaster --- */

static st_status write_premaster(st_mix_job *job, st_err *err) {
    st_source *source = NULL;
    st_sink *sink = NULL;
    const st_out_spec spec = {
        .format = {job->recipe.rate_hz, 2, job->premix.frames},
        .container = "wav",
        .bits = ST_BITS_F32};
    st_status status = st_premix_source(
        &job->premix, st_desk_gain(&job->recipe), &source, err);
    if (status == ST_OK)
        status = st_out_audio(job->out, "premaster", 0, &spec, &sink, err);
    if (status == ST_OK)
        status = st_stream_copy(source, sink, NULL, NULL, NULL, err);
    if (status == ST_OK)
        status = st_sink_finish(sink, err);
    st_sink_free(sink);
    st_source_free(source);
    return status;
}

static st_status work(st_mix_job *job, st_err *err) {
    st_status status = st_mix_settings(job, err);
    if (status == ST_OK)
        status = hear(job, err);
    if (status == ST_OK)
        status = st_mix_take_stems(job, err);
    if (status != ST_OK)
        return status;
    if (!may_skip_hearing(job))
        st_mix_warn_stems(job);
    status = decide(job, err);
    if (status == ST_OK)
        st_mix_warn_mended(job);
    if (status == ST_OK)
        status = st_mix_render(job, err);
    if (status == ST_OK) {
        st_mix_same_stems(job);
        st_mix_warn_guards(job);
    }
    if (status == ST_OK)
        status = write_premaster(job, err);
    if (status == ST_OK && st_out_wanted(job->out, "taps"))
        status = st_mix_taps(job, err);
    if (status == ST_OK && st_out_wanted(job->out, "printed_stems"))
        status = st_mix_print_stems(job, err);
    if (status == ST_OK && st_ctx_bool(job->ctx, "premaster_only"))
        return st_mix_publish_recipe(job, err);
    if (status == ST_OK)
        status = st_mix_master(job, err);
    if (status == ST_OK && st_out_wanted(job->out, "preview"))
        status = st_mix_preview(job, err);
    if (status == ST_OK && st_out_wanted(job->out, "listen"))
        status = st_mix_listen(job, err);
    if (status == ST_OK)
        status = st_mix_publish(job, err);
    return status;
}

st_status st_mix_run(st_ctx *ctx, st_in *in, st_out *out, st_err *err) {
    st_mix_job *job = st_calloc(1, sizeof *job);
    if (job == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    job->ctx = ctx;
    job->in = in;
    job->out = out;
    st_status status = st_ctx_folder(ctx, &job->folder, err);
    st_mix_keep_open(job);
    if (status == ST_OK)
        status = work(job, err);
    for (int i = 0; i < ST_MIX_STEMS; i++)
        st_print_deinit(&job->prints[i]);
    st_premix_deinit(&job->premix);
    st_hearing_deinit(&job->heard);
    st_free(job->files);
    st_track_deinit(&job->track);
    json_decref(job->given);
    json_decref(job->previews);
    st_free(job);
    return status;
}
