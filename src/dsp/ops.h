/* ops: the vector kernels that DSP units share, one table a CPU level.
 * Source: core/cpu.h. Each level gives the same bits.
 * Pointers need no alignment and must not overlap unless said; n may be 0. */
#ifndef ST_DSP_OPS_H
#define ST_DSP_OPS_H

#include <stddef.h>

typedef struct {
    /* out[i] = in[i] * gain[i]; out may be in */
    void (*mul)(float *out, const float *in, const float *gain, size_t n);
    /* out[i] = in[i] * gain; out may be in */
    void (*scale)(float *out, const float *in, float gain, size_t n);
    /* out[i] += in[i] * gain */
    void (*add_scaled)(float *out, const float *in, float gain, size_t n);
    /* largest |in[i]|, 0 for n = 0; a NaN is passed over */
    float (*peak)(const float *in, size_t n);
    /* out[i] = max(out[i], |in[i]|) */
    void (*max_abs)(float *out, const float *in, size_t n);
    /* out[i] = sum over k < taps of h[k] * in[i + k], in order of k; `in` has
     * n + taps - 1 values */
    void (*fir)(float *out, const float *in, const float *h, size_t taps,
                size_t n);
} st_ops;

/* The table for this machine; look it up once, in _new. Never NULL. [any] */
const st_ops *st_ops_get(void);
/* The table of one st_cpu_level (core/cpu.h), for tests; NULL where this
 * build or machine lacks it. [any] */
const st_ops *st_ops_level(int level);

#endif
