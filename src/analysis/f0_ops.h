/* f0_ops: vector kernels of f0, one table a CPU level.
 * Source: core/cpu.h. Each level gives the same bits. [rt] */
#ifndef ST_ANALYSIS_F0_OPS_H
#define ST_ANALYSIS_F0_OPS_H

#include <stddef.h>

typedef struct {
    /* sum of a[i] b[i] */
    float (*dot)(const float *a, const float *b, size_t n);
    /* sum of x[i] */
    float (*sum)(const float *x, size_t n);
    /* out[i] = (x[i] - mean) w[i] */
    void (*window)(float *out, const float *x, const float *w, float mean,
                   size_t n);
    /* re[i] = (re[i]^2 + im[i]^2) w[i], im[i] = 0 */
    void (*power)(float *re, float *im, const float *w, size_t n);
} st_f0_ops;

/* The table for this machine. Never NULL. [any] */
const st_f0_ops *st_f0_ops_get(void);
/* The table of one st_cpu_level, for tests; NULL where there is none. [any] */
const st_f0_ops *st_f0_ops_level(int level);

#endif
