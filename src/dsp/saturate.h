/* saturate: soft clipper and saturator, 8 times oversampled.
 * Source: curves are polynomial smooth steps of the slope (Perlin's family,
 * degree 7), so they are four times differentiable and their harmonics die
 * before they can fold; no libm. Unit contract: dsp/unit.h.
 *
 * out = in + mix * d(drive * in) / drive, then output gain; d(x) = f(x) - x is
 * what the curve f adds. Only d is made at 8 times the rate and brought back;
 * the signal itself is delayed and never filtered. So small signals keep
 * their level whatever the drive (gain-neutral), a signal below the curve's
 * threshold comes out bit for bit, and such stretches cost next to nothing.
 *
 * Aliases: <= -90 dB for sines of 1-10 kHz at -1 dBFS at 44.1 kHz and above,
 * each curve, every drive_db up to ST_SATURATE_DRIVE_MAX_DB. */
#ifndef ST_DSP_SATURATE_H
#define ST_DSP_SATURATE_H

#include "dsp/unit.h"

typedef enum {
    /* Exact up to half of full scale, a round shoulder, flat at full scale:
     * takes peaks off, leaves the body alone. Odd harmonics. */
    ST_CURVE_CLIP = 0,
    /* As CLIP, but the shoulder begins at a fifth of full scale. */
    ST_CURVE_SOFT,
    /* Rounds from the first step on, like tape: third harmonic grows with
     * the level. */
    ST_CURVE_WARM,
    /* WARM with a lopsided curve: second harmonic too; its DC is removed by
     * a one-pole filter at 5 Hz that only d passes. */
    ST_CURVE_TUBE,
    ST_CURVE_COUNT
} st_saturate_curve;

#define ST_SATURATE_DRIVE_MAX_DB 9.0

typedef struct {
    st_saturate_curve curve; /* a change takes effect at the next hop */
    double drive_db;         /* 0..ST_SATURATE_DRIVE_MAX_DB; 0 */
    double mix;              /* 0..1, 0 = dry; 0 */
    double output_db;        /* -24..24, 0 */
} st_saturate_params;

typedef struct st_saturate st_saturate;

/* "clip", "soft", "warm", "tube"; NULL outside. [any] */
const char *st_saturate_curve_name(st_saturate_curve curve);

st_saturate_params st_saturate_defaults(void);
ST_MUST_USE st_status st_saturate_new(st_saturate **out, const st_spec *spec,
                                      const st_saturate_params *params);
void st_saturate_free(st_saturate *u);
void st_saturate_reset(st_saturate *u);
void st_saturate_set(st_saturate *u, const st_saturate_params *params);
int st_saturate_latency_frames(const st_saturate *u);
void st_saturate_process(st_saturate *u, const float *const *in,
                         float *const *out, int frames);

/* f(x) of a curve itself, for pictures and tests. [any] */
double st_saturate_shape(st_saturate_curve curve, double x);

#endif
