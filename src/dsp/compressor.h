/* compressor: full-band, feed-forward, with look-ahead and side-chain.
 * Source: dsp/dynamics.h says curve, ballistics, scales and control rate.
 *
 * Latency: the look-ahead, nothing else. ratio 1 with makeup 0 gives the input
 * back (delayed) bit for bit. */
#ifndef ST_DSP_COMPRESSOR_H
#define ST_DSP_COMPRESSOR_H

#include "dsp/dynamics.h"
#include "dsp/unit.h"

typedef struct {
    st_dynamics_params curve;
    double lookahead_ms;   /* 0..50, rounded to frames; fixed by _new */
    bool linked;           /* one gain for all channels; else one each */
    double detector_hp_hz; /* 0 = off; else 12 dB/octave high-pass on what the
                            * detector hears, 10..1000 */
} st_compressor_params;

typedef struct st_compressor st_compressor;

/* Neutral curve, no look-ahead, linked, no high-pass. [any] */
st_compressor_params st_compressor_defaults(void);
/* See dsp/unit.h. Changes of the curve take 20 ms. */
ST_MUST_USE st_status st_compressor_new(st_compressor **out,
                                        const st_spec *spec,
                                        const st_compressor_params *params);
void st_compressor_free(st_compressor *u);
void st_compressor_reset(st_compressor *u);
void st_compressor_set(st_compressor *u, const st_compressor_params *params);
int st_compressor_latency_frames(const st_compressor *u);
void st_compressor_process(st_compressor *u, const float *const *in,
                           float *const *out, int frames);
/* As _process, but the detector hears `key` [key_channels 1..8] (not delayed,
 * so the look-ahead counts); linked: all channels follow the loudest key
 * channel; else channel c follows key channel c modulo key_channels. No
 * pointer of `key` may be one of `out`. [rt] */
void st_compressor_process_keyed(st_compressor *u, const float *const *in,
                                 const float *const *key, int key_channels,
                                 float *const *out, int frames);
/* Reduction so far: the mean of the channels, the largest max. [rt] */
st_reduction st_compressor_reduction(const st_compressor *u);
/* Start the meter anew. [rt] */
void st_compressor_clear_reduction(st_compressor *u);

#endif
