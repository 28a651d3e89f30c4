/* limops: the vector kernels of limiter, saturator and oversampler.
 * Source: core/cpu.h; one table a CPU level, each gives the same bits.
 * n is a multiple of ST_LIMOPS_CHUNK; nothing overlaps unless said. */
#ifndef ST_DSP_LIMOPS_H
#define ST_DSP_LIMOPS_H

#include <stddef.h>

enum {
    ST_LIMOPS_CHUNK = 16,
    ST_LIMOPS_FINE_TAPS = 8, /* at twice the rate */
    ST_LIMOPS_FINE_PHASES = 3
};

typedef struct {
    float peak; /* largest |x| */
    float bend; /* largest |x[i-1] - 2 x[i] + x[i+1]| */
} st_limops_shape;

typedef struct {
    /* out[i] = in[i] * (gain + step * i); what is not finite or beyond 1e9
     * becomes 0; out may be in */
    void (*drive)(float *out, const float *in, float gain, float step,
                  size_t n);
    /* of in[0..n); reads in[-1] and in[n] */
    st_limops_shape (*shape)(const float *in, size_t n);
    /* the same of the row a[0] b[0] a[1] b[1] ..; reads b[-1] and a[n] */
    st_limops_shape (*shape2)(const float *a, const float *b, size_t n);
    /* out[i] = sum over k < half of h[k] * (in[i - k] + in[i + 1 + k]):
     * points half way between samples */
    void (*between)(float *out, const float *in, const float *h, size_t half,
                    size_t n);
    /* Largest |value| of the curve in each [i, i + 1), i < CHUNK, from the
     * samples `e` and the points between them `o`: six more points by `fine`
     * (phases 1/8, 2/8, 3/8 after a point; taps in order of time) and, when
     * one of all exceeds `limit`, parabolas through the tops, which raise a
     * value by at most 2 %. Reads e[-3..CHUNK+2], o[-3..CHUNK+2]. */
    void (*crest)(float *out, const float *e, const float *o,
                  const float fine[ST_LIMOPS_FINE_PHASES][ST_LIMOPS_FINE_TAPS],
                  float limit);
    /* out[i] = sum over k < taps of h[k] * in[k][i] */
    void (*gather)(float *out, const float *const *in, const float *h,
                   size_t taps, size_t n);
    /* Quadratic spline: block j's sample i gets the sum over k < 3 of
     * w[k][i] * gain[j + k]; `block` samples each, `blocks` of them */
    void (*spline)(float *out, const float *gain, const float *const *w,
                   size_t block, size_t blocks);
} st_limops;

/* As st_ops_get and st_ops_level (dsp/ops.h). [any] */
const st_limops *st_limops_get(void);
const st_limops *st_limops_level(int level);

#endif
