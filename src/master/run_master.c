#include "audio/channels.h"
#include "audio/resample.h"
#include "audio/writer.h"
#include "core/alloc.h"
#include "master/html.h"
#include "master/stage_master.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* -- means: from a renderer to the ctx --------------------------------------
 */

static void on_phase(void *ctx, const char *name, double to, int64_t frames) {
    st_master_job *job = ctx;
    (void)to;
    job->total = frames;
    job->phase = name;
    st_ctx_progress(job->ctx, job->from, name);
}

static bool on_tick(void *ctx, int64_t frames) {
    st_master_job *job = ctx;
    if (job->total > 0) {
        double part = (double)frames / (double)job->total;
        /* Passes of unknown number share what is left. */
        double span = 0.4 * (job->to - job->from);
        st_ctx_progress(job->ctx, job->from + span * fmin(part, 1), job->phase);
        if (part >= 1)
            job->from += span;
    }
    return st_ctx_cancelled(job->ctx);
}

static void on_spent(void *ctx, const char *name, double seconds) {
    const st_master_job *job = ctx;
    st_ctx_phase_add(job->ctx, name, seconds);
}

static st_status on_open(void *ctx, st_sink **sink, st_err *err) {
    st_master_job *job = ctx;
    return st_out_audio(job->out, job->output, job->index, &job->spec, sink,
                        err);
}

static st_status on_reread(void *ctx, st_source **source, st_err *err) {
    st_master_job *job = ctx;
    return st_out_reread(job->out, job->output, job->index, source, err);
}

st_means st_master_means(st_master_job *job) {
    return (st_means){
        .pool = st_ctx_pool(job->ctx),
        .folder = job->folder,
        .phase = on_phase,
        .tick = on_tick,
        .spent = on_spent,
        .open = on_open,
        .reread = on_reread,
        .ctx = job,
    };
}

/* -- inputs ------------------------------------------------------------------
 */

/* The references are measured beside the first input, on the other thread. */
typedef struct {
    st_master_job *job;
    st_track *track;
    int input;
    st_measure *references;
    st_status *status;
    st_err *err;
} loading;

/* Formats that lack the rate of the input take the nearest they have. */
static st_status to_writers_rate(const st_master_job *job, st_source **source,
                                 st_err *err) {
    st_write_format format = ST_WRITE_WAV;
    st_status status = st_writer_format_find(job->container, &format, err);
    if (status)
        return status;
    int rate = st_writer_rate(format, (*source)->format.rate_hz);
    return st_resample_source_new(source, *source, rate, ST_RESAMPLE_VERY_HIGH,
                                  err);
}

static st_status load_track(st_master_job *job, st_track *track, int input,
                            st_err *err) {
    snprintf(track->label, sizeof track->label, "%s",
             st_in_label(job->in, "audio", input));
    st_source *source = NULL;
    st_status status = st_in_open_once(job->in, "audio", input, &source, err);
    if (status)
        return status;
    int rate = source->format.rate_hz;
    status = to_writers_rate(job, &source, err);
    if (status) {
        st_source_free(source);
        return status;
    }
    st_means means = st_master_means(job);
    status = st_track_load(track, &means, source, err);
    track->file_rate_hz = rate;
    return status;
}

static st_status load_reference(st_master_job *job, int index, st_measure *out,
                                st_err *err) {
    st_source *source = NULL;
    st_status status =
        st_in_open_once(job->in, "reference", index, &source, err);
    if (!status && source->format.channels > 2)
        status = st_channels_source_new(&source, source, 2, err);
    if (!status)
        status = st_measure_source(source, st_ctx_pool(job->ctx), out, err);
    st_source_free(source);
    if (status)
        st_err_prefix(err, "%s", st_in_label(job->in, "reference", index));
    return status;
}

static void load_one(void *ctx, int i) {
    const loading *l = ctx;
    l->status[i] =
        i ? load_reference(l->job, i - 1, &l->references[i - 1], &l->err[i])
          : load_track(l->job, l->track, l->input, &l->err[i]);
}

static void use_references(st_master_job *job, const st_measure *m, int count) {
    for (int i = 0; i < count; i++)
        if (!st_reference_add(&job->reference, &m[i],
                              st_in_weight(job->in, "reference", i)))
            st_ctx_warn(job->ctx, "reference_unused",
                        "The reference %s is silent, too short or weighs "
                        "nothing: it was left out.",
                        st_in_label(job->in, "reference", i));
    st_reference_done(&job->reference);
    if (job->reference.count > 0)
        job->options.reference = &job->reference;
}

/* The first input and the references, at once. */
static st_status load_first(loading *l, int refs, st_err *err) {
    st_pool_for(st_ctx_pool(l->job->ctx), refs + 1, load_one, l);
    for (int i = 0; i <= refs; i++) {
        if (l->status[i] == ST_OK)
            continue;
        if (err)
            *err = l->err[i];
        return l->status[i];
    }
    use_references(l->job, l->references, refs);
    return ST_OK;
}

