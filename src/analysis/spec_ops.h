/* spec_ops: the vector kernels of the spectra (powerspec, mel, mfcc, cqt), one
 * table a CPU level. Source: core/cpu.h. Private to them and their tests. */
#ifndef ST_ANALYSIS_SPEC_OPS_H
#define ST_ANALYSIS_SPEC_OPS_H

#include <stddef.h>

enum {
    ST_SPEC_FRAMES = 16, /* frames side by side in `rows` and `project` */
    ST_SPEC_LANES = 8,   /* band weights come in multiples of this */
    ST_SPEC_PAIRS = 19,  /* non-zero taps a side of the half-band filter */
    ST_SPEC_STEEP = 250  /* taps a side of the steep one */
};

/* A triangle: weights[count] over the bins from `first`; count a multiple of
 * ST_SPEC_LANES (padded with zeros). */
typedef struct {
    size_t first, count;
    const float *weights;
} st_spec_band;

typedef struct {
    /* out = in, 0 where not finite or beyond 1e10 */
    void (*clean)(float *out, const float *in, size_t n);
    /* out = x * w */
    void (*window)(float *out, const float *x, const float *w, size_t n);
    /* out = re^2 + im^2 */
    void (*power)(float *out, const float *re, const float *im, size_t n);
    /* out = sqrt(re^2 + im^2) */
    void (*magnitude)(float *out, const float *re, const float *im, size_t n);
    /* out[b] = sum of weights * power */
    void (*bands)(float *out, const float *power, const st_spec_band *band,
                  size_t bands);
    /* out = 10 log10 of in, nothing below `least` (> 2^-126) */
    void (*db)(float *out, const float *in, float least, size_t n);
    /* out[columns] = in[rows] times matrix[rows][columns] */
    void (*mix)(float *out, const float *in, const float *matrix, size_t rows,
                size_t columns);
    /* out[i] = x[0] / 2 + sum over j of taps[j] (x[-1 - 2j] + x[1 + 2j]),
     * x = in + 2i: half the rate. `in` must reach 2 ST_SPEC_PAIRS - 1 samples
     * to both sides. */
    void (*halve)(float *out, const float *in, const float *taps, size_t n);
    /* out[i] = taps[0] x[0] + sum over k = 1..ST_SPEC_STEEP of taps[k] (x[-k] +
     * x[k]), x = in + 2i: half the rate by a steep filter. `in` must reach
     * ST_SPEC_STEEP samples to both sides. */
    void (*thin)(float *out, const float *in, const float *taps, size_t n);
    /* out[i][f] = in[f * step + i], ST_SPEC_FRAMES frames, n samples */
    void (*rows)(float *out, const float *in, size_t step, size_t n);
    /* Two kernels with taps[n][4] (re, im, re, im) against x[n][frames]:
     * out[4][frames] */
    void (*project)(float *out, const float *x, const float *taps, size_t n);
    /* out[i] += the real part of (v0 + j v1)(t0 + j t1) + (v2 + j v3)(t2 +
     * j t3), rows t of taps `step` apart */
    void (*spread)(float *out, const float *taps, size_t step,
                   const float *values, size_t n);
    /* out[2i] += in[i]; out[2i + 1] += 2 sum over j of taps[j] (in[i - j] +
     * in[i + 1 + j]): twice the rate. `in` must reach ST_SPEC_PAIRS samples to
     * both sides. */
    void (*raise)(float *out, const float *in, const float *taps, size_t n);
} st_spec_ops;

/* The table for this machine. Never NULL. [any] */
const st_spec_ops *st_spec_ops_get(void);
/* The table of one st_cpu_level, NULL where there is none. [any] */
const st_spec_ops *st_spec_ops_level(int level);

#endif
