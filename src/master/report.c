#include "master/report.h"

#include "core/math.h"

#include <math.h>
#include <stdio.h>

json_t *st_report_number(double value, int decimals) {
    static const double scale[] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6};
    if (!isfinite(value))
        return json_null();
    double rounded = floor(value * scale[decimals] + 0.5) / scale[decimals];
    return json_real(rounded == 0 ? 0.0 : rounded);
}

static void set(json_t *object, const char *name, double value, int decimals) {
    json_object_set_new(object, name, st_report_number(value, decimals));
}

static void text(json_t *object, const char *name, const char *value) {
    json_t *string = json_string(value);
    json_object_set_new(object, name, string ? string : json_string("?"));
}

static json_t *input_json(const st_track *t) {
    const st_meter_result *m = &t->in.meter;
    json_t *stem = json_object(), *input = json_object();
    text(stem, "name", t->label);
    text(stem, "role", "full_mix");
    set(stem, "lufs", m->loudness.integrated_lufs, 2);
    set(stem, "true_peak", m->true_peak_dbtp, 2);
    set(stem, "crest_factor", m->crest_db, 2);
    json_object_set_new(input, "total_stems", json_integer(1));
    json_object_set_new(input, "sample_rate", json_integer(t->file_rate_hz));
    json_object_set_new(input, "bit_depth", json_integer(m->bits));
    set(input, "duration_seconds", m->seconds, 3);
    json_object_set_new(input, "detected_bpm", json_null());
    json_object_set_new(input, "detected_key", json_null());
    json_object_set_new(input, "channels", json_integer(t->file_channels));
    json_object_set_new(input, "stems", json_pack("[o]", stem));
    return input;
}

static json_t *pair_json(double mean, double max) {
    json_t *pair = json_object();
    set(pair, "avg_gr_db", mean, 2);
    set(pair, "max_gr_db", max, 2);
    return pair;
}

static json_t *mastering_json(const st_track *t) {
    const st_meter_result *m = &t->result.after.meter;
    json_t *report = json_object(), *eq = json_object();
    set(report, "lufs_integrated", m->loudness.integrated_lufs, 2);
    set(report, "lufs_target", t->goal.asked_lufs, 2);
    set(report, "lra", m->loudness.range_lu, 2);
    set(report, "true_peak_dbTP", m->true_peak_dbtp, 2);
    set(report, "crest_factor", m->crest_db, 2);
    set(report, "stereo_width_pct", st_recipe_side_pct(t->recipe), 1);
    set(report, "mono_correlation", m->correlation, 4);
    set(eq, "low_shelf_db", t->pre.eq_low_db, 2);
    set(eq, "presence_db", t->pre.eq_presence_db, 2);
    set(eq, "air_db", t->pre.eq_air_db, 2);
    json_object_set_new(report, "eq_applied", eq);
    json_object_set_new(
        report, "compression",
        pair_json(t->pre.compression.mean_db, t->pre.compression.max_db));
    json_object_set_new(
        report, "limiting",
        pair_json(t->result.limiting_mean_db, t->result.limiting_max_db));
    set(report, "plr_db", m->plr_db, 2);
    set(report, "side_to_mid", m->width, 4);
    set(report, "gain_db", t->recipe->value[ST_SET_GAIN] + t->result.drive_db,
        2);
    return report;
}

static json_t *check_json(const st_qc_check *c) {
    json_t *check = json_object();
    text(check, "name", c->name);
    json_object_set_new(check, "passed",
                        c->state == ST_QC_NONE
                            ? json_null()
                            : json_boolean(c->state == ST_QC_PASS));
    set(check, "measured", c->measured, 4);
    set(check, "limit", c->limit, 4);
    json_object_set_new(check, "unit",
                        c->unit ? json_string(c->unit) : json_null());
    text(check, "note", c->note);
    return check;
}

static json_t *qc_json(const st_track *t, const st_report_facts *facts) {
    json_t *qc = json_object(), *checks = json_object();
    json_t *details = json_array(), *warnings = json_array();
    for (int i = 0; i < ST_QC_CHECKS; i++) {
        const st_qc_check *c = &t->qc.check[i];
        if (i < ST_QC_MAIN)
            json_object_set_new(checks, c->name,
                                c->state == ST_QC_NONE
                                    ? json_null()
                                    : json_boolean(c->state == ST_QC_PASS));
        json_array_append_new(details, check_json(c));
        if (c->state == ST_QC_FAIL)
            json_array_append_new(warnings,
                                  json_sprintf("%s: %s", c->title, c->note));
    }
    for (int i = 0; i < t->goal.bound_count; i++)
        json_array_append_new(warnings, json_string(t->goal.bounds[i].text));
    for (int i = 0; i < facts->message_count; i++)
        json_array_append_new(warnings, json_string(facts->messages[i]));
    json_object_set_new(qc, "passed", json_boolean(t->qc.passed));
    json_object_set_new(qc, "checks", checks);
    text(qc, "notes",
         !t->qc.passed ? "Not every check passed: see warnings."
         : json_array_size(warnings) > 0
             ? "All quality checks passed; see warnings."
             : "All quality checks passed");
    json_object_set_new(qc, "warnings", warnings);
    json_object_set_new(qc, "details", details);
    return qc;
}

