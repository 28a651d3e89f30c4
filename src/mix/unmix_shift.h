/* unmix_shift: by how much one recording of a song begins after another.
 * Source: generalised cross-correlation with the phase transform, Knapp &
 * Carter, IEEE Trans. ASSP 24(4), 1976.
 *
 * Every frequency has one vote, whatever its level: beats and bars that are
 * alike do not outweigh what tells them apart, and neither polarity nor EQ
 * matters. */
#ifndef ST_MIX_UNMIX_SHIFT_H
#define ST_MIX_UNMIX_SHIFT_H

#include "core/attr.h"
#include "core/status.h"

#include <stdint.h>

/* Samples by which b[n] comes after a[n], within +-most (below n); 0 where
 * nothing says. n + most at most 2^22. ST_NO_MEM. [any] */
ST_MUST_USE st_status st_unmix_shift(const float *a, const float *b, int64_t n,
                                     int64_t most, int64_t *shift);

#endif
