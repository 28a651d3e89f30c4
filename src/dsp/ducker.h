/* ducker: one sound makes room for another, in a band or as a whole.
 * Source: dsp/dynamics.h for curve and ballistics; T. Saramaki, "Finite Impulse
 * Response Filter Design" (multirate linear-phase filters).
 *
 * The signal is delayed by D frames and the key by D - look-ahead: the gain
 * begins to fall `lookahead_ms` before the sound that causes it. With
 * low_hz 0 and high_hz 0 the whole signal is ducked. Else
 *     out = delayed - (1 - gain) * band(in)
 * where band() is a linear-phase band-pass of exactly D frames' delay, worked
 * out at a lower rate (dsp/lowband.h): what is not ducked passes bit for bit,
 * and what lies above the band keeps level and phase. The band's upper side
 * falls by 30 dB and more from high_hz to 2.1 times high_hz, and loses less
 * than 0.1 dB up to high_hz * 0.9; its lower side is as gentle as D allows: for
 * 40 to 120 Hz there is none at D = 10 ms (what lies lower is ducked too), and
 * 9 dB at 20 Hz with a look-ahead of 20 ms. D is 1.15 periods of high_hz, or
 * the look-ahead, rounded up to samples of the low rate. */
#ifndef ST_DSP_DUCKER_H
#define ST_DSP_DUCKER_H

#include "dsp/dynamics.h"
#include "dsp/unit.h"

typedef struct {
    double low_hz, high_hz; /* 0 and 0: all of it; else 20..1000, low < high */
    st_dynamics_params curve; /* range_db: the depth; not used: upward,
                               * makeup_db, mix */
    double lookahead_ms;      /* 0..20, fixed by _new */
    double key_high_hz;       /* 0: the key is heard as it is; else 6 dB/octave
                               * low-pass on it, 100..20000 */
} st_ducker_params;

typedef struct st_ducker st_ducker;

/* Neutral: ratio 1; 40 to 120 Hz, look-ahead 8 ms. [any] */
st_ducker_params st_ducker_defaults(void);
/* See dsp/unit.h. The band is fixed by _new; changes of the curve take 20 ms.
 * All channels share one gain. */
ST_MUST_USE st_status st_ducker_new(st_ducker **out, const st_spec *spec,
                                    const st_ducker_params *params);
void st_ducker_free(st_ducker *u);
void st_ducker_reset(st_ducker *u);
void st_ducker_set(st_ducker *u, const st_ducker_params *params);
/* D: the look-ahead or the band's delay, whichever is more (9.6 ms for 120 Hz;
 * up to 0.4 ms over the look-ahead). */
int st_ducker_latency_frames(const st_ducker *u);
/* The key is the input (of use in tests only). */
void st_ducker_process(st_ducker *u, const float *const *in, float *const *out,
                       int frames);
/* key[key_channels 1..8], not delayed; the loudest channel counts. No pointer
 * of `key` may be one of `out`. [rt] */
void st_ducker_process_keyed(st_ducker *u, const float *const *in,
                             const float *const *key, int key_channels,
                             float *const *out, int frames);
/* Blocks count where the key was over -60 dBFS. [rt] */
st_reduction st_ducker_reduction(const st_ducker *u);
void st_ducker_clear_reduction(st_ducker *u); /* [rt] */

#endif
