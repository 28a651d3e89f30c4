#include "master/track.h"

#include "audio/channels.h"
#include "core/math.h"

#include <math.h>
#include <stdio.h>

enum { MATCH_PASSES = 7, RESTAGES = 4, CODEC_TRIES = 5 };
static const double TURNED = -0.6; /* correlation */

void st_track_deinit(st_track *track) {
    st_pre_deinit(&track->pre);
    st_spool_free(track->spool);
    st_recipe_free(track->recipe);
    *track = (st_track){0};
}

static st_status turn_step(void *ctx, st_block *block, st_err *err) {
    (void)ctx, (void)err;
    for (int i = 0; i < block->frames; i++)
        block->channel[1][i] = -block->channel[1][i];
    return ST_OK;
}

/* Into a new spool of the track, its right channel turned over if asked. */
static st_status load(st_track *track, const st_means *means, st_source *source,
                      bool turn, st_err *err) {
    st_sink *sink = NULL;
    st_ear *ear = NULL;
    const st_format *f = &source->format;
    st_status status = st_spool_new(&track->spool, means->folder, f->rate_hz,
                                    f->channels, err);
    if (!status)
        status = st_spool_sink(track->spool, &sink, err);
    if (!status && st_ear_new(&ear, f->rate_hz, f->channels))
        status = st_err_set(err, ST_NO_MEM, "Out of memory.");
    if (!status) {
        st_flow_step steps[ST_EAR_STEPS + 2];
        int n = 0;
        if (turn)
            steps[n++] = (st_flow_step){"reading", turn_step, NULL, 0};
        steps[n++] = (st_flow_step){"reading", st_sink_step, sink, 0};
        st_ear_steps(ear, "analysing", &steps[n]);
        status = st_means_flow(means, "analysing", 0.3, source, -1, 0, steps,
                               n + ST_EAR_STEPS, err);
    }
    if (!status)
        status = st_sink_finish(sink, err);
    if (!status)
        st_ear_finish(ear, &track->in);
    st_ear_free(ear);
    st_sink_free(sink);
    return status;
}

/* One channel upside down: what is common to both cancels in mono, and no side
 * gain but 0 could mend that. */
static st_status turn_over(st_track *track, const st_means *means,
                           st_err *err) {
    track->correlation_before = track->in.meter.correlation;
    if (track->in.meter.channels != 2 || track->in.silent ||
        track->in.meter.correlation > TURNED)
        return ST_OK;
    st_spool *wrong = track->spool;
    track->spool = NULL, track->turned = true;
    st_source *source = NULL;
    st_status status = st_spool_source(wrong, &source, err);
    if (!status)
        status = load(track, means, source, true, err);
    st_source_free(source);
    st_spool_free(wrong);
    return status;
}

st_status st_track_load(st_track *track, const st_means *means,
                        st_source *source, st_err *err) {
    track->file_channels = source->format.channels;
    track->file_rate_hz = source->format.rate_hz;
    st_status status = ST_OK;
    if (source->format.channels > 2)
        status = st_channels_source_new(&source, source, 2, err);
    if (!status)
        status = load(track, means, source, false, err);
    st_source_free(source);
    if (!status)
        status = turn_over(track, means, err);
    if (!status && track->in.meter.frames == 0)
        status = st_err_set(err, ST_BAD_DATA,
                            "%s holds no audio (0 frames): there is nothing "
                            "to master.",
                            track->label);
    return status;
}

/* Where the clipper holds peaks, much more loudness than it was staged for
 * must come from before it: the limiter after it would pump. */
