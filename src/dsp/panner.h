/* panner: the place of a stem in the stereo field, its width and its fader.
 * Source: A. D. Blumlein, GB 394325 (width by the side signal); constant-power
 * law as in any desk: with angle a = (pan + 1) pi / 4, left sqrt2 cos a, right
 * sqrt2 sin a.
 *
 * In the middle both gains are 1, at one side the power of both together is
 * kept: +3.01 dB there, 0 at the other. One channel in: it goes to both. Two:
 * width first (side gain), then each side its gain (balance). Latency 0; pan
 * 0, width 1 and gain 0 dB copy the input bit for bit. */
#ifndef ST_DSP_PANNER_H
#define ST_DSP_PANNER_H

#include "dsp/unit.h"

typedef struct {
    double gain_db; /* -150..40; -150 is silence */
    double pan;     /* -1 left .. 1 right */
    double width;   /* 0..2: side gain; without effect on one channel */
} st_panner_params;

typedef struct st_panner st_panner;

/* 0 dB, middle, width 1. [any] */
st_panner_params st_panner_defaults(void);
/* See dsp/unit.h. spec.channels 1 or 2 (of the input), else ST_BAD_ARG.
 * Changes take 20 ms. */
ST_MUST_USE st_status st_panner_new(st_panner **out, const st_spec *spec,
                                    const st_panner_params *params);
void st_panner_free(st_panner *u);
void st_panner_reset(st_panner *u);
void st_panner_set(st_panner *u, const st_panner_params *params);
int st_panner_latency_frames(const st_panner *u); /* 0 */
/* in[1 or 2], out[2]; in[0] may be out[0], in[1] out[1]. */
void st_panner_process(st_panner *u, const float *const *in, float *const *out,
                       int frames);

#endif
