/* lowband: linear-phase band-pass for low bands, worked out at a low rate.
 * Source: T. Saramaki, "Finite Impulse Response Filter Design", in Mitra and
 * Kaiser (ed.), "Handbook for Digital Signal Processing", 1993 (multirate
 * filters); E. Hogenauer, "An economical class of digital filters for
 * decimation and interpolation", 1981 (the cascade of four box-cars).
 *
 * Every `factor` frames one sample is made by a cascade of four box-cars (its
 * zeros lie where the low rate would fold onto the band; -80 dB and better),
 * a symmetric FIR shapes the band (weighted least squares, the droop of the
 * box-cars made good), and the same cascade interpolates. All delays are whole
 * frames. Internal to dsp/ducker.c. All but _init: [rt], one at a time. */
#ifndef ST_DSP_LOWBAND_H
#define ST_DSP_LOWBAND_H

#include "core/attr.h"
#include "core/status.h"

#include <stdbool.h>

enum {
    ST_LOWBAND_RUN = 256,
    ST_LOWBAND_STAGES = 4, /* box-cars each way */
    ST_LOWBAND_MAX_FACTOR = 256,
    ST_LOWBAND_MAX_HALF = 64,
    ST_LOWBAND_TAPS = 136, /* 2 * half + 1 to a multiple of 8 */
    ST_LOWBAND_ROOM = 512, /* low-rate samples before the row slides */
};

typedef struct {
    int factor;    /* frames a low-rate sample */
    int half;      /* taps each side of the middle one */
    int idle;      /* low-rate samples of plain delay in front of the FIR */
    int box, wide; /* taps of cascade and FIR, zeros to a multiple of 8 first */
    int channels;
    int phase; /* frames since the newest low-rate sample */
    int past;  /* input frames kept */
    int span;  /* low-rate samples kept */
    int low_end;
    float taps[ST_LOWBAND_TAPS];
    float *down;   /* [box]: the cascade, last tap first */
    float *up;     /* [stages][factor]: by phase */
    float *input;  /* [channels][past + RUN] */
    float *low;    /* [channels][span + ROOM] */
    float *shaped; /* [channels][stages]: newest first */
} st_lowband;

/* Band low_hz..high_hz (as dsp/ducker.h says), delay of at least
 * `least_frames`. ST_NO_MEM; _deinit is due in any case. [any] */
ST_MUST_USE st_status st_lowband_init(st_lowband *b, double rate_hz,
                                      int channels, double low_hz,
                                      double high_hz, int least_frames);
void st_lowband_deinit(st_lowband *b);
void st_lowband_reset(st_lowband *b);
int st_lowband_delay_frames(const st_lowband *b);
/* For each run of n <= ST_LOWBAND_RUN frames: _one for each channel, then _end.
 * `out` [n] gets the band of `in`, st_lowband_delay_frames late; it is not
 * `in`. NULL: nobody listens now. */
void st_lowband_one(st_lowband *b, int channel, const float *in, float *out,
                    int n);
void st_lowband_end(st_lowband *b, int n);

/* taps[half + 1], the middle one first, for a low rate of rate_hz / factor.
 * ST_NO_MEM. [any] */
ST_MUST_USE st_status st_lowband_design(double *taps, int half, int factor,
                                        double rate_hz, double low_hz,
                                        double high_hz);

#endif
