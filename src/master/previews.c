#include "audio/resample.h"
#include "audio/writer.h"
#include "core/math.h"
#include "master/ab.h"
#include "master/stage_master.h"

#include <math.h>

typedef struct {
    st_master_job *job;
    st_track *track;
    st_ab_params plan;
    int rate_hz; /* of the preview's format */
    int index;
    bool both; /* before and after, else after alone */
} preview;

static st_status resampled(const preview *p, st_source *in, st_source **out,
                           st_err *err) {
    st_status status =
        st_resample_source_new(out, in, p->rate_hz, ST_RESAMPLE_HIGH, err);
    if (status)
        st_source_free(in);
    return status;
}

static st_status make(void *ctx, double gain_db, st_source **out, st_err *err) {
    const preview *p = ctx;
    st_ab_params plan = p->plan;
    double gain = st_db_to_gain(gain_db);
    plan.before_gain *= gain, plan.after_gain *= gain;
    /* One segment that never ends is the master alone. */
    if (!p->both) {
        plan.before_gain = gain;
        plan.first = 0, plan.frames = p->track->result.after.meter.frames;
        plan.segment = INT64_MAX;
    }
    st_source *before = NULL, *after = NULL, *joined = NULL;
    st_status status =
        st_out_reread(p->job->out, "master", p->index, &after, err);
    if (!status)
        status = p->both ? st_spool_source(p->track->spool, &before, err)
                         : st_out_reread(p->job->out, "master", p->index,
                                         &before, err);
    if (!status)
        status = st_ab_source_new(&joined, before, after, &plan, err);
    if (status) {
        st_source_free(before);
        st_source_free(after);
        return status;
    }
    return resampled(p, joined, out, err);
}

static st_status write_one(st_master_job *job, st_track *track, int index,
                           const char *output, st_write_format format,
                           json_t *list, st_err *err) {
    const st_meter_result *m = &track->result.after.meter;
    double ceiling = fmin(track->recipe->value[ST_SET_CEILING], -1);
    preview p = {job,
                 track,
                 st_ab_plan(&track->in, &track->result.after, ceiling, 0.5),
                 st_writer_rate(format, (int)m->rate_hz),
                 index,
                 format == ST_WRITE_MP3};
    job->output = output, job->index = index;
    job->spec = (st_out_spec){.format = {p.rate_hz, m->channels, -1},
                              .container = st_writer_format_name(format)};
    const st_preview_source source = {make, &p};
    const st_means means = st_master_means(job);
    double quieter = 0, peak = -INFINITY;
    st_ctx_progress(job->ctx, job->from, "previews");
    st_status status =
        st_preview_write(&means, &source, ceiling, &quieter, &peak, err);
    if (status)
        return status;
    if (peak > ceiling)
        st_ctx_warn(job->ctx, "preview_peak",
                    "The %s preview decodes to %.2f dBTP, over %.1f.", output,
                    peak, ceiling);
    json_t *one = json_object();
    json_object_set_new(one, "name", json_string(output));
    json_object_set_new(one, "true_peak_dbTP", st_report_number(peak, 2));
    json_object_set_new(one, "made_quieter_db", st_report_number(quieter, 2));
    if (p.both)
        json_object_set_new(
            one, "level_match_db",
            st_report_number(
                st_gain_to_db(p.plan.after_gain / p.plan.before_gain), 2));
    json_array_append_new(list, one);
    return ST_OK;
}

st_status st_master_previews(st_master_job *job, st_track *track, int index,
                             json_t **list, st_err *err) {
    bool ab = st_out_wanted(job->out, "ab");
    bool opus = st_out_wanted(job->out, "opus");
    if (!ab && !opus)
        return ST_OK;
    *list = json_array();
    if (!*list)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    st_status status = ST_OK;
    if (ab)
        status = write_one(job, track, index, "ab", ST_WRITE_MP3, *list, err);
    if (!status && opus)
        status =
            write_one(job, track, index, "opus", ST_WRITE_OPUS, *list, err);
    return status;
}
