/* crossover: splits each channel into 2 to 4 bands that add up flat.
 * Source: S. Linkwitz, "Active Crossover Networks for Noncoincident Drivers",
 * JAES 24(1), 1976 (4th order, 24 dB/octave, -6 dB at the crossover).
 *
 * A tree: first the middle frequency, then each half. Each half also passes
 * the allpass of the other half's frequency, so all bands carry the same
 * phase and their sum is the input through second-order allpasses: flat
 * within 0.001 dB at any setting, phase turned by 360 degrees a frequency.
 * The high side of each split is "allpass minus low", which for this
 * alignment is the 24 dB/octave high-pass itself (LP^2 + HP^2 = AP), so the
 * sum is flat by construction. Trapezoidal state-variable sections in double;
 * latency 0. */
#ifndef ST_DSP_CROSSOVER_H
#define ST_DSP_CROSSOVER_H

#include "dsp/unit.h"

enum { ST_CROSSOVER_MAX_BANDS = 4 };

typedef struct {
    int bands; /* 2..4, fixed by _new */
    /* bands - 1 frequencies, rising, 10..0.45 * rate; one that is not at least
     * 1.05 times its lower neighbour is moved up to it */
    double hz[ST_CROSSOVER_MAX_BANDS - 1];
} st_crossover_params;

typedef struct st_crossover st_crossover;

/* Four bands: 120, 800, 5000 Hz. [any] */
st_crossover_params st_crossover_defaults(void);
/* See dsp/unit.h. Changes of frequency take 20 ms. */
ST_MUST_USE st_status st_crossover_new(st_crossover **out, const st_spec *spec,
                                       const st_crossover_params *params);
void st_crossover_free(st_crossover *u);
void st_crossover_reset(st_crossover *u);
void st_crossover_set(st_crossover *u, const st_crossover_params *params);
int st_crossover_latency_frames(const st_crossover *u); /* 0 */
/* out[band * channels + channel], band 0 is the lowest; `in` may be any one of
 * the outputs of its own channel. [rt] */
void st_crossover_process(st_crossover *u, const float *const *in,
                          float *const *out, int frames);

#endif