static bool restage(st_track *t) {
    st_recipe *r = t->recipe;
    if (!t->pre.aim || r->value[ST_SET_SAT_MIX] < 1 || r->given[ST_SET_GAIN] ||
        r->value[ST_SET_SEEK] == 0)
        return false;
    /* A limiter that took far more drive than foreseen is at its end. */
    double learned = t->result.learned_drive_db;
    double drive =
        st_aim_drive(t->pre.aim, t->goal.goal_lufs, t->goal.aim_dbtp) + learned;
    double before = r->value[ST_SET_GAIN];
    if (drive < (learned > 1.5 ? 4 : 7))
        return false;
    st_recipe_set(r, ST_SET_GAIN, r->value[ST_SET_GAIN] + fmin(drive - 3, 9),
                  "Raised so that the clipper, not the limiter, takes the "
                  "%.1f dB that the target asks for.",
                  drive);
    double shift = r->value[ST_SET_GAIN] - before;
    for (int b = 0; b < 4; b++)
        r->value[ST_SET_MB_THR1 + b] =
            st_recipe_round(r->value[ST_SET_MB_THR1 + b] + shift);
    r->value[ST_SET_PAR_THR] =
        st_recipe_round(r->value[ST_SET_PAR_THR] + shift);
    return true;
}

/* A dB more of drive must still give a quarter of a dB of loudness: beyond
 * that the limiter only flattens the music. */
static void hold_to_limiter(st_track *t) {
    st_goal *goal = &t->goal;
    if (!t->pre.aim || isnan(goal->goal_lufs))
        return;
    double aim = goal->aim_dbtp, most = INFINITY;
    double last = st_aim_loudness(t->pre.aim, 0, aim);
    if (st_aim_drive(t->pre.aim, goal->goal_lufs, aim) < 6)
        return;
    for (double drive = 1; drive <= 40 && most > 1e9; drive++) {
        double now = st_aim_loudness(t->pre.aim, drive, aim);
        if (now - last < 0.25)
            most = last;
        last = now;
    }
    if (!(most < goal->goal_lufs - 0.02))
        return;
    st_goal_bound(goal, "limiter", goal->goal_lufs, most,
                  "Loudness stops at %.1f LUFS, not %.1f: more drive would "
                  "only flatten the music, not make it louder.",
                  most, goal->goal_lufs);
    goal->goal_lufs = most;
}

/* Side to mid power that the reference asks for; NAN: nothing is asked. */
static double wanted_ratio(const st_track *t, const st_decide_options *o) {
    double from = st_stereo_side_ratio(&t->in.sums);
    if (!o->reference || o->amounts.width <= 0 || t->in.meter.channels < 2 ||
        !(from > 1e-9))
        return NAN;
    double gain = 1 + o->amounts.width * (sqrt(o->reference->width / from) - 1);
    return from * gain * gain;
}

/* Lead the side gain after the dynamics from the ratio `now` to what the
 * reference asks for, as far as correlation and the 140 % allow. */
static bool trim_side(st_track *t, const st_decide_options *o, double now,
                      const st_stereo_sums *sums) {
    st_recipe *r = t->recipe;
    double goal = wanted_ratio(t, o), before = r->value[ST_SET_TRIM];
    if (isnan(goal) || now < 1e-9 || r->given[ST_SET_WIDTH])
        return false;
    double trim = before * sqrt(goal / now);
    double most = 140 * 100 / fmax(r->value[ST_SET_WIDTH], 1);
    double safe = st_stereo_safe_width(sums, trim / before, 0.12);
    trim = fmin(fmin(trim, most), before * fmax(safe, 1e-3));
    trim = floor(trim * 100 + 0.5) / 100;
    if (fabs(trim - before) < 0.05)
        return false;
    trim = st_recipe_set(r, ST_SET_TRIM, trim,
                         "Dynamics and limiter move the width: this leads it "
                         "to the reference's, %.3f.",
                         o->reference->width);
    return trim != before;
}

/* Before the limiter runs: the width that it will leave, by the model. */
static void foresee_width(st_track *t, const st_decide_options *o) {
    st_recipe *r = t->recipe;
    if (!o->reference || !t->pre.aim || isnan(t->goal.goal_lufs))
        return;
    if (!r->given[ST_SET_TRIM])
        st_recipe_set(r, ST_SET_TRIM, 100, "%s", "");
    double aim = t->goal.aim_dbtp;
    double drive = st_aim_drive(t->pre.aim, t->goal.goal_lufs, aim);
    double after = st_aim_side_ratio(t->pre.aim, drive, aim);
    trim_side(t, o, after, &t->pre.sums);
}

