/* xover: coefficients of the crossover tree for two channels (internal).
 * Source: dsp/crossover.h; the arithmetic is dsp/dynops_body.c. */
#ifndef ST_DSP_XOVER_H
#define ST_DSP_XOVER_H

#include "dsp/crossover.h"
#include "dsp/dynops.h"

#include <stdint.h>

/* Frequencies in log2 Hz, moving in a straight line. */
typedef struct {
    const st_dynops *ops;
    double rate_hz;
    int bands;
    int step_frames; /* coefficients stand still for so long */
    int ramp_steps, ramp_left;
    double now[ST_CROSSOVER_MAX_BANDS - 1];
    double target[ST_CROSSOVER_MAX_BANDS - 1];
    double delta[ST_CROSSOVER_MAX_BANDS - 1];
    st_xover_coeffs coeffs;
} st_xover;

/* Lane of the left channel in which band `band` of `bands` comes out. [any] */
int st_xover_lane(int bands, int band);

/* All [rt], one at a time. bands 2..4. */
void st_xover_init(st_xover *x, double rate_hz,
                   const st_crossover_params *params);
void st_xover_set(st_xover *x, const st_crossover_params *params);
/* Jump to the target. */
void st_xover_settle(st_xover *x);
/* Frames from absolute frame `frame` on for which the coefficients hold, at
 * most `want`; moves them first when a step begins at `frame`. */
int st_xover_run(st_xover *x, int64_t frame, int want);
/* Small states to zero, so that silence never becomes denormal. */
void st_xover_flush(st_xover_state *state);

#endif
