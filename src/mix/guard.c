#include "mix/guard.h"

#include "mix/decide.h"

#include <math.h>

/* What is aimed at stands off the guards, so that other ways of measuring
 * agree.
 */
#define EASE_FROM_DB 2.6
#define EASE_TO_DB 1.8
#define HEADROOM_DBFS (-6.3)
#define SAFE_CORRELATION 0.12
#define SAFE_FOLD 0.93 /* side over mid power: 2.86 dB */

/* Raise the threshold until the mean is what is wanted, as the curve's slope
 * says. */
static bool ease(st_move *m, double mean_db) {
    if (m->given || !(mean_db > EASE_FROM_DB))
        return false;
    double ratio = st_move_value(m, ST_COMP_RATIO);
    double slope = fmax(1.0 - 1.0 / ratio, 0.1);
    double up = (mean_db - EASE_TO_DB) / slope;
    double before = m->value[ST_COMP_THRESHOLD];
    st_move_set(m, ST_COMP_THRESHOLD, round(10 * (before + up)) / 10);
    if (m->value[ST_COMP_THRESHOLD] <= before) /* at its end: ask for less */
        st_move_set(m, ST_COMP_RATIO, 1.0 + 0.6 * (ratio - 1.0));
    st_move_why(m,
                "%.1f:1 over %.1f dBFS: it took %.1f dB on the mean, and was "
                "eased to stay well under %.0f.",
                m->value[ST_COMP_RATIO], m->value[ST_COMP_THRESHOLD], mean_db,
                ST_GUARD_REDUCTION_DB);
    return true;
}

/* What the compressor takes as it counts, the makeup gives as it counts. */
static void make_up(st_move *m, const st_reduction *r) {
    if (m->on && m->amount > 0.0)
        st_move_set(m, ST_COMP_MAKEUP,
                    round(100 * r->mean_db / m->amount) / 100);
}

uint64_t st_guard_strips(st_mix_recipe *recipe, const st_print *prints) {
    uint64_t again = 0;
    for (int i = 0; i < recipe->stems; i++) {
        st_move *m = &recipe->stem[i].move[ST_STRIP_COMPRESSOR];
        const st_reduction *r = &prints[i].meter.compressor;
        if (ease(m, r->mean_db))
            again |= (uint64_t)1 << i;
        else
            make_up(m, r);
    }
    return again;
}

/* --- width --- */

/* Sums as they were with the place's width taken out. */
static double safe_width(const st_premix *premix, double width) {
    st_stereo_sums flat = premix->sums;
    if (!(width > 0.0) || !(flat.mid2 > 0.0))
        return width;
    flat.side2 /= width * width;
    flat.midside /= width;
    double most = width;
    if (st_stereo_correlation(&flat, width) < SAFE_CORRELATION)
        most = st_stereo_safe_width(&flat, width, SAFE_CORRELATION);
    if (most * most * flat.side2 > SAFE_FOLD * flat.mid2)
        most = sqrt(SAFE_FOLD * flat.mid2 / flat.side2);
    return most;
}

static bool narrow(st_mix_recipe *recipe, const st_premix *premix) {
    st_move *m = &recipe->mix[ST_MIXMOVE_PLACE];
    double width = st_move_value(m, ST_PLACE_WIDTH) / 100.0;
    double safe = safe_width(premix, width);
    if (m->given || safe >= width - 1e-6)
        return false;
    st_move_set(m, ST_PLACE_WIDTH, floor(safe * 1000.0) / 10.0);
    st_move_why(m,
                "Side at %.1f %%: wider, the mix would lose more than 3 dB in "
                "mono or fall under a correlation of 0.1.",
                m->value[ST_PLACE_WIDTH]);
    return true;
}

/* A makeup that is nearly right is right: it is not worth another pass. */
static bool settle(st_move *m, const st_reduction *r) {
    bool off = fabs(st_move_value(m, ST_COMP_MAKEUP) - r->mean_db) > 0.3;
    bool eased = ease(m, r->mean_db);
    if (!m->on || m->given || !off)
        return eased;
    make_up(m, r);
    return true;
}

bool st_guard_desk(st_mix_recipe *recipe, const st_premix *premix) {
    bool again = false;
    for (int b = 0; b < ST_BUS_COUNT; b++) {
        st_move *m = recipe->bus[b];
        again |= settle(&m[ST_BUSMOVE_COMPRESSOR], &premix->bus[b].compressor);
        st_move *p = &m[ST_BUSMOVE_PARALLEL];
        if (!p->given && premix->bus[b].parallel.mean_db > EASE_FROM_DB) {
            st_move_set(p, ST_PARALLEL_MIX, 0.6 * p->value[ST_PARALLEL_MIX]);
            again = true;
        }
    }
    return narrow(recipe, premix) || again;
}

