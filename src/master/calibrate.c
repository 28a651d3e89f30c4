#include "core/math.h"
#include "master/render.h"

#include <math.h>

enum { TRIES = 4 };

/* The chain up to the compression over the loudest parts. */
static st_status listen(st_source *source, const st_measure *in,
                        const st_recipe *recipe, st_reduction *band,
                        st_err *err) {
    st_chain *chain = NULL;
    st_status status = st_chain_new(&chain, source->format.rate_hz,
                                    source->format.channels, recipe, err);
    if (status)
        return status;
    st_flow_step steps[ST_CHAIN_STEPS];
    int n = st_chain_steps(chain, INT64_MAX, steps);
    for (int i = 0; !status && n > 0 && i < in->excerpts; i++) {
        status = st_source_seek(source, in->excerpt[i], err);
        if (!status)
            status = st_flow_run(NULL, source, in->excerpt_frames, 0, steps, n,
                                 NULL, NULL, err);
    }
    for (int b = 0; b < 4; b++)
        band[b] = st_chain_reduction(chain, b);
    st_chain_free(chain);
    return status;
}

/* RMS of a band in the loud parts on the detector's scale (a sine reads 0). */
static double band_level(const st_recipe *r, const st_measure *in, int band) {
    int bands = (int)r->value[ST_SET_MB_BANDS];
    double low = band ? r->value[ST_SET_MB_HZ1 + band - 1] : 0;
    double high = band < bands - 1 ? r->value[ST_SET_MB_HZ1 + band] : 1e6;
    double power = 0;
    for (int i = 0; i < ST_MEASURE_BANDS; i++) {
        double hz = st_measure_band_hz(i);
        if (hz >= low && hz < high)
            power += st_exp2((in->loud_mid_db[i] + r->value[ST_SET_GAIN]) *
                             0.33219280948873623) +
                     st_exp2((in->loud_side_db[i] + r->value[ST_SET_GAIN]) *
                             0.33219280948873623);
    }
    return power > 1e-14 ? 10 * st_log10(power) + 3.01 : -140;
}

/* More threshold where too much was taken. The slope of reduction over
 * threshold is at most 1 - 1/ratio. */
static bool move(st_recipe *r, int b, double got, double want) {
    double per_db = 0.6 * (1 - 1 / r->value[ST_SET_MB_RATIO1 + b]);
    double step = fmin(fmax((got - want) / per_db, -9), 9);
    if (fabs(got - want) < 0.15)
        return false;
    st_recipe_set(r, (st_setting)(ST_SET_MB_THR1 + b),
                  r->value[ST_SET_MB_THR1 + b] + step,
                  "Set by listening to the loudest parts: %.1f dB wanted.",
                  want);
    return true;
}

static double wanted(const st_goal *goal, int band) {
    /* The low band moves the whole: a little more; the top a little less. */
    static const double share[4] = {1.15, 1, 0.9, 0.75};
    return goal->glue_db * share[band];
}

static void begin(st_recipe *r, const st_measure *in, const st_goal *goal) {
    int bands = (int)r->value[ST_SET_MB_BANDS];
    for (int b = 0; b < bands; b++)
        st_recipe_set(r, (st_setting)(ST_SET_MB_THR1 + b),
                      band_level(r, in, b) - goal->glue_db,
                      "From the level of the band in loud parts.");
}

static void make_up(st_recipe *r, const st_reduction *band) {
    int bands = (int)r->value[ST_SET_MB_BANDS];
    for (int b = 0; b < bands; b++)
        st_recipe_set(r, (st_setting)(ST_SET_MB_GAIN1 + b), band[b].mean_db,
                      "Gives back the %.1f dB taken in loud parts, so that the "
                      "balance stays.",
                      band[b].mean_db);
}

st_status st_calibrate(const st_means *means, st_spool *input,
                       const st_measure *in, st_recipe *recipe,
                       const st_goal *goal, st_err *err) {
    (void)means;
    int bands = (int)recipe->value[ST_SET_MB_BANDS];
    if (bands < 2 || goal->glue_db <= 0 || in->excerpts == 0)
        return ST_OK;
    st_recipe *trial = st_recipe_copy(recipe);
    if (!trial)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    begin(recipe, in, goal);
    st_source *source = NULL;
    st_status status = st_spool_source(input, &source, err);
    st_reduction band[4] = {{0}};
    bool moved = true;
    for (int i = 0; !status && moved && i < TRIES; i++) {
        for (int s = 0; s < ST_SET_COUNT; s++)
            trial->value[s] = recipe->value[s];
        trial->value[ST_SET_PAR_MIX] = trial->value[ST_SET_SAT_MIX] = 0;
        status = listen(source, in, trial, band, err);
        moved = false;
        for (int b = 0; !status && i < TRIES - 1 && b < bands; b++)
            moved |= move(recipe, b, band[b].mean_db, wanted(goal, b));
    }
    if (!status)
        make_up(recipe, band);
    st_source_free(source);
    st_recipe_free(trial);
    return status;
}