static st_status load_all(st_master_job *job, st_track *tracks, int count,
                          st_err *err) {
    int refs = st_in_count(job->in, "reference");
    loading l = {job, tracks, 0, NULL, NULL, NULL};
    l.references = st_calloc((size_t)refs, sizeof *l.references);
    l.status = st_calloc((size_t)refs + 1, sizeof *l.status);
    l.err = st_calloc((size_t)refs + 1, sizeof *l.err);
    st_status status = l.references && l.status && l.err
                           ? load_first(&l, refs, err)
                           : st_err_set(err, ST_NO_MEM, "Out of memory.");
    st_free(l.references);
    st_free(l.status);
    st_free(l.err);
    for (int i = 1; !status && i < count; i++)
        status = load_track(job, &tracks[i], i, err);
    return status;
}

static void note_input(const st_master_job *job, const st_track *t) {
    if (t->file_channels > 2)
        st_ctx_warn(job->ctx, "folded",
                    "%s has %d channels; they were folded to stereo by ITU-R "
                    "BS.775 (centre and surrounds at -3 dB, LFE left out).",
                    t->label, t->file_channels);
    if (t->turned)
        st_ctx_warn(job->ctx, "turned_over",
                    "%s has its right channel upside down (correlation %.2f), "
                    "so its middle cancels in mono: it was turned over.",
                    t->label, t->correlation_before);
    if (t->in.meter.clipped_runs > 10 + t->in.meter.seconds / 6)
        st_ctx_warn(job->ctx, "clipped_input",
                    "%s was clipped before it came here (%lld places of 3 or "
                    "more samples at full scale); mastering cannot undo that, "
                    "ask for an unclipped mix.",
                    t->label, (long long)t->in.meter.clipped_runs);
    if (t->in.meter.bad_samples > 0)
        st_ctx_warn(job->ctx, "bad_samples",
                    "%s holds %lld samples that are no numbers; they became "
                    "silence.",
                    t->label, (long long)t->in.meter.bad_samples);
}

/* -- work --------------------------------------------------------------------
 */

static st_status master_track(st_master_job *job, st_track *track, int index,
                              st_err *err) {
    st_write_format format = ST_WRITE_WAV;
    st_status status = st_writer_format_find(job->container, &format, err);
    if (status)
        return status;
    if (!track->recipe)
        track->recipe = st_recipe_copy(job->given);
    if (!track->recipe)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    track->lossless = format <= ST_WRITE_FLAC;
    job->output = "master", job->index = index;
    job->spec = (st_out_spec){.format = {(int)track->in.meter.rate_hz,
                                         track->in.meter.channels,
                                         track->in.meter.frames},
                              .container = job->container,
                              .bits = job->bits};
    const st_means means = st_master_means(job);
    return st_track_master(track, &means, &job->options,
                           st_ctx_seed(job->ctx) + (uint64_t)index, err);
}

static void warn_track(const st_master_job *job, const st_track *t) {
    if (t->file_rate_hz != (int)t->in.meter.rate_hz)
        st_ctx_note(job->ctx,
                    "%s was resampled from %d Hz to %d Hz, which the format "
                    "of the master can hold.",
                    t->label, t->file_rate_hz, (int)t->in.meter.rate_hz);
    if (t->goal.finished)
        st_ctx_note(job->ctx,
                    "%s meets its target already (%.1f LUFS, %.1f dBTP): it "
                    "was left alone.",
                    t->label, t->in.meter.loudness.integrated_lufs,
                    t->in.meter.true_peak_dbtp);
    st_track_warn(t, job->ctx);
}

static st_status publish(st_master_job *job, st_track *track, int index,
                         const st_album *album, json_t *tracks, st_err *err) {
    json_t *previews = NULL;
    st_status status = st_master_previews(job, track, index, &previews, err);
    if (status)
        return status;
    json_t *phases = st_ctx_phases(job->ctx);
    const st_report_facts facts = {.options = &job->options,
                                   .seconds = st_ctx_seconds(job->ctx),
                                   .phases = phases,
                                   .previews = previews,
                                   .album = album};
    json_t *report = st_report_json(track, &facts);
    if (!report || json_array_append(tracks, report))
        status = st_err_set(err, ST_NO_MEM, "Out of memory.");
    if (!status && st_out_wanted(job->out, "page")) {
        st_text page = {0};
        st_html_page(&page, track, &facts);
        status = page.failed ? st_err_set(err, ST_NO_MEM, "Out of memory.")
                             : st_out_bytes(job->out, "page", index, page.data,
                                            page.length, err);
        st_free(page.data);
    }
    json_decref(report);
    json_decref(phases);
    json_decref(previews);
    return status;
}

