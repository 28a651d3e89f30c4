/* kernels: the vector kernels of networks, one table a CPU level.
 * Source: core/cpu.h; register blocking after Goto and van de Geijn 2008.
 *
 * Each level gives the same bits. Products are summed by fused multiply-add
 * in one stated order; where a machine has no such instruction it is made
 * from doubles, exactly, at about a twentieth of the speed (nn/lanes.h).
 * Pointers need no alignment and must not overlap unless said; counts may
 * be 0. [rt] */
#ifndef ST_NN_KERNELS_H
#define ST_NN_KERNELS_H

#include <stddef.h>

/* Outputs stand in blocks of this many. */
enum { ST_NN_BLOCK = 16 };

/* What dense, 1-D and 2-D convolution share: at each position rows x taps
 * runs of `width` inputs meet a matrix. */
typedef struct {
    const float *weight; /* [ceil(out / 16)][rows][taps][width][16], 0-filled */
    const float *bias;   /* [ceil(out / 16) * 16] */
    size_t out;          /* values written at a position */
    size_t rows, taps, width;
    ptrdiff_t row_step, tap_step; /* floats from one to the next in x */
    int relu;                     /* nonzero: max(0, .) of each result */
} st_nn_map;

typedef enum {
    ST_ACT_NONE = 0,
    ST_ACT_RELU,
    ST_ACT_ELU,     /* x, or e^x - 1 below 0 */
    ST_ACT_GELU,    /* x (1 + erf(x / sqrt 2)) / 2 */
    ST_ACT_SIGMOID, /* 1 / (1 + e^-x) */
    ST_ACT_TANH,
    ST_ACT_SILU, /* x sigmoid(x) */
    ST_ACT_COUNT
} st_act;

typedef struct {
    /* y[p * y_stride + o] = bias[o] + sum over rows r, taps t, inputs c of
     * weight[o][r][t][c] x[p * x_stride + r * row_step + t * tap_step + c],
     * p < positions */
    void (*map)(float *y, ptrdiff_t y_stride, const float *x,
                ptrdiff_t x_stride, size_t positions, const st_nn_map *m);
    /* In place; within 3e-7 of the exact value (GELU 1e-6 of 1 + |x|). NaN
     * is not promised to stay. */
    void (*act)(float *x, size_t n, st_act act);
    /* Each of `rows` rows of n: x = e^(x - max) / sum, in place */
    void (*softmax)(float *x, size_t rows, size_t n);
    /* Each row: x = (x - mean) / sqrt(variance + eps) * gamma + beta */
    void (*layer_norm)(float *x, size_t rows, size_t n, const float *gamma,
                       const float *beta, float eps);
    /* Each row: x = x * scale + shift (a batch norm that was not folded) */
    void (*scale_shift)(float *x, size_t rows, size_t n, const float *scale,
                        const float *shift);
    /* y[i] = max(y[i], x[i]) */
    void (*max)(float *y, const float *x, size_t n);
    /* y[i] += x[i] */
    void (*add)(float *y, const float *x, size_t n);
    /* One step of a GRU from its two halves [3 n] (gates r, z, n; biases
     * within): h = (1 - z) tanh(in_n + r hid_n) + z h */
    void (*gru)(float *h, const float *in, const float *hid, size_t n);
} st_nn_ops;

/* The table for this machine; look it up once, in _new. Never NULL. [any] */
const st_nn_ops *st_nn_ops_get(void);
/* The table of one st_cpu_level, for tests; NULL where this build or machine
 * lacks it. [any] */
const st_nn_ops *st_nn_ops_level(int level);

#endif