static st_status render_last(st_track *t, const st_means *means, uint64_t seed,
                             st_err *err) {
    t->led |=
        t->result.learned_drive_db != 0 || t->result.learned_ceiling_db != 0;
    return st_render_last(means, &t->pre, t->recipe, &t->goal, &t->in,
                          t->bits_out, seed, &t->result, err);
}

static st_status render(st_track *t, const st_means *means,
                        const st_decide_options *o, uint64_t seed,
                        st_err *err) {
    st_status status = ST_OK;
    for (int i = 0; !status && i <= RESTAGES; i++) {
        st_pre_deinit(&t->pre);
        status =
            st_render_pre(means, t->spool, t->recipe, &t->goal, &t->pre, err);
        if (status || i == RESTAGES || !restage(t))
            break;
    }
    if (status)
        return status;
    hold_to_limiter(t);
    foresee_width(t, o);
    return render_last(t, means, seed, err);
}

/* Half and more of mean reduction over 3 dB: raise every threshold. */
static bool ease_compression(st_track *t) {
    double over = t->pre.compression.mean_db - 2.9;
    if (over <= 0)
        return false;
    for (int b = 0; b < 4; b++) {
        st_setting id = (st_setting)(ST_SET_MB_THR1 + b);
        st_recipe_set(t->recipe, id, t->recipe->value[id] + 3 * over + 1,
                      "Raised: the mean over the track passed 3 dB.");
    }
    return true;
}

/* The EQ can move the correlation; the side follows until it is safe. */
static bool ease_width(st_track *t) {
    const st_measure *after = &t->result.after;
    if (after->meter.channels < 2 || after->silent ||
        after->meter.correlation >= 0.1)
        return false;
    double safe = st_stereo_safe_width(&after->sums, 1, 0.12);
    double before = t->recipe->value[ST_SET_WIDTH];
    double width = st_recipe_set(t->recipe, ST_SET_WIDTH, before * safe,
                                 "Correlation of the file written was %.2f: "
                                 "the side is lowered until it is 0.1.",
                                 after->meter.correlation);
    return width < before;
}

static st_status render_safe(st_track *t, const st_means *means,
                             const st_decide_options *o, uint64_t seed,
                             st_err *err) {
    st_status status = render(t, means, o, seed, err);
    for (int i = 0; !status && i < 2; i++) {
        bool again = ease_compression(t);
        again |= ease_width(t);
        if (!again)
            break;
        status = render(t, means, o, seed, err);
    }
    return status;
}

/* The width of the file written, where it is off. */
static bool match_width(st_track *t, const st_decide_options *o) {
    const st_stereo_sums *sums = &t->result.after.sums;
    double now = st_stereo_side_ratio(sums);
    return fabs(now - wanted_ratio(t, o)) > 0.008 && trim_side(t, o, now, sums);
}

/* What dynamics and limiter changed is measured on the result and led back
 * into the curve, until the spectrum of the file is the reference's. */
static st_status match(st_track *t, const st_means *means,
                       const st_decide_options *o, uint64_t seed, st_err *err) {
    st_status status = ST_OK;
    t->match_passes = 1;
    for (int i = 1; !status && i < MATCH_PASSES; i++) {
        double distance = st_match_distance_db(o->reference, &t->result.after);
        bool again = false;
        if (o->unbounded && o->amounts.eq >= 1 && !t->recipe->curve_given &&
            distance > 0.35) {
            st_match_curve(t->recipe, o->reference, &t->in, &t->result.after, 1,
                           0.85);
            again = true;
        }
        if (again)
            status = render_safe(t, means, o, seed, err);
        else if (match_width(t, o))
            status = render_last(t, means, seed, err);
        else
            break;
        t->match_passes = i + 1;
    }
    return status;
}

