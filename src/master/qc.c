#include "master/qc.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static st_status hash_file(const st_means *means, uint64_t *hash, st_err *err) {
    st_source *source = NULL;
    st_status status = means->reread(means->ctx, &source, err);
    if (status)
        return status;
    st_sample_hash state = {0};
    st_flow_step step = {"control", st_hash_step, &state, 0};
    status =
        st_means_flow(means, "control", 0.95, source, -1, 0, &step, 1, err);
    st_source_free(source);
    *hash = st_hash_value(&state);
    return status;
}

static st_status measure_file(const st_means *means, st_result *result,
                              st_err *err) {
    st_source *source = NULL;
    st_status status = means->reread(means->ctx, &source, err);
    if (status)
        return status;
    status = st_measure_source(source, means->pool, &result->after, err);
    st_source_free(source);
    return status;
}

st_status st_qc_reread(const st_means *means, st_result *result, bool *same,
                       st_err *err) {
    *same = true;
    if (!means->reread)
        return ST_OK;
    uint64_t hash = 0;
    st_status status = hash_file(means, &hash, err);
    *same = hash == result->hash;
    if (!status && !*same)
        status = measure_file(means, result, err);
    return status;
}

static void put(st_qc_check *c, const char *name, const char *title,
                st_qc_state state, double measured, double limit,
                const char *unit, const char *note, ...) ST_PRINTF(8, 9);

static void put(st_qc_check *c, const char *name, const char *title,
                st_qc_state state, double measured, double limit,
                const char *unit, const char *note, ...) {
    *c = (st_qc_check){name, title, state, measured, limit, unit, ""};
    va_list args;
    va_start(args, note);
    vsnprintf(c->note, sizeof c->note, note, args);
    va_end(args);
}

static void judge_loudness(st_qc_check *c, const st_goal *goal,
                           const st_measure *after) {
    double lufs = after->meter.loudness.integrated_lufs;
    bool heard = isfinite(lufs) && !isnan(goal->goal_lufs);
    bool good = fabs(lufs - goal->asked_lufs) <= 0.1;
    st_qc_state state = !heard ? ST_QC_NONE : good ? ST_QC_PASS : ST_QC_FAIL;
    if (!heard)
        put(c, "lufs_in_range", "Loudness on target", state, lufs,
            goal->asked_lufs, "LUFS", "There is no loudness to measure.");
    else
        put(c, "lufs_in_range", "Loudness on target", state, lufs,
            goal->asked_lufs, "LUFS", "%+.2f LU from the target of %.1f LUFS.",
            lufs - goal->asked_lufs, goal->asked_lufs);
}

static void judge_stereo(st_qc *qc, const st_recipe *r,
                         const st_measure *after) {
    double width = st_recipe_side_pct(r);
    double correlation = after->meter.correlation;
    bool silent = after->silent;
    put(&qc->check[2], "stereo_width_safe", "Side gain",
        width <= 140 ? ST_QC_PASS : ST_QC_FAIL, width, 140, "%",
        "Side gain %.1f %%, at most 140 %%.", width);
    put(&qc->check[3], "mono_compatible", "Mono compatibility",
        silent               ? ST_QC_NONE
        : correlation >= 0.1 ? ST_QC_PASS
                             : ST_QC_FAIL,
        correlation, 0.1, NULL, "Correlation %.2f, at least 0.1.", correlation);
}

static double eq_worst(const st_recipe *r) {
    double worst = 0, hz = 20;
    for (int i = 0; i <= 120; i++, hz *= 1.0593) {
        worst = fmax(worst, fabs(st_recipe_eq_db(r, false, hz)));
        worst = fmax(worst, fabs(st_recipe_eq_db(r, true, hz)));
    }
    return worst;
}

static void judge_plr(st_qc_check *c, const st_goal *goal,
                      const st_measure *after) {
    double plr = after->meter.plr_db;
    bool heard =
        isfinite(plr) && isfinite(goal->plr_floor) && !isnan(goal->goal_lufs);
    st_qc_state state = !heard                         ? ST_QC_NONE
                        : plr >= goal->plr_floor - 0.1 ? ST_QC_PASS
                                                       : ST_QC_FAIL;
    put(c, "crest_factor_preserved", "Dynamics kept", state, plr,
        goal->plr_floor, "dB",
        "Peak-to-loudness ratio %.1f dB (before %.1f), at least %.1f dB.", plr,
        goal->plr_before, goal->plr_floor);
}

void st_qc_judge(st_qc *qc, const st_recipe *r, const st_goal *goal,
                 const st_measure *in, const st_pre *pre,
                 const st_result *result, bool same, bool lossless) {
    const st_measure *after = &result->after;
    double ceiling = r->value[ST_SET_CEILING];
    double tp = after->meter.true_peak_dbtp;
    judge_loudness(&qc->check[0], goal, after);
    if (isfinite(tp))
        put(&qc->check[1], "true_peak_safe", "True peak",
            tp <= ceiling ? ST_QC_PASS : ST_QC_FAIL, tp, ceiling, "dBTP",
            "%.2f dBTP, ceiling %.1f dBTP.", tp, ceiling);
    else
        put(&qc->check[1], "true_peak_safe", "True peak", ST_QC_NONE, tp,
            ceiling, "dBTP", "There is no peak to measure.");
    judge_stereo(qc, r, after);
    judge_plr(&qc->check[4], goal, after);
    double eq = eq_worst(r), limit = r->value[ST_SET_EQ_LIMIT];
    put(&qc->check[5], "eq_in_bounds", "EQ within bounds",
        eq <= limit + 1e-9 ? ST_QC_PASS : ST_QC_FAIL, eq, limit, "dB",
        "Largest change %.1f dB, at most %.0f dB.", eq, limit);
    double gr = pre->compression.mean_db;
    put(&qc->check[6], "compression_gentle", "Compression",
        gr < 3 ? ST_QC_PASS : ST_QC_FAIL, gr, 3, "dB",
        "%.1f dB on average, under 3 dB.", gr);
    bool whole = result->after.meter.frames == in->meter.frames;
    put(&qc->check[7], "length_kept", "Length",
        whole      ? ST_QC_PASS
        : lossless ? ST_QC_FAIL
                   : ST_QC_NONE,
        (double)result->after.meter.frames, (double)in->meter.frames, "frames",
        "%lld frames of %lld.", (long long)result->after.meter.frames,
        (long long)in->meter.frames);
    put(&qc->check[8], "file_verified", "File read back",
        same       ? ST_QC_PASS
        : lossless ? ST_QC_FAIL
                   : ST_QC_NONE,
        same, 1, NULL, "%s",
        same       ? "The file holds the very samples that were measured."
        : lossless ? "The file does not hold what was written; its own samples "
                     "were measured."
                   : "A lossy file: its decoded samples were measured.");
    qc->passed = true;
    for (int i = 0; i < ST_QC_CHECKS; i++)
        qc->passed = qc->passed && qc->check[i].state != ST_QC_FAIL;
}
