/* f0_impl: what the files of f0 share: features of a frame, and the path. */
#ifndef ST_ANALYSIS_F0_IMPL_H
#define ST_ANALYSIS_F0_IMPL_H

#include "analysis/f0.h"
#include "analysis/f0_ops.h"
#include "audio/fft.h"

#include <stdint.h>

/* What an octave down costs, in r. */
#define F0_OCTAVE 0.05

enum {
    F0_CANDIDATES = 5,
    F0_STATES = F0_CANDIDATES + 1, /* the last: not voiced */
    F0_CENT_STEPS = 8              /* steps of pitch in a cent */
};

/* Pitch is kept in 1/8 cent above 32 Hz, strength in 1/65535. */
typedef struct {
    uint16_t pitch[F0_CANDIDATES];    /* 0: none */
    uint16_t strength[F0_CANDIDATES]; /* r, 0..1 */
    int16_t level;                    /* dB / 100, -20000 for silence */
    uint8_t from[F0_STATES];          /* best state one frame before */
} f0_feature;

double f0_pitch_hz(double pitch); /* of f0_feature.pitch; 0 gives 0 */

/* One autocorrelation: window of `size` samples, lags [first, last]. */
typedef struct {
    int size, fft_size, first, last;
    st_rfft *fft;
    float *window, *scale; /* [size]; [last + 2]: 1 / window's own */
    float *weight;         /* [fft_size / 2 + 1]: of power */
    float *time, *re, *im, *lags, *scratch;
} f0_look;

/* size samples, lags first..last at rate_hz. ST_NO_MEM. */
ST_MUST_USE st_status f0_look_init(f0_look *look, int size, int first, int last,
                                   double rate_hz);
void f0_look_deinit(f0_look *look);
/* look->lags[first - 1 .. last + 1] = r of x[size]; false in silence. */
bool f0_look_run(f0_look *look, const st_f0_ops *ops, const float *x);

/* The top of the cosine through three points around a maximum; *at is where,
 * from the middle one. */
double f0_cosine_top(double a, double b, double c, double *at);
/* A better value of `period` (samples of mid), from what lies around mid; at
 * most reach - 24 to both sides are read. */
double f0_refine(const st_f0_ops *ops, const float *mid, double rate_hz,
                 double period, int64_t reach);

/* The path through features[count]; out[count]. */
void f0_path(f0_feature *features, int64_t count, st_f0_frame *out);

#endif
