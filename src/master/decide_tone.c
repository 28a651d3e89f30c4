#include "core/math.h"
#include "master/decide.h"

#include <math.h>
#include <stdio.h>

/* Band level (equal ratios) of an evenly balanced production, dB. */
static const st_lineq_point neutral[] = {
    {20, -14},   {30, -7},     {45, -2},     {65, 0},      {110, 0},
    {200, -1},   {400, -3},    {800, -5.5},  {1600, -8},   {3200, -10.5},
    {6400, -14}, {10000, -17}, {16000, -21}, {20000, -30},
};
enum { NEUTRAL = sizeof neutral / sizeof neutral[0] };

/* How far from it is still a matter of style, dB to each side. */
static const st_lineq_point allowance[] = {
    {20, 12},    {40, 7},   {80, 5},    {200, 4},    {2000, 4},
    {5000, 4.5}, {9000, 6}, {14000, 9}, {20000, 14},
};
enum { ALLOWANCE = sizeof allowance / sizeof allowance[0] };

static double at(const st_lineq_point *points, int count, double hz) {
    const st_lineq_curve curve = {points, count, NULL, 0};
    return st_lineq_target_db(&curve, hz);
}

static double both_db(const st_measure *in, int band) {
    double power = st_exp2(in->loud_mid_db[band] * 0.33219280948873623) +
                   st_exp2(in->loud_side_db[band] * 0.33219280948873623);
    return power > 1e-20 ? 10 * st_log10(power) : -200;
}

/* Mean over an octave (8 bands) of those that are there. */
static void smooth(const double *in, double *out) {
    for (int i = 0; i < ST_MEASURE_BANDS; i++) {
        double sum = 0, weight = 0;
        for (int k = -4; k <= 4; k++) {
            int j = i + k;
            if (j < 0 || j >= ST_MEASURE_BANDS || isnan(in[j]))
                continue;
            double w = 5 - (k < 0 ? -k : k);
            sum += w * in[j], weight += w;
        }
        out[i] = isnan(in[i]) || weight == 0 ? NAN : sum / weight;
    }
}

void st_decide_deviation(const st_measure *in, double *out) {
    double raw[ST_MEASURE_BANDS], top = -200, sum = 0;
    int used = 0;
    for (int i = 0; i < ST_MEASURE_BANDS; i++)
        top = fmax(top, both_db(in, i));
    for (int i = 0; i < ST_MEASURE_BANDS; i++) {
        double hz = st_measure_band_hz(i), db = both_db(in, i);
        bool there = db > top - 45 && db > -110;
        raw[i] = there ? db - at(neutral, NEUTRAL, hz) : NAN;
        if (there && hz > 80 && hz < 8000)
            sum += raw[i], used++;
    }
    for (int i = 0; i < ST_MEASURE_BANDS; i++)
        raw[i] -= used ? sum / used : 0;
    smooth(raw, out);
}

static double mean_between(const double *dev, double low_hz, double high_hz) {
    double sum = 0;
    int used = 0;
    for (int i = 0; i < ST_MEASURE_BANDS; i++) {
        double hz = st_measure_band_hz(i);
        if (hz >= low_hz && hz <= high_hz && !isnan(dev[i]))
            sum += dev[i], used++;
    }
    return used ? sum / used : NAN;
}

/* Go towards the taste, less where the music is there already. A region that
 * is not there at all (NaN) is not lifted. */
static void lean(st_recipe *r, st_setting id, double wanted, double dev,
                 const char *region) {
    if (wanted == 0) {
        st_recipe_set(r, id, 0, "The preset asks for no change of the %s.",
                      region);
        return;
    }
    double db = wanted;
    if (!isnan(dev) && wanted * dev > 0)
        db = wanted * fmax(0, 1 - fabs(dev) / 4);
    db = floor(db * 10 + 0.5) / 10;
    if (isnan(dev))
        st_recipe_set(r, id, 0, "The %s hold next to nothing: left alone.",
                      region);
    else
        st_recipe_set(r, id, db,
                      "The preset leans %+.1f dB here; the %s measure %+.1f dB "
                      "against neutral.",
                      wanted, region, dev);
}