static double db(double linear) {
    return linear > 0.0 ? 20.0 * log10(linear) : -INFINITY;
}

void st_guard_headroom(st_mix_recipe *recipe, const st_premix *premix) {
    st_move *m = &recipe->mix[ST_MIXMOVE_FADER];
    double peak = db(premix->peak);
    if (!isfinite(peak))
        return;
    if (!m->given)
        m->amount = 1.0; /* a guard is not weakened with the moves */
    st_move_set(m, ST_FADER_GAIN, floor(100 * (HEADROOM_DBFS - peak)) / 100);
    st_move_why(m,
                "%+.2f dB: the highest peak comes to %.1f dBFS, which leaves "
                "the master 6 dB and more.",
                m->value[ST_FADER_GAIN], HEADROOM_DBFS);
}

/* --- figures --- */

static double most_reduction(const st_mix_recipe *recipe,
                             const st_print *prints, const st_premix *premix) {
    double most = 0.0;
    for (int i = 0; i < recipe->stems; i++)
        most = fmax(most, prints[i].meter.compressor.mean_db);
    for (int b = 0; b < ST_BUS_COUNT; b++)
        most = fmax(most, fmax(premix->bus[b].compressor.mean_db,
                               premix->bus[b].parallel.mean_db));
    return most;
}

static double widest(const st_mix_recipe *recipe) {
    double most = st_move_value(&recipe->mix[ST_MIXMOVE_PLACE], ST_PLACE_WIDTH);
    for (int i = 0; i < recipe->stems; i++)
        most = fmax(most, st_move_value(&recipe->stem[i].move[ST_STRIP_PLACE],
                                        ST_PLACE_WIDTH));
    return most;
}

st_guard_figures st_guard_check(const st_mix_recipe *recipe,
                                const st_print *prints,
                                const st_premix *premix) {
    const st_stereo_sums *s = &premix->sums;
    st_guard_figures f = {0};
    f.peak_dbfs = db(premix->peak * (double)st_desk_gain(recipe));
    for (int b = 0; b < ST_BUS_COUNT; b++)
        f.bus_peak_dbfs[b] = db(premix->bus_peak[b]);
    f.correlation = st_stereo_correlation(s, 1.0);
    f.fold_loss_db =
        s->mid2 > 0.0 ? 10.0 * log10(s->mid2 / (s->mid2 + s->side2)) : 0.0;
    f.width_pct = widest(recipe);
    f.most_reduction_db = most_reduction(recipe, prints, premix);
    f.most_eq_db = st_guard_most_eq_db(recipe);
    f.eq = f.most_eq_db <= ST_GUARD_EQ_DB;
    f.headroom = f.peak_dbfs <= ST_GUARD_PEAK_DBFS;
    f.correlated = f.correlation >= ST_GUARD_CORRELATION;
    f.folds = f.fold_loss_db >= -ST_GUARD_FOLD_DB;
    f.width = f.width_pct <= ST_GUARD_WIDTH_PCT;
    f.reduction = f.most_reduction_db < ST_GUARD_REDUCTION_DB;
    return f;
}

static st_guard_line line(const char *name, const char *title, const char *rule,
                          double limit, double measured, bool held) {
    return (st_guard_line){.name = name,
                           .title = title,
                           .rule = rule,
                           .unit = "dB",
                           .limit = limit,
                           .measured = measured,
                           .by = held ? 0.0 : fabs(measured - limit),
                           .decimals = 2,
                           .held = held};
}

void st_guard_lines(const st_guard_figures *f,
                    st_guard_line out[ST_GUARD_LINES]) {
    out[0] = line("gain_reduction", "Gain reduction",
                  "mean of every stem and bus under 3 dB",
                  ST_GUARD_REDUCTION_DB, f->most_reduction_db, f->reduction);
    out[1] =
        line("headroom", "Headroom", "peaks before the master at most -6 dBFS",
             ST_GUARD_PEAK_DBFS, f->peak_dbfs, f->headroom);
    out[1].unit = "dBFS";
    out[2] = line("correlation", "Correlation", "at least 0.1",
                  ST_GUARD_CORRELATION, f->correlation, f->correlated);
    out[2].unit = "";
    out[3] = line("mono", "Mono", "fold-down loses at most 3 dB",
                  -ST_GUARD_FOLD_DB, f->fold_loss_db, f->folds);
    out[4] = line("width", "Width", "side gain at most 140 %",
                  ST_GUARD_WIDTH_PCT, f->width_pct, f->width);
    out[4].unit = "%";
    out[4].decimals = 0;
    out[5] = line("eq", "EQ", "bands of one EQ together within 4 dB",
                  ST_GUARD_EQ_DB, f->most_eq_db, f->eq);
}
