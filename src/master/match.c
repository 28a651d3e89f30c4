#include "master/match.h"

#include "core/math.h"

#include <math.h>
#include <string.h>

static double power_of(double db) {
    return db > -190 ? st_exp2(db * 0.33219280948873623) : 0;
}

static double total_db(const double *db) {
    double sum = 0;
    for (int i = 0; i < ST_MEASURE_BANDS; i++)
        sum += power_of(db[i]);
    return sum > 0 ? 10 * st_log10(sum) : -200;
}

/* A floor 90 dB under the whole keeps empty bands from ruling an average. */
static void add_shape(double *sum, const double *db, double level,
                      double weight) {
    for (int i = 0; i < ST_MEASURE_BANDS; i++)
        sum[i] += weight * fmax(db[i] - level, -110);
}

bool st_reference_add(st_reference *r, const st_measure *m, double weight) {
    if (m->silent || !(weight > 0) || !isfinite(m->meter.plr_db) ||
        m->meter.seconds < 1)
        return false;
    double level = total_db(m->mid_db), bands[ST_SPECTRUM_BANDS];
    add_shape(r->mid_db, m->mid_db, level, weight);
    add_shape(r->side_db, m->side_db, level, weight);
    st_measure_bands26(m, false, bands);
    for (int i = 0; i < ST_SPECTRUM_BANDS; i++)
        r->bands26_db[i] += weight * fmax(bands[i] - level, -110);
    r->lufs += weight * m->meter.loudness.integrated_lufs;
    r->plr_db += weight * m->meter.plr_db;
    r->lra += weight * m->meter.loudness.range_lu;
    r->width += weight * fmin(m->meter.width, 100);
    r->true_peak_dbtp += weight * m->meter.true_peak_dbtp;
    r->stereo = r->stereo || m->meter.width > 1e-7;
    r->weight += weight;
    r->count++;
    return true;
}

void st_reference_done(st_reference *r) {
    if (r->count == 0)
        return;
    for (int i = 0; i < ST_MEASURE_BANDS; i++)
        r->mid_db[i] /= r->weight, r->side_db[i] /= r->weight;
    for (int i = 0; i < ST_SPECTRUM_BANDS; i++)
        r->bands26_db[i] /= r->weight;
    r->lufs /= r->weight, r->plr_db /= r->weight, r->lra /= r->weight;
    r->width /= r->weight, r->true_peak_dbtp /= r->weight;
}

/* Mean difference over the bands that carry the music of both. */
static double level_between(const double *a, const double *b) {
    double sum = 0, top_a = total_db(a), top_b = total_db(b);
    int used = 0;
    for (int i = 0; i < ST_MEASURE_BANDS; i++) {
        double hz = st_measure_band_hz(i);
        if (hz < 30 || hz > 16000 || a[i] < top_a - 70 || b[i] < top_b - 70)
            continue;
        sum += a[i] - b[i], used++;
    }
    return used ? sum / used : top_a - top_b;
}

static double curve_at(const st_lineq_point *points, int count, double hz) {
    const st_lineq_curve curve = {points, count, NULL, 0};
    return count ? st_lineq_target_db(&curve, hz) : 0;
}

/* A light smoothing: one band takes a quarter of each neighbour. */
static void smooth(double *db) {
    double before = db[0];
    for (int i = 1; i + 1 < ST_MEASURE_BANDS; i++) {
        double here = db[i];
        db[i] = 0.25 * before + 0.5 * here + 0.25 * db[i + 1];
        before = here;
    }
}

static void lead(st_lineq_point *points, int *count, const double *want,
                 const double *now, const double *start, double amount,
                 double step) {
    double level = level_between(want, now), top = total_db(start);
    double missing[ST_MEASURE_BANDS];
    for (int i = 0; i < ST_MEASURE_BANDS; i++) {
        /* What is hardly there, or hardly wanted, is not lifted; it may be
         * cut. */
        bool there = start[i] > top - 90 && want[i] > -80;
        double lack = want[i] - now[i] - level;
        missing[i] = now[i] > -150 && (there || lack < 0) ? lack : 0;
    }
    if (*count == 0)
        smooth(missing);
    double out[ST_MEASURE_BANDS];
    for (int i = 0; i < ST_MEASURE_BANDS; i++) {
        double hz = st_measure_band_hz(i);
        out[i] = curve_at(points, *count, hz) + amount * step * missing[i];
        /* Where the reference has ended, a cut does not come back. */
        if (i > 0 && hz > 8000 && want[i] < -80 && want[i - 1] < -80)
            out[i] = fmin(out[i], out[i - 1]);
        out[i] = fmin(fmax(out[i], -60), 36);
    }
    for (int i = 0; i < ST_MEASURE_BANDS; i++)
        points[i] = (st_lineq_point){st_recipe_round(st_measure_band_hz(i)),
                                     st_recipe_round(out[i])};
    *count = ST_MEASURE_BANDS;
}

void st_match_curve(st_recipe *recipe, const st_reference *reference,
                    const st_measure *start, const st_measure *now,
                    double amount, double step) {
    if (recipe->curve_given || amount <= 0)
        return;
    lead(recipe->mid, &recipe->mid_count, reference->mid_db, now->mid_db,
         start->mid_db, amount, step);
    bool sides = reference->stereo && start->meter.channels > 1 &&
                 start->meter.width > 1e-6;
    if (sides)
        lead(recipe->side, &recipe->side_count, reference->side_db,
             now->side_db, start->side_db, amount, step);
    else
        recipe->side_count = 0;
}

double st_match_distance_db(const st_reference *r, const st_measure *m) {
    double bands[ST_SPECTRUM_BANDS];
    st_measure_bands26(m, false, bands);
    return st_spectrum_distance_db(bands, r->bands26_db, ST_SPECTRUM_BANDS,
                                   -150, 1);
}
