/* multiband: a crossover with one compressor a band, all channels linked.
 * Source: dsp/crossover.h (Linkwitz-Riley, 24 dB/octave, phase-aligned) and
 * dsp/dynamics.h (curve, ballistics, control rate).
 *
 * While no band moves its gain the sum is flat within 0.001 dB (an allpass).
 * When every band's settings are neutral (st_dynamics_is_neutral) the unit
 * gives its delayed input back bit for bit; entering or leaving that state by
 * _set crossfades over 20 ms. Upward and parallel compression are settings of
 * a band (dsp/dynamics.h). Latency: the look-ahead. */
#ifndef ST_DSP_MULTIBAND_H
#define ST_DSP_MULTIBAND_H

#include "dsp/crossover.h"
#include "dsp/dynamics.h"
#include "dsp/unit.h"

typedef struct {
    st_crossover_params crossover; /* .bands 2..4, fixed by _new */
    st_dynamics_params band[ST_CROSSOVER_MAX_BANDS];
    double lookahead_ms; /* 0..50, rounded to frames; fixed by _new */
} st_multiband_params;

typedef struct st_multiband st_multiband;

/* Four neutral bands at the crossover's default frequencies, no look-ahead;
 * attack and release fall from the lowest band (30, 300 ms) to the highest
 * (5, 80 ms), hold from 10 to 1 ms. [any] */
st_multiband_params st_multiband_defaults(void);
/* See dsp/unit.h. Changes take 20 ms. */
ST_MUST_USE st_status st_multiband_new(st_multiband **out, const st_spec *spec,
                                       const st_multiband_params *params);
void st_multiband_free(st_multiband *u);
void st_multiband_reset(st_multiband *u);
void st_multiband_set(st_multiband *u, const st_multiband_params *params);
int st_multiband_latency_frames(const st_multiband *u);
void st_multiband_process(st_multiband *u, const float *const *in,
                          float *const *out, int frames);
/* Reduction of one band (0..bands-1); -1: all of them, the mean weighted by
 * each band's counted blocks, the largest max. Other values: zeroes. [rt] */
st_reduction st_multiband_reduction(const st_multiband *u, int band);
/* Start the meters anew. [rt] */
void st_multiband_clear_reduction(st_multiband *u);

#endif
