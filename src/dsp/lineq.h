/* lineq: linear-phase FIR equaliser that follows a curve in dB.
 * Source: frequency sampling with a Kaiser window, then the target corrected
 * by the error left (iterated); bands follow the analogue prototypes of the
 * RBJ cookbook, unwarped, so the same bands sound alike at any rate.
 *
 * Magnitude is within 0.1 dB of the target from 20 Hz to 20 kHz (or 0.45 of
 * the rate) for curves no steeper than third-octave smoothing, to +-20 dB.
 * The FIR is exactly symmetric. A flat curve is a pure delay (no rounding
 * but the transform's, <= -120 dBFS). Keeps the contract of dsp/unit.h. */
#ifndef ST_DSP_LINEQ_H
#define ST_DSP_LINEQ_H

#include "dsp/unit.h"

#include <stdbool.h>

typedef struct st_lineq st_lineq;

typedef enum {
    ST_LINEQ_PEAK = 0,   /* gain db at hz, bandwidth by q */
    ST_LINEQ_LOW_SHELF,  /* gain db far below, db/2 at hz */
    ST_LINEQ_HIGH_SHELF, /* gain db far above, db/2 at hz */
} st_lineq_shape;

typedef struct {
    st_lineq_shape shape;
    double hz; /* 10..100000; clamped */
    double db; /* -24..24; clamped */
    double q;  /* 0.1..4 (shelves: 0.707 is steepest without overshoot) */
} st_lineq_band;

typedef struct {
    double hz; /* > 0, rising */
    double db; /* -60..60 */
} st_lineq_point;

/* Target = points (monotone cubic over log frequency, held beyond the ends)
 * plus every band. All zero: flat. */
typedef struct {
    const st_lineq_point *points;
    int point_count; /* 0..4096 */
    const st_lineq_band *bands;
    int band_count; /* 0..64 */
} st_lineq_curve;

/* Target of `curve` at hz, dB. [any] */
double st_lineq_target_db(const st_lineq_curve *curve, double hz);

typedef struct {
    st_lineq_curve mid;  /* or every channel, when separate_side is false */
    st_lineq_curve side; /* used when separate_side; needs two channels */
    bool separate_side;
    int taps;         /* 0: from the rate; else 255..131071, made odd */
    int block_frames; /* as in dsp/convolve.h; 0: the fastest for files */
} st_lineq_params;

/* What was made. */
typedef struct {
    int taps;
    double error_db;    /* largest |response - target|, 20 Hz to 20 kHz or
                           0.45 of the rate */
    double pre_ring_db; /* energy more than 1 ms ahead of the centre, relative
                           to the whole response (mid, or worse of the two);
                           -200 at least */
} st_lineq_info;

/* Flat, automatic length. [any] */
st_lineq_params st_lineq_defaults(void);
/* Curves are read here only, not kept. ST_BAD_ARG (also: points not rising,
 * a value not finite), ST_NO_MEM. [main] */
ST_MUST_USE st_status st_lineq_new(st_lineq **out, const st_spec *spec,
                                   const st_lineq_params *params);
void st_lineq_free(st_lineq *unit);  /* NULL is fine [main] */
void st_lineq_reset(st_lineq *unit); /* [rt] */
/* (taps - 1)/2 plus the hop of dsp/convolve.h. [any] */
int st_lineq_latency_frames(const st_lineq *unit);
void st_lineq_process(st_lineq *unit, const float *const *in, float *const *out,
                      int frames);                     /* [rt] */
st_lineq_info st_lineq_info_get(const st_lineq *unit); /* [any] */
/* The FIR, taps values, borrowed. side: that of the side signal. [any] */
const float *st_lineq_fir(const st_lineq *unit, bool side);
/* Magnitude of the FIR made at hz, dB. [any] */
double st_lineq_response_db(const st_lineq *unit, bool side, double hz);

#endif
