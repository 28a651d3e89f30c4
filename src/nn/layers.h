/* layers: the layers of networks over channels-last float32.
 * Source: PyTorch 2 (weights in its order and shapes, results equal to its
 * own within rounding); kernels of nn/kernels.h.
 *
 * Activations are rows of channels: x [frames, channels] in one dimension,
 * [rows, columns, channels] in two. A layer is const once made: threads share
 * it. Nothing allocates in _run; the same bits at each CPU level and for any
 * division into calls. Sizes 1..65536, else ST_BAD_ARG; all _new: ST_NO_MEM,
 * weights are copied, [any]. All _run: [rt], x and y do not overlap. */
#ifndef ST_NN_LAYERS_H
#define ST_NN_LAYERS_H

#include "core/attr.h"
#include "core/status.h"
#include "nn/kernels.h"

#include <stdbool.h>
#include <stdint.h>

/* --- dense and convolution --- */

typedef struct st_conv st_conv;

typedef struct {
    int in, out;               /* channels */
    int rows, columns;         /* kernel; dense 1, 1; 1-D: rows 1 */
    int row_step, column_step; /* dilation, 0 means 1 */
    int stride;                /* along columns, 0 means 1 */
    bool relu;                 /* max(0, .) of the result */
} st_conv_shape;

/* weight [out, in, rows, columns] as PyTorch's Conv2d (Conv1d: columns is
 * its kernel; Linear: [out, in]); bias [out] or NULL. The same mathematical
 * direction as PyTorch: correlation, no flip. */
ST_MUST_USE st_status st_conv_new(st_conv **out, const float *weight,
                                  const float *bias,
                                  const st_conv_shape *shape);
/* Before _new: fold y = x * scale + shift (a batch norm behind this layer)
 * into weight [out, per_out] and bias [out]. [any] */
void st_conv_fold(float *weight, float *bias, int out, int64_t per_out,
                  const float *scale, const float *shift);
/* scale and shift [n] of an inference batch norm. [any] */
void st_batchnorm_affine(float *scale, float *shift, int n, const float *gamma,
                         const float *beta, const float *mean,
                         const float *variance, double eps);
void st_conv_free(st_conv *conv); /* NULL is fine */

/* x [n, in] to y [n, out]: a dense layer, or a kernel of one. */
void st_conv_dense(const st_conv *conv, const float *x, float *y, int64_t n);
/* Input columns that `columns` output columns need:
 * (columns - 1) * stride + (kernel - 1) * dilation + 1; 0 for none. */
int64_t st_conv_reach(const st_conv *conv, int64_t columns);
/* One dimension, no padding (put zeros around x for it): x
 * [reach(frames), in] to y [frames, out]. */
void st_conv_run1(const st_conv *conv, const float *x, float *y,
                  int64_t frames);
/* Two dimensions, no padding: x holds rows + (kernel rows - 1) * dilation
 * rows of reach(columns), x_row floats from one to the next; y likewise. */
void st_conv_run2(const st_conv *conv, const float *x, int64_t x_row, float *y,
                  int64_t y_row, int64_t rows, int64_t columns);

/* --- activations, norms, pools --- */

/* In place, n values. Errors in nn/kernels.h. */
void st_act_run(float *x, int64_t n, st_act act);
/* In place, rows of n. */
void st_softmax_run(float *x, int64_t rows, int64_t n);
void st_layernorm_run(float *x, int64_t rows, int64_t n, const float *gamma,
                      const float *beta, float eps);
void st_scale_shift_run(float *x, int64_t rows, int64_t n, const float *scale,
                        const float *shift);

typedef enum { ST_POOL_MAX = 0, ST_POOL_MEAN } st_pool_kind;
/* x [rows, columns, channels] to y [rows / high, columns / wide, channels]
 * (whole cells only, no padding); one dimension: rows 1, high 1. */
void st_pool_run(const float *x, float *y, int64_t rows, int64_t columns,
                 int64_t channels, int high, int wide, st_pool_kind kind);

#endif
