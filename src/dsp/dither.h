/* dither: brings float samples to a 16- or 24-bit grid without distortion.
 * Source: S. Lipshitz, R. Wannamaker, J. Vanderkooy, "Quantization and
 * Dither: A Theoretical Survey", JAES 40(5), 1992 (TPDF, 2 LSB wide: error
 * mean and power do not depend on the signal); the same authors, "Minimally
 * Audible Noise Shaping", JAES 39(11), 1991 (the shapers).
 *
 * Output is float on the grid k / 2^(bits-1), k in -2^(bits-1) ..
 * 2^(bits-1) - 1: a writer that scales and rounds changes nothing. The noise
 * is a hash of seed, channel and absolute frame: same file, same noise, in any
 * blocks and on any thread. */
#ifndef ST_DSP_DITHER_H
#define ST_DSP_DITHER_H

#include "dsp/unit.h"

#include <stdint.h>

typedef enum {
    ST_SHAPE_NONE = 0,  /* white */
    ST_SHAPE_LIPSHITZ5, /* E-weighted, 5 taps */
    ST_SHAPE_E9         /* "improved E-weighted", 9 taps: strongest */
} st_dither_shape;

typedef struct {
    int bits;              /* 8..24, fixed by _new */
    st_dither_shape shape; /* known curves exist for 44.1 and 48 kHz only */
    bool dithered;         /* false: round to nearest only */
    bool auto_blank;       /* a channel of exact zeros for over 0.5 s puts out
                            * exact zeros until its next other sample */
    uint64_t seed;
} st_dither_params;

typedef struct st_dither st_dither;

/* 24 bits, white, dithered, no auto-blank, seed 0. [any] */
st_dither_params st_dither_defaults(void);
/* True when a shape other than none may be asked for (44.1 or 48 kHz). */
bool st_dither_can_shape(double rate_hz);
/* See dsp/unit.h. ST_UNSUPPORTED: a shape at a rate it was not made for. */
ST_MUST_USE st_status st_dither_new(st_dither **out, const st_spec *spec,
                                    const st_dither_params *params);
void st_dither_free(st_dither *u);
/* Also goes back to frame 0 of the noise. */
void st_dither_reset(st_dither *u);
/* bits stay; the rest takes effect with the next frame. A shape that the rate
 * does not allow becomes none. */
void st_dither_set(st_dither *u, const st_dither_params *params);
int st_dither_latency_frames(const st_dither *u); /* 0 */
/* Samples beyond full scale are clipped to it; NaN becomes 0. [rt] */
void st_dither_process(st_dither *u, const float *const *in, float *const *out,
                       int frames);
/* Peak that dither and rounding can add, in units of full scale: how far a
 * ceiling must lie above the samples. White: 1.5 LSB. [any] */
double st_dither_peak(const st_dither_params *params);

#endif
