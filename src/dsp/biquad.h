/* biquad: a cascade of second-order sections on every channel.
 * Source: R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter
 * coefficients" (bilinear); M. Vicanek, "Matched Second Order Digital
 * Filters" (2016) for the matched designs, whose response follows the analogue
 * one up to Nyquist instead of being squeezed below it.
 *
 * Coefficients and state are double, transposed direct form II: against an
 * 80-bit reference the rounding noise of a section at 20 Hz under full-scale
 * noise is -245 dBFS at 48 kHz and -218 at 384 kHz, so what is left is the
 * float32 of the output alone; two channels share one vector, so double costs
 * what float would. Minimum phase, latency 0.
 *
 * Matched at 48 kHz, up to 20 kHz: corners to 1 kHz follow the analogue
 * response within 0.04 dB at +-12 dB of gain; at 10 kHz within 0.6 dB (peaks,
 * shelves) and 0.85 dB (low-, high-pass), where the cookbook errs by 2 to 16.
 */
#ifndef ST_DSP_BIQUAD_H
#define ST_DSP_BIQUAD_H

#include "dsp/unit.h"

#include <stddef.h>

enum { ST_BIQUAD_MAX_SECTIONS = 16 };

typedef enum {
    ST_BIQUAD_NONE = 0,   /* passes unchanged */
    ST_BIQUAD_LOWPASS,    /* 12 dB/octave; q is the gain at hz */
    ST_BIQUAD_HIGHPASS,   /* 12 dB/octave; q is the gain at hz */
    ST_BIQUAD_BANDPASS,   /* 0 dB at hz; q = hz / bandwidth (-3 dB points) */
    ST_BIQUAD_NOTCH,      /* q = hz / bandwidth (-3 dB points) */
    ST_BIQUAD_ALLPASS,    /* phase -180 degrees at hz */
    ST_BIQUAD_PEAK,       /* gain_db at hz */
    ST_BIQUAD_LOW_SHELF,  /* gain_db at 0 Hz, half of it (in dB) at hz */
    ST_BIQUAD_HIGH_SHELF, /* gain_db above hz, half of it (in dB) at hz */
    ST_BIQUAD_TYPE_COUNT
} st_biquad_type;

typedef struct {
    st_biquad_type type;
    double hz;      /* 1..0.49 * rate */
    double q;       /* 0.05..100; 0.7071 is Butterworth, and the steepest
                     * shelf without overshoot */
    double gain_db; /* -60..60; peak and shelves */
    bool matched;   /* low-, high-, bandpass, peak and shelves: the matched
                     * design; else (and for the others) the cookbook's */
} st_biquad_section;

typedef struct {
    int sections; /* 0..ST_BIQUAD_MAX_SECTIONS */
    st_biquad_section section[ST_BIQUAD_MAX_SECTIONS];
} st_biquad_params;

/* H(z) = (b0 + b1 z^-1 + b2 z^-2) / (1 + a1 z^-1 + a2 z^-2) */
typedef struct {
    double b0, b1, b2, a1, a2;
} st_biquad_coeffs;

typedef struct st_biquad st_biquad;

/* Coefficients of one section; values out of range are clamped. [any] */
st_biquad_coeffs st_biquad_design(const st_biquad_section *section,
                                  double rate_hz);
/* |H| at `hz` (0..rate/2) in dB, -400 at a zero. [any] */
double st_biquad_gain_db(const st_biquad_coeffs *coeffs, double hz,
                         double rate_hz);

/* No section at all: output is input, bit for bit. [any] */
st_biquad_params st_biquad_defaults(void);
/* See dsp/unit.h. A change moves the coefficients in a straight line over
 * 20 ms, in steps of 16 frames; each point of that line is stable. */
ST_MUST_USE st_status st_biquad_new(st_biquad **out, const st_spec *spec,
                                    const st_biquad_params *params);
void st_biquad_free(st_biquad *u);
void st_biquad_reset(st_biquad *u);
void st_biquad_set(st_biquad *u, const st_biquad_params *params);
int st_biquad_latency_frames(const st_biquad *u); /* 0 */
void st_biquad_process(st_biquad *u, const float *const *in, float *const *out,
                       int frames);

#endif
