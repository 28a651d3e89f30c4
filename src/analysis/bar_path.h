/* bar_path: which beat of the bar each beat is.
 * Source: Whiteley et al. 2006 (place in the bar as a state), Krebs et al.
 * 2013 (metres compared). Private to rhythm.c and its tests. */
#ifndef ST_ANALYSIS_BAR_PATH_H
#define ST_ANALYSIS_BAR_PATH_H

#include "core/attr.h"
#include "core/status.h"

#include <stdint.h>

enum { ST_BAR_MIN = 2, ST_BAR_MAX = 7 };

typedef struct {
    const float *downbeat; /* [count] activation at each beat, 0..1 */
    /* mean probability of ST_BAR_MIN.. ST_BAR_MAX beats a bar, or NULL */
    const float *metre;
    /* nats for a bar that begins at each beat, from elsewhere, or NULL */
    const float *change;
    int64_t count;
} st_bar_input;

typedef struct {
    int metre;         /* beats a bar, 0 with less than four beats */
    double confidence; /* 0..1 among the metres compared */
} st_bar_answer;

/* position[count]: 1.. metre, a step a beat; 0 where no metre is known. The
 * bar may begin anew at a price, so a beat too many does not turn all that
 * follows. ST_NO_MEM. [any] */
ST_MUST_USE st_status st_bar_find(const st_bar_input *in, int *position,
                                  st_bar_answer *answer);

/* Nats that bars of a metre, laid best, gather of change[count] alone; 0 for
 * less than four beats. ST_NO_MEM. [any] */
ST_MUST_USE st_status st_bar_gather(const float *change, int64_t count,
                                    int metre, double *score);

#endif