static void lean_all(st_recipe *r, const st_preset *p, const double *dev) {
    static const char *const region[] = {"lows", "presence", "highs"};
    const double wanted[] = {p->low_db, p->presence_db, p->air_db};
    const double has[] = {mean_between(dev, 40, 110),
                          mean_between(dev, 2200, 5200),
                          mean_between(dev, 9000, 15000)};
    const st_setting id[] = {ST_SET_LOW_DB, ST_SET_PRESENCE_DB, ST_SET_AIR_DB};
    for (int i = 0; i < 3; i++)
        lean(r, id[i], wanted[i], has[i], region[i]);
}

/* A lack is lifted by half as much as a surplus is cut, and less the larger
 * it is: where an instrument has nothing, there is only noise to raise.
 * Nothing under 45 Hz is lifted at all. */
static double lift(double db, double dev, double free, double limit) {
    double there = fmin(fmax((dev + free + 9) / 5, 0), 1);
    return fmin(0.5 * db, 0.5 * limit) * there;
}

/* What lies outside the allowance is brought to its edge, not further: done
 * once, there is nothing left to do. The more a preset corrects, the narrower
 * the allowance. */
static void correct(st_recipe *r, const double *dev, double correction,
                    double limit) {
    double worst = 0, worst_hz = 0, scale = 1.25 - 0.5 * correction;
    for (int i = 0; i < ST_MEASURE_BANDS; i++) {
        double hz = st_measure_band_hz(i);
        double free = scale * at(allowance, ALLOWANCE, hz);
        double over = isnan(dev[i])    ? 0
                      : dev[i] > free  ? dev[i] - free
                      : dev[i] < -free ? dev[i] + free
                                       : 0;
        double db = correction > 0 ? fmax(-over, -limit) : 0;
        if (db > 0)
            db = hz < 45 ? 0 : lift(db, dev[i], free, limit);
        r->mid[i] = (st_lineq_point){st_recipe_round(hz), st_recipe_round(db)};
        if (fabs(db) > worst)
            worst = fabs(db), worst_hz = hz;
    }
    r->mid_count = worst > 0.5 ? ST_MEASURE_BANDS : 0;
    if (r->mid_count)
        snprintf(r->curve_reason, sizeof r->curve_reason,
                 "Brings what lies outside the range of styles to its edge: "
                 "%.1f dB at most, at %.0f Hz.",
                 worst, worst_hz);
    r->side_count = 0;
}

/* A band that was asked for beyond the bound of the whole. */
static void name_held_band(const st_recipe *r, st_goal *goal) {
    static const st_setting bands[] = {ST_SET_LOW_DB, ST_SET_PRESENCE_DB,
                                       ST_SET_AIR_DB};
    double limit = r->value[ST_SET_EQ_LIMIT];
    for (int i = 0; i < 3; i++)
        if (fabs(r->value[bands[i]]) > limit + 1e-9)
            st_goal_bound(goal, "eq", r->value[bands[i]],
                          copysign(limit, r->value[bands[i]]),
                          "eq.%s asks for %+.1f dB: held to %.0f dB (raise "
                          "eq.limit_db in the recipe, or use --unbounded).",
                          st_recipe_field(bands[i])->name, r->value[bands[i]],
                          limit);
}

void st_decide_eq(st_recipe *r, st_goal *goal, const st_measure *in,
                  const st_decide_options *o) {
    double dev[ST_MEASURE_BANDS];
    st_recipe_set(r, ST_SET_EQ_LIMIT, o->unbounded ? 60 : 3,
                  o->unbounded ? "The user lifted the bound (--unbounded)."
                               : "A master is corrected, not remixed: 3 dB.");
    if (in->silent)
        return;
    st_decide_deviation(in, dev);
    bool matched = o->reference && o->amounts.eq > 0;
    if (!matched)
        lean_all(r, o->preset, dev);
    name_held_band(r, goal);
    if (r->curve_given)
        return;
    if (matched)
        snprintf(r->curve_reason, sizeof r->curve_reason,
                 "From the spectra of mid and side to those of the "
                 "reference, %.0f %% of the way.",
                 100 * o->amounts.eq);
    if (matched)
        st_match_curve(r, o->reference, in, in, o->amounts.eq, 1);
    else
        correct(r, dev, o->preset->correction, r->value[ST_SET_EQ_LIMIT]);
}

