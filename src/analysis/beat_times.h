/* beat_times: beats to finer times, tempo segments, and places between beats.
 * Source: local straight lines through neighbouring beats, weighted by how
 * sure each is. Private to rhythm.c and its tests. */
#ifndef ST_ANALYSIS_BEAT_TIMES_H
#define ST_ANALYSIS_BEAT_TIMES_H

#include "analysis/rhythm.h"

#include <stdint.h>

/* time_s[beats] of the path, on its grid of 10 ms: moved to the centre of
 * the activation's peak (beat[frames]) and halfway onto a line through
 * the three beats to either side. ST_NO_MEM. [any] */
ST_MUST_USE st_status st_beat_times_refine(double *time_s, int64_t beats,
                                           const float *beat, int64_t frames);
/* Stretches within 4 % of one tempo, at least 4 beats each: out[beats] or
 * NULL; how many. beats >= 2. [any] */
int64_t st_beat_times_segments(const double *time_s, int64_t beats,
                               st_rhythm_segment *out);

#endif