static void note_match(st_track *t, const st_decide_options *o) {
    const st_reference *ref = o->reference;
    t->distance_before_db = st_match_distance_db(ref, &t->in);
    t->distance_after_db = st_match_distance_db(ref, &t->result.after);
    double width = st_stereo_side_ratio(&t->result.after.sums);
    bool named = false;
    for (int i = 0; i < t->goal.bound_count; i++)
        named |= t->goal.bounds[i].name[0] == 'w' ||
                 t->goal.bounds[i].name[0] == 'c';
    if (o->amounts.width >= 1 && !named && fabs(width - ref->width) > 0.01 &&
        t->in.meter.channels > 1)
        st_goal_bound(&t->goal, "width", ref->width, width,
                      "Width (side to mid power) stops at %.3f, the reference "
                      "has %.3f: side gain is %.0f %% (at most 140 %%), "
                      "correlation %.2f (at least 0.1).",
                      width, ref->width, st_recipe_side_pct(t->recipe),
                      t->result.after.meter.correlation);
    char bounded[64];
    snprintf(bounded, sizeof bounded,
             "is held to +-%.0f dB (--unbounded lifts that)",
             t->recipe->value[ST_SET_EQ_LIMIT]);
    if (o->amounts.eq >= 1 && t->distance_after_db > 1)
        st_goal_bound(&t->goal, "eq", 0, t->distance_after_db,
                      "The spectrum stays %.1f dB (RMS over 26 bands) from the "
                      "reference: the EQ %s.",
                      t->distance_after_db,
                      o->unbounded ? "boosts at most 36 dB and cuts at most 60"
                                   : bounded);
}

/* What an earlier pass had learned led the search for the drive: once more
 * without it, as a run that is given this recipe will search. */
static st_status settle(st_track *t, const st_means *means, uint64_t seed,
                        st_err *err) {
    if (!t->led)
        return ST_OK;
    t->led = false;
    t->result.learned_drive_db = t->result.learned_ceiling_db = 0;
    return render_last(t, means, seed, err);
}

/* A codec moves peaks: what it decodes to over the ceiling, the limiter's aim
 * comes down by. */
static bool lower_for_codec(st_track *t, int tries) {
    double over = t->result.after.meter.true_peak_dbtp -
                  t->recipe->value[ST_SET_CEILING] + 0.06;
    if (t->lossless || !(over > 0))
        return false;
    t->goal.aim_dbtp -= over + 0.1 * (tries + 1);
    return true;
}

/* Loudness that no bound accounts for yet. */
static void name_miss(st_track *t) {
    double lufs = t->result.after.meter.loudness.integrated_lufs;
    double miss = t->goal.asked_lufs - lufs;
    if (isnan(t->goal.goal_lufs) || !isfinite(lufs) || fabs(miss) <= 0.1)
        return;
    for (int i = 0; i < t->goal.bound_count; i++)
        if (fabs(t->goal.bounds[i].reached - lufs) <= 0.15)
            return;
    st_goal_bound(
        &t->goal, t->lossless ? "limiter" : "codec", t->goal.asked_lufs, lufs,
        t->lossless
            ? "The file measures %.1f LUFS, not %.1f: as loud as the "
              "limiter makes it under this ceiling without only flattening it."
            : "The file measures %.1f LUFS, not %.1f: the codec "
              "lifts peaks, and the limiter made room for them.",
        lufs, t->goal.asked_lufs);
}

st_status st_track_master(st_track *t, const st_means *means,
                          const st_decide_options *o, uint64_t seed,
                          st_err *err) {
    if (!t->recipe)
        t->recipe = st_recipe_new();
    if (!t->recipe)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    t->bits_out = o->bits_out;
    st_decide(t->recipe, &t->goal, &t->in, o);
    st_status status =
        st_calibrate(means, t->spool, &t->in, t->recipe, &t->goal, err);
    if (!status)
        status = render_safe(t, means, o, seed, err);
    if (!status && o->reference)
        status = match(t, means, o, seed, err);
    if (!status && o->repeatable)
        status = settle(t, means, seed, err);
    bool same = true;
    if (!status)
        status = st_qc_reread(means, &t->result, &same, err);
    for (int i = 0; !status && i < CODEC_TRIES && lower_for_codec(t, i); i++) {
        status = render_last(t, means, seed, err);
        if (!status)
            status = st_qc_reread(means, &t->result, &same, err);
    }
    if (status)
        return status;
    if (o->reference)
        note_match(t, o);
    name_miss(t);
    st_qc_judge(&t->qc, t->recipe, &t->goal, &t->in, &t->pre, &t->result, same,
                t->lossless);
    return ST_OK;
}
