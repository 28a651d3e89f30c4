/* satops: the saturator's curves as vector kernels.
 * Source: core/cpu.h; one table a CPU level, each gives the same bits. */
#ifndef ST_DSP_SATOPS_H
#define ST_DSP_SATOPS_H

#include <stddef.h>

/* x[i] = scale[i] * d(gain[i] * x[i]), where d(z) = f(z) - z is what a curve
 * adds; n is a multiple of 16. */
typedef void st_satops_fn(float *x, const float *gain, const float *scale,
                          size_t n);

typedef struct {
    st_satops_fn *curve[4]; /* by st_saturate_curve */
} st_satops;

/* As st_ops_get and st_ops_level (dsp/ops.h). [any] */
const st_satops *st_satops_get(void);
const st_satops *st_satops_level(int level);

#endif
