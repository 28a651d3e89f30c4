/* blend: adds a processed signal to its dry one, in time with it.
 * Source: "parallel" (New York) processing; the dry path is delayed by the
 * latency of the wet one, so nothing combs. */
#ifndef ST_DSP_BLEND_H
#define ST_DSP_BLEND_H

#include "dsp/unit.h"

typedef struct {
    int wet_latency_frames; /* 0..1048576: how late `wet` is; fixed by _new */
    double dry_gain;        /* -16..16, linear */
    double wet_gain;        /* -16..16, linear */
} st_blend_params;

typedef struct st_blend st_blend;

/* Dry 1, wet 0, latency 0: gives the dry signal, bit for bit. [any] */
st_blend_params st_blend_defaults(void);
/* Set the gains from one knob: mix 0..1 gives dry 1 - mix, wet mix. [any] */
void st_blend_mix(st_blend_params *params, double mix);
/* See dsp/unit.h. Gains move in a straight line over 20 ms. */
ST_MUST_USE st_status st_blend_new(st_blend **out, const st_spec *spec,
                                   const st_blend_params *params);
void st_blend_free(st_blend *u);
void st_blend_reset(st_blend *u);
void st_blend_set(st_blend *u, const st_blend_params *params);
/* wet_latency_frames: of `out` against the dry input. */
int st_blend_latency_frames(const st_blend *u);
/* out = dry_gain * delayed dry + wet_gain * wet; out may be dry or wet. [rt] */
void st_blend_process(st_blend *u, const float *const *dry,
                      const float *const *wet, float *const *out, int frames);

#endif
