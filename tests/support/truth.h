/* truth: a slow true-peak meter to judge others by.
 * Source: ITU-R BS.1770-5 Annex 2; 32 points a frame by a 256-tap windowed
 * sinc in double precision (Kaiser, -100 dB): flat within 0.001 dB from 0 to
 * 0.487 of the rate, and 32 points miss a top by less than 0.011 dB. Silence
 * before and after. Uses libm: for tests and benches only. */
#ifndef ST_TESTS_SUPPORT_TRUTH_H
#define ST_TESTS_SUPPORT_TRUTH_H

#include <stddef.h>

enum { TRUTH_POINTS = 32 };

/* Largest |curve|, in dB; -400 for silence or no memory. All frames are
 * looked at 4-fold, those within 0.75 dB of the top 32-fold (4 points a frame
 * miss a top by at most 0.69 dB). */
double truth_peak_db(const float *x, size_t n);
/* As above, and the frame at which it stands. */
double truth_peak_at_db(const float *x, size_t n, double *frame);

#endif
