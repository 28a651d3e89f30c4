/* meters: what tests measure with; plain double-precision definitions.
 * Source: AES17 (levels, THD+N). 0 dBFS = peak 1.0 for peaks and tones;
 * RMS is 0 dB at RMS 1.0 (a full-scale sine reads -3.01). Silence reads
 * -400 dB, so that comparisons need no special case. */
#ifndef ST_TESTS_SUPPORT_METERS_H
#define ST_TESTS_SUPPORT_METERS_H

#include <stddef.h>

double meter_peak_db(const float *x, size_t n);
double meter_rms_db(const float *x, size_t n);
double meter_mean(const float *x, size_t n);
/* Peak level of the tone at hz, by a 7-term Blackman-Harris window: others
 * 8 * rate / n or more away leak below -180 dB; its own level is within
 * 0.001 dB when hz >= 8 * rate / n. */
double meter_tone_db(const float *x, size_t n, double rate_hz, double hz);
/* What stays after the least-squares sine at hz and DC are taken out, RMS,
 * relative to that sine (negative dB). */
double meter_thd_n_db(const float *x, size_t n, double rate_hz, double hz);
/* RMS of b[i + delay] - a[i] over the frames that both have, in dBFS. */
double meter_null_db(const float *a, const float *b, size_t n, size_t delay);
/* Same, largest difference. */
double meter_null_peak_db(const float *a, const float *b, size_t n,
                          size_t delay);
/* The delay in [0, max_delay] at which b matches a best (correlation). */
size_t meter_delay(const float *a, const float *b, size_t n, size_t max_delay);
/* dB of an amplitude ratio, -400 for 0. */
double meter_db(double ratio);

#endif
