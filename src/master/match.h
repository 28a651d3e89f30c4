/* match: what references ask for, and the curve that leads there.
 * Source: long-term spectrum matching of mid and side, as engineers do by eye
 * (and matchering by FIR); weights and amounts are ours.
 *
 * Several references are averaged in dB, each brought to the same level
 * first, by weight; so are loudness, width and dynamics. */
#ifndef ST_MASTER_MATCH_H
#define ST_MASTER_MATCH_H

#include "master/measure.h"
#include "master/recipe.h"

/* How far to go, 0..1 each. */
typedef struct {
    double eq, loudness, width, dynamics;
} st_match_amounts;

typedef struct {
    int count; /* references added; 0: none */
    double weight;
    double mid_db[ST_MEASURE_BANDS];      /* shape, mid power sum at 0 dB */
    double side_db[ST_MEASURE_BANDS];     /* on the same scale */
    double bands26_db[ST_SPECTRUM_BANDS]; /* of the mid */
    double lufs, plr_db, lra, width;      /* width: E[S^2]/E[M^2] */
    double true_peak_dbtp;
    bool stereo; /* one at least is */
} st_reference;

/* Zero-initialise, add each (weight > 0, silent ones are ignored: false), then
 * done. [any] */
bool st_reference_add(st_reference *reference, const st_measure *m,
                      double weight);
void st_reference_done(st_reference *reference);

/* Put the curve that leads from the spectra of `now` to the reference's into
 * the recipe: what the recipe's curve already does plus `step` times what is
 * missing, `amount` of it in all. Boost at most 36 dB, cut 60; a band more
 * than 90 dB under the whole of the song is not lifted. Ignored if the user
 * gave a curve. Mono: mid only. [any] */
void st_match_curve(st_recipe *recipe, const st_reference *reference,
                    const st_measure *start, const st_measure *now,
                    double amount, double step);
/* RMS difference in dB over the 26 bands of the mid, level taken out. [any] */
double st_match_distance_db(const st_reference *reference, const st_measure *m);

#endif
