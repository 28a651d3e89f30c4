/* stereo: mid/side, width and mono bass for two channels.
 * Source: A. Blumlein, GB 394325 (mid/side); side filter: dsp/crossover.h.
 *
 * M = (L + R) / 2, S = (L - R) / 2. Width is the gain of S (design: width_pct
 * = side gain x 100). Mono bass takes S out below a frequency with the 24
 * dB/octave Linkwitz-Riley high-pass and turns the phase of M alike (its
 * allpass), so that left and right stay in place above it. Latency 0. */
#ifndef ST_DSP_STEREO_H
#define ST_DSP_STEREO_H

#include "dsp/unit.h"

#include <stdint.h>

typedef struct {
    double width;         /* 0..4: side gain; 1 = unchanged, 0 = mono */
    double mono_below_hz; /* 0 = off, else 10..0.4 * rate */
} st_stereo_params;

typedef struct st_stereo st_stereo;

/* Width 1, no mono bass: output is input, bit for bit. [any] */
st_stereo_params st_stereo_defaults(void);
/* See dsp/unit.h. spec.channels 2, else ST_BAD_ARG. Changes take 20 ms. */
ST_MUST_USE st_status st_stereo_new(st_stereo **out, const st_spec *spec,
                                    const st_stereo_params *params);
void st_stereo_free(st_stereo *u);
void st_stereo_reset(st_stereo *u);
void st_stereo_set(st_stereo *u, const st_stereo_params *params);
int st_stereo_latency_frames(const st_stereo *u); /* 0 */
void st_stereo_process(st_stereo *u, const float *const *in, float *const *out,
                       int frames);

/* Left/right to mid/side and back (exact inverses but for rounding). In place
 * is fine. [rt] */
void st_ms_encode(const float *left, const float *right, float *mid,
                  float *side, int frames);
void st_ms_decode(const float *mid, const float *side, float *left,
                  float *right, int frames);

/* Sums from which correlation and safe width follow; zero-initialise. */
typedef struct {
    double mid2, side2, midside; /* sums of M*M, S*S, M*S */
    int64_t frames;
} st_stereo_sums;

/* Add a block, frame after frame: blocks never show. [rt] */
void st_stereo_sums_add(st_stereo_sums *sums, const float *left,
                        const float *right, int frames);
/* Correlation E[LR] / sqrt(E[LL] E[RR]) that the material would have with its
 * side gain at `width`, -1..1; 1 for silence (and one silent channel). [any] */
double st_stereo_correlation(const st_stereo_sums *sums, double width);
/* The largest side gain, at most `wanted` (>= 0), with which the correlation
 * is at least `min_correlation` (-1..1). Closed form. When width 1 already
 * lies below, the answer is below 1: the caller decides. [any] */
double st_stereo_safe_width(const st_stereo_sums *sums, double wanted,
                            double min_correlation);
/* E[S*S] / E[M*M], the width of a reference match; 0 for silence. [any] */
double st_stereo_side_ratio(const st_stereo_sums *sums);

#endif