static void decide_mono(st_recipe *r, const st_measure *in,
                        const st_decide_options *o) {
    double wanted = o->preset->mono_below_hz;
    if (in->low_side_db < -20)
        st_recipe_set(r, ST_SET_MONO_HZ, 0,
                      "The lows are mono already (side %.0f dB under mid).",
                      in->low_side_db);
    else if (in->low_side_db > -6)
        st_recipe_set(r, ST_SET_MONO_HZ, fmax(wanted, 100),
                      "Side is only %.1f dB under mid below 120 Hz: such bass "
                      "weakens on mono systems and cannot be cut to vinyl.",
                      -in->low_side_db);
    else
        st_recipe_set(r, ST_SET_MONO_HZ, wanted,
                      wanted > 0 ? "The preset %s wants a firm, mono bass."
                                 : "The preset %s leaves the lows in stereo.",
                      o->preset->name);
}

static const double DB_TO_LOG2_POWER = 0.33219280948873623;

/* What EQ and mono bass, which come before the side gain, make of the ratio
 * of side to mid power. */
static double ratio_moved(const st_recipe *r, const st_measure *in) {
    double before[2] = {0}, after[2] = {0};
    for (int i = 0; i < ST_MEASURE_BANDS; i++) {
        double hz = st_measure_band_hz(i);
        double x = hz / fmax(r->value[ST_SET_MONO_HZ], 1), x4 = x * x * x * x;
        double high = x4 / (1 + x4); /* the mono bass is a crossover, LR4 */
        for (int side = 0; side < 2; side++) {
            double db = side ? in->side_db[i] : in->mid_db[i];
            double eq = st_recipe_eq_db(r, side, hz);
            before[side] += st_exp2(db * DB_TO_LOG2_POWER);
            after[side] += st_exp2((db + eq) * DB_TO_LOG2_POWER) *
                           (side ? high * high : 1);
        }
    }
    double moved = after[1] * before[0] / fmax(after[0] * before[1], 1e-30);
    return moved > 1e-6 ? moved : 1;
}

/* Reference: the side gain that brings the width there. */
static double wanted_width(const st_measure *in, const st_decide_options *o,
                           double moved) {
    double ratio = st_stereo_side_ratio(&in->sums) * moved;
    if (o->reference && o->amounts.width > 0 && ratio > 1e-9) {
        double gain = sqrt(o->reference->width / ratio);
        return 1 + o->amounts.width * (gain - 1);
    }
    double width = o->preset->width_pct / 100;
    /* Wide material is not widened further. */
    if (width > 1 && ratio > 0.25)
        width = 1 + (width - 1) * fmax(0, 1 - (ratio - 0.25) / 0.25);
    return width;
}

void st_decide_stereo(st_recipe *r, st_goal *goal, const st_measure *in,
                      const st_decide_options *o) {
    if (in->meter.channels < 2 || in->silent || in->meter.width < 1e-9) {
        st_recipe_set(r, ST_SET_WIDTH, 100, "Mono: there is no side signal.");
        st_recipe_set(r, ST_SET_MONO_HZ, 0, "Mono: there is no side signal.");
        return;
    }
    decide_mono(r, in, o);
    double moved = ratio_moved(r, in);
    double wanted = wanted_width(in, o, moved);
    double capped = fmin(wanted, 1.4);
    double safe = st_stereo_safe_width(&in->sums, capped * sqrt(moved), 0.12) /
                  sqrt(moved);
    if (in->meter.correlation >= 0.1 && safe < 1 && capped >= 1)
        safe = 1;
    double width = floor(fmin(safe, capped) * 1000 + 0.5) / 10;
    if (width < 100 && in->meter.correlation < 0.1)
        st_recipe_set(r, ST_SET_WIDTH, width,
                      "Correlation is %.2f: the side is lowered until mono "
                      "loses no more than it must (0.1).",
                      in->meter.correlation);
    else
        st_recipe_set(r, ST_SET_WIDTH, width,
                      o->reference ? "Width of the reference, %.3f."
                                   : "Width as measured suits: %.3f.",
                      o->reference ? o->reference->width : in->meter.width);
    if (safe < capped - 0.005 && capped > 1)
        st_goal_bound(goal, "correlation", 100 * wanted, 100 * safe,
                      "Width stops at %.0f %%: more would take the "
                      "correlation below 0.1.",
                      100 * safe);
    else if (wanted > 1.405)
        st_goal_bound(goal, "width", 100 * wanted, 140,
                      "Width stops at 140 %%; the reference asks for %.0f %%.",
                      100 * wanted);
}
