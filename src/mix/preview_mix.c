#include "mix/excerpt.h"

#include "audio/resample.h"
#include "audio/writer.h"
#include "core/math.h"
#include "master/ab.h"
#include "master/report.h"

#include <math.h>

/* The plain sum, then the mix before its master: what mixing did, without the
 * limiter's part in it. */
typedef struct {
    st_mix_job *job;
    st_ab_params plan;
    int rate_hz; /* of the file */
} preview;

static st_status make(void *ctx, double gain_db, st_source **out, st_err *err) {
    const preview *p = ctx;
    const st_mix_job *job = p->job;
    st_source *before = NULL, *after = NULL, *joined = NULL;
    st_ab_params plan = p->plan;
    double gain = st_db_to_gain(gain_db);
    plan.before_gain *= gain;
    plan.after_gain *= gain;
    st_status status = st_mix_plain_source(job, &before, err);
    if (status == ST_OK)
        status = st_premix_source(&job->premix, st_desk_gain(&job->recipe),
                                  &after, err);
    if (status == ST_OK)
        status = st_ab_source_new(&joined, before, after, &plan, err);
    if (status != ST_OK) {
        st_source_free(before);
        st_source_free(after);
        return status;
    }
    status =
        st_resample_source_new(out, joined, p->rate_hz, ST_RESAMPLE_HIGH, err);
    if (status != ST_OK)
        st_source_free(joined);
    return status;
}

static st_status open_file(void *ctx, st_sink **sink, st_err *err) {
    const preview *p = ctx;
    const st_out_spec spec = {.format = {p->rate_hz, 2, -1},
                              .container = "mp3"};
    return st_out_audio(p->job->out, "preview", 0, &spec, sink, err);
}

static st_status reread_file(void *ctx, st_source **source, st_err *err) {
    const preview *p = ctx;
    return st_out_reread(p->job->out, "preview", 0, source, err);
}

static st_status measure_plain(st_mix_job *job, st_measure *out, st_err *err) {
    st_source *source = NULL;
    st_status status = st_mix_plain_source(job, &source, err);
    if (status == ST_OK)
        status = st_measure_source(source, st_ctx_pool(job->ctx), out, err);
    st_source_free(source);
    return status;
}

static void note(st_mix_job *job, const preview *p, double quieter,
                 double peak) {
    json_t *one = json_object();
    if (job->previews == NULL)
        job->previews = json_array();
    json_object_set_new(one, "name", json_string("ab"));
    json_object_set_new(one, "true_peak_dbTP", st_report_number(peak, 2));
    json_object_set_new(one, "made_quieter_db", st_report_number(quieter, 2));
    json_object_set_new(
        one, "level_match_db",
        st_report_number(
            st_gain_to_db(p->plan.after_gain / p->plan.before_gain), 2));
    json_array_append_new(job->previews, one);
}

st_status st_mix_preview(st_mix_job *job, st_err *err) {
    double ceiling = fmin(job->track.recipe->value[ST_SET_CEILING], -1.0);
    double quieter = 0.0, peak = -INFINITY;
    st_measure plain;
    (void)st_mix_tick(job, "preview", 1.0);
    st_status status = measure_plain(job, &plain, err);
    if (status != ST_OK)
        return status;
    if (plain.silent || job->track.in.silent) {
        st_ctx_skip(job->ctx, "preview",
                    "There is nothing to hear before or after mixing: give it "
                    "stems that sound.");
        return ST_OK;
    }
    preview p = {job, st_ab_plan(&plain, &job->track.in, ceiling, 0.5),
                 st_writer_rate(ST_WRITE_MP3, job->recipe.rate_hz)};
    const st_preview_source source = {make, &p};
    const st_means means = {.pool = st_ctx_pool(job->ctx),
                            .folder = job->folder,
                            .open = open_file,
                            .reread = reread_file,
                            .ctx = &p};
    status = st_preview_write(&means, &source, ceiling, &quieter, &peak, err);
    if (status != ST_OK)
        return status;
    if (peak > ceiling)
        st_ctx_warn(job->ctx, "preview_peak",
                    "The preview decodes to %.2f dBTP, over %.1f.", peak,
                    ceiling);
    note(job, &p, quieter, peak);
    return ST_OK;
}
