/* convolve: a FIR filter of any length, by fast convolution.
 * Source: overlap-save, Stockham 1966; uniform partitions in a frequency
 * delay line, Gardner 1995. Two channels go through one complex transform
 * (left real, right imaginary), so stereo costs what mono does.
 * Keeps the contract of dsp/unit.h; the block grid is keyed to frame 0. */
#ifndef ST_DSP_CONVOLVE_H
#define ST_DSP_CONVOLVE_H

#include "dsp/unit.h"

#include <stddef.h>

typedef struct st_convolve st_convolve;

typedef struct {
    const float *fir; /* fir[taps], copied; for all channels, or for the mid
                         signal (L+R)/2 when side_fir is given */
    const float *side_fir; /* NULL, or side_fir[taps] for (L-R)/2; needs two
                              channels */
    size_t taps;           /* 1..1048576 */
    int block_frames; /* 0: the fastest for files; else the hop: a power of two
                         64..65536, small for live use */
} st_convolve_params;

/* ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_convolve_new(st_convolve **out, const st_spec *spec,
                                      const st_convolve_params *params);
void st_convolve_free(st_convolve *unit);  /* NULL is fine [main] */
void st_convolve_reset(st_convolve *unit); /* [rt] */
/* One hop: out[n + latency] = sum over k of fir[k] * in[n - k]. The filter's
 * own delay comes on top. [any] */
int st_convolve_latency_frames(const st_convolve *unit);
void st_convolve_process(st_convolve *unit, const float *const *in,
                         float *const *out, int frames); /* [rt] */

#endif