static json_t *bounds_json(const st_goal *goal) {
    json_t *bounds = json_array();
    for (int i = 0; i < goal->bound_count; i++) {
        const st_bound *b = &goal->bounds[i];
        json_t *bound = json_object();
        text(bound, "name", b->name);
        set(bound, "asked", b->asked, 3);
        set(bound, "reached", b->reached, 3);
        text(bound, "text", b->text);
        json_array_append_new(bounds, bound);
    }
    return bounds;
}

static json_t *reference_json(const st_track *t, const st_report_facts *facts) {
    const st_reference *ref = facts->options->reference;
    if (!ref)
        return json_null();
    json_t *r = json_object();
    json_object_set_new(r, "count", json_integer(ref->count));
    set(r, "lufs", ref->lufs, 2);
    set(r, "width", ref->width, 4);
    set(r, "plr_db", ref->plr_db, 2);
    set(r, "lra", ref->lra, 2);
    set(r, "spectrum_rmse_before_db", t->distance_before_db, 2);
    set(r, "spectrum_rmse_after_db", t->distance_after_db, 2);
    set(r, "width_before", st_stereo_side_ratio(&t->in.sums), 4);
    set(r, "width_after", st_stereo_side_ratio(&t->result.after.sums), 4);
    set(r, "lufs_after", t->result.after.meter.loudness.integrated_lufs, 2);
    set(r, "eq_amount_pct", 100 * facts->options->amounts.eq, 0);
    set(r, "loudness_amount_pct", 100 * facts->options->amounts.loudness, 0);
    set(r, "width_amount_pct", 100 * facts->options->amounts.width, 0);
    set(r, "dynamics_amount_pct", 100 * facts->options->amounts.dynamics, 0);
    json_object_set_new(r, "bounded", json_boolean(!facts->options->unbounded));
    json_object_set_new(r, "passes", json_integer(t->match_passes));
    return r;
}

static json_t *skipped_json(const st_track *t) {
    json_t *list = json_pack(
        "[s,s]", "mixing_report is null: mastering works on a finished mix.",
        "detected_bpm and detected_key are null: mastering does not use them.");
    if (!isfinite(t->result.after.meter.loudness.integrated_lufs))
        json_array_append_new(
            list, json_string("loudness is null: the audio is silent, too "
                              "quiet or shorter than 0.4 s."));
    return list;
}

static void put_extras(json_t *report, const st_track *t,
                       const st_report_facts *facts) {
    json_object_set_new(report, "qc_rounds", json_integer(t->result.rounds));
    json_object_set_new(report, "bounds", bounds_json(&t->goal));
    json_object_set_new(report, "reference", reference_json(t, facts));
    if (facts->phases)
        json_object_set(report, "stage_seconds", facts->phases);
    else
        json_object_set_new(report, "stage_seconds", json_null());
    if (facts->previews)
        json_object_set(report, "previews", facts->previews);
    else
        json_object_set_new(report, "previews", json_null());
    json_t *before = st_meter_json(&t->in.meter);
    if (t->turned)
        set(before, "mono_correlation", t->correlation_before, 4);
    json_object_set_new(report, "before", before);
    json_object_set_new(report, "after", st_meter_json(&t->result.after.meter));
    set(report, "tilt_before_db_oct", t->in.tilt_db_oct, 2);
    set(report, "tilt_after_db_oct", t->result.after.tilt_db_oct, 2);
    json_object_set_new(report, "engine",
                        json_pack("{s:s, s:s, s:s}", "name", "rules", "kind",
                                  "rules", "processing", "dsp"));
    text(report, "preset", t->recipe->preset);
    json_object_set_new(report, "recipe", st_recipe_json(t->recipe));
    json_object_set_new(report, "warnings", skipped_json(t));
}

json_t *st_report_json(const st_track *t, const st_report_facts *facts) {
    json_t *report = json_object();
    if (!report)
        return NULL;
    text(report, "schema", "stemma.report/1");
    json_object_set_new(report, "job_id", json_null());
    set(report, "processing_time_seconds", facts->seconds, 3);
    json_object_set_new(report, "input_analysis", input_json(t));
    json_object_set_new(report, "mixing_report", json_null());
    json_object_set_new(report, "mastering_report", mastering_json(t));
    json_object_set_new(report, "qc_results", qc_json(t, facts));
    put_extras(report, t, facts);
    return report;
}

json_t *st_report_album_json(const st_album *album, json_t *tracks) {
    json_t *report = json_object(), *a = json_object();
    text(report, "schema", "stemma.report/1");
    set(a, "lufs", album->lufs, 2);
    set(a, "spread_before_lu", album->spread_before, 2);
    set(a, "spread_after_lu", album->spread_after, 2);
    json_object_set_new(a, "order_kept", json_boolean(album->order_kept));
    set(a, "tilt_spread_before_db_oct", album->tilt_before, 2);
    set(a, "tilt_spread_after_db_oct", album->tilt_after, 2);
    json_object_set_new(report, "album", a);
    json_object_set_new(report, "tracks", tracks);
    return report;
}
