/* reference: BS.1770 and EBU Tech 3341/3342 the direct, slow way, in double
 * precision, to hold the meter against. Source: the standards' own text.
 * Whole arrays, every block energy kept, maxima at every frame, sorting. */
#ifndef ST_TESTS_ANALYSIS_REFERENCE_H
#define ST_TESTS_ANALYSIS_REFERENCE_H

#include <stddef.h>

typedef struct {
    double integrated, range, momentary_max, short_term_max;
} reference_result;

/* in[channels][n]; weight[channels]. The K filter is the standard's table at
 * 48 kHz; elsewhere st_kweight_design (proven by its own test). */
reference_result reference_loudness(const float *const *in, int channels,
                                    size_t n, int rate_hz,
                                    const double *weight);

/* |H|^2 of the standard's 48 kHz filter, straight from the z transform. */
double reference_k_power(double hz);

#endif
