/* interpeak: the top of the curve through the samples, frame by frame, where
 * it may exceed a limit. Source: ITU-R BS.1770-5 Annex 2 for what is sought;
 * the bounds that let most of a signal be passed over are our own.
 *
 * A half-band filter gives the points between samples, 8 taps at twice the
 * rate the six between those, parabolas the tops. With 40 taps the first is
 * within 0.02 dB up to 0.45 fs, with 128 and side lobes of
 * 40 dB within 0.05 dB up to 0.48 fs. Each
 * filter is a straight line between neighbours plus a sum over second
 * differences, so its result is at most the largest sample plus (a constant)
 * times the largest second difference: where that stays under the limit nothing
 * is computed, and nothing changes. */
#ifndef ST_DSP_INTERPEAK_H
#define ST_DSP_INTERPEAK_H

#include "dsp/limops.h"

#include <stdbool.h>

enum { ST_INTERPEAK_HOP = 64, ST_INTERPEAK_HALF_MAX = 64 };

typedef struct {
    const st_limops *ops;
    int half; /* taps of the half-band filter on one side */
    float between[ST_INTERPEAK_HALF_MAX];
    float fine[ST_LIMOPS_FINE_PHASES][ST_LIMOPS_FINE_TAPS];
    float bend;      /* times the second difference of the samples */
    float bend_fine; /* times that of the row at twice the rate */
} st_interpeak;

/* `half` 20..ST_INTERPEAK_HALF_MAX; its side lobes are `stop_db` down.
 * [main] */
void st_interpeak_init(st_interpeak *ip, int half, double stop_db);
/* Frames read before and after a hop. [any] */
int st_interpeak_margin(const st_interpeak *ip);
/* tops[i] = largest |curve| in [i, i + 1), i < ST_INTERPEAK_HOP, or 0 where
 * it cannot exceed `limit` (> 0); false, tops untouched, when that is so for
 * the whole hop. Reads x[-margin .. HOP + margin). [rt] */
bool st_interpeak_find(const st_interpeak *ip, const float *x, float limit,
                       float *tops);

#endif
