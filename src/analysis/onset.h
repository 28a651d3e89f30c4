/* onset: where something begins.
 * Source: Bello et al. 2005 (peaks of a spectral flux over an adaptive
 * threshold). Private to rhythm.c and its tests. */
#ifndef ST_ANALYSIS_ONSET_H
#define ST_ANALYSIS_ONSET_H

#include "analysis/rhythm.h"

#include <stdint.h>

/* Peaks of strength[frames] (ST_RHYTHM_FPS a second), the greatest within 60
 * ms, over 1.5 times the mean of the second around them and 0.06. Times are
 * between frames (a parabola). out[frames] or NULL to count. [any] */
int64_t st_onset_pick(const float *strength, int64_t frames,
                      st_rhythm_onset *out);

#endif
