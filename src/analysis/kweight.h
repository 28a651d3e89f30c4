/* kweight: the K weighting of BS.1770 at any sampling rate.
 * Source: ITU-R BS.1770-5 Annex 1, tables 1 and 2 (48 kHz); the fit for other
 * rates follows Vicanek, "Matched second order digital filters" (2016).
 *
 * At 48 kHz these are the standard's own coefficients. At any other rate both
 * sections are fitted, by least squares on the squared magnitude, to the
 * response that the 48 kHz filter has at the same frequency in Hz (held at
 * its 24 kHz value above that). Within 0.02 dB up to 0.45 fs at 44.1 kHz and
 * above, within 0.05 dB below (worst: 8 kHz). The usual re-derived bilinear
 * filter errs by up to 0.42 dB at 8 kHz. */
#ifndef ST_ANALYSIS_KWEIGHT_H
#define ST_ANALYSIS_KWEIGHT_H

#include "core/attr.h"
#include "core/status.h"

/* y = b0 x + b1 x' + b2 x'' - a1 y' - a2 y'' */
typedef struct {
    double b0, b1, b2, a1, a2;
} st_kweight_section;

/* section[0] the shelf (head), section[1] the high-pass (RLB). */
typedef struct {
    st_kweight_section section[2];
} st_kweight;

/* rate_hz 8000..384000, else ST_BAD_ARG. Deterministic; about 0.1 ms. [any] */
ST_MUST_USE st_status st_kweight_design(st_kweight *out, double rate_hz);

/* |H|^2 of the cascade at a frequency, 0..rate_hz/2. [any] */
double st_kweight_power(const st_kweight *k, double rate_hz, double hz);

#endif