static st_status publish_recipe(st_master_job *job, const st_track *tracks,
                                st_err *err) {
    if (!st_out_wanted(job->out, "recipe_used"))
        return ST_OK;
    json_t *document = st_recipe_json(tracks[0].recipe);
    if (!document)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    st_status status = st_out_json(job->out, "recipe_used", 0, document, err);
    json_decref(document);
    return status;
}

static st_status publish_all(st_master_job *job, st_track *tracks, int count,
                             const st_album *album, st_err *err) {
    json_t *reports = json_array();
    st_status status =
        reports ? ST_OK : st_err_set(err, ST_NO_MEM, "Out of memory.");
    for (int i = 0; !status && i < count; i++) {
        warn_track(job, &tracks[i]);
        status = publish(job, &tracks[i], i, album, reports, err);
    }
    if (!status) {
        json_t *document =
            count > 1 ? st_report_album_json(album, json_incref(reports))
                      : json_incref(json_array_get(reports, 0));
        status = document ? st_out_json(job->out, "report", 0, document, err)
                          : st_err_set(err, ST_NO_MEM, "Out of memory.");
        json_decref(document);
    }
    json_decref(reports);
    return status ? status : publish_recipe(job, tracks, err);
}

/* What each track can reach, from its own PLR. */
static void album_targets(st_master_job *job, st_track *tracks, int count) {
    double before[ST_ALBUM_TRACKS], most[ST_ALBUM_TRACKS];
    double target[ST_ALBUM_TRACKS], wanted = -14;
    for (int i = 0; i < count; i++) {
        st_goal goal = {0};
        st_recipe *probe = st_recipe_copy(job->given);
        if (!probe)
            return;
        st_decide_target(probe, &goal, &tracks[i].in, &job->options);
        before[i] = tracks[i].in.meter.loudness.integrated_lufs;
        most[i] = goal.bound_count ? goal.goal_lufs : INFINITY;
        if (i == 0)
            wanted = goal.asked_lufs;
        st_recipe_free(probe);
    }
    st_album_targets(before, most, count, wanted, target);
    for (int i = 0; i < count; i++) {
        tracks[i].recipe = st_recipe_copy(job->given);
        if (tracks[i].recipe)
            st_recipe_give(tracks[i].recipe, ST_SET_LUFS, target[i],
                           "The album's loudness, with this track's place in "
                           "it.");
    }
}

static void album_figures(const st_track *tracks, int count, st_album *out) {
    double before[ST_ALBUM_TRACKS], after[ST_ALBUM_TRACKS];
    double tilt_b[ST_ALBUM_TRACKS], tilt_a[ST_ALBUM_TRACKS], sum = 0;
    int used = 0;
    for (int i = 0; i < count; i++) {
        const st_measure *a = &tracks[i].in, *b = &tracks[i].result.after;
        before[i] = a->meter.loudness.integrated_lufs;
        after[i] = b->meter.loudness.integrated_lufs;
        tilt_b[i] = a->silent ? NAN : a->tilt_db_oct;
        tilt_a[i] = b->silent ? NAN : b->tilt_db_oct;
        if (isfinite(after[i]))
            sum += after[i], used++;
    }
    *out = (st_album){count,
                      used ? sum / used : -INFINITY,
                      st_album_spread(before, count),
                      st_album_spread(after, count),
                      st_album_spread(tilt_b, count),
                      st_album_spread(tilt_a, count),
                      st_album_order_kept(before, after, count)};
}

static st_status master_all(st_master_job *job, st_track *tracks, int count,
                            st_err *err) {
    st_album album = {0};
    job->from = 0, job->to = 0.35;
    st_status status = load_all(job, tracks, count, err);
    if (!status && job->album && count > 1)
        album_targets(job, tracks, count);
    for (int i = 0; !status && i < count; i++) {
        job->from = 0.35 + 0.6 * i / count;
        job->to = 0.35 + 0.6 * (i + 1) / count;
        note_input(job, &tracks[i]);
        status = master_track(job, &tracks[i], i, err);
        st_pre_deinit(&tracks[i].pre);
        if (count > 1 && status)
            st_err_prefix(err, "%s", tracks[i].label);
    }
    if (status)
        return status;
    if (count > 1)
        album_figures(tracks, count, &album);
    job->from = 0.95, job->to = 1;
    return publish_all(job, tracks, count, count > 1 ? &album : NULL, err);
}

st_status st_master_run(st_ctx *ctx, st_in *in, st_out *out, st_err *err) {
    st_master_job job = {.ctx = ctx, .in = in, .out = out};
    int count = st_in_count(in, "audio");
    st_track *tracks = st_calloc((size_t)count, sizeof *tracks);
    if (!tracks)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    st_status status = st_ctx_folder(ctx, &job.folder, err);
    if (!status)
        status = st_master_settings(&job, err);
    if (!status)
        status = master_all(&job, tracks, count, err);
    for (int i = 0; i < count; i++)
        st_track_deinit(&tracks[i]);
    st_free(tracks);
    st_recipe_free(job.given);
    return status;
}
