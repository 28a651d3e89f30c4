#include "nn/layers.h"

#include "core/alloc.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

struct st_conv {
    st_conv_shape shape;
    const st_nn_ops *ops;
    st_nn_map map;
    float *weight, *bias;
};

static bool sound(const st_conv_shape *s) {
    const int sizes[] = {s->in,       s->out,         s->rows,  s->columns,
                         s->row_step, s->column_step, s->stride};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i] < 1 || sizes[i] > 65536)
            return false;
    return true;
}

/* [out][in][row][column] to [block][row][column][in][16]. */
static void pack(st_conv *c, const float *weight) {
    const st_conv_shape *s = &c->shape;
    size_t in = (size_t)s->in, taps = (size_t)s->rows * (size_t)s->columns;
    for (size_t o = 0; o < (size_t)s->out; o++) {
        float *to = c->weight + o / ST_NN_BLOCK * taps * in * ST_NN_BLOCK +
                    o % ST_NN_BLOCK;
        for (size_t tap = 0; tap < taps; tap++)
            for (size_t i = 0; i < in; i++)
                to[(tap * in + i) * ST_NN_BLOCK] =
                    weight[(o * in + i) * taps + tap];
    }
}

static st_status storage(st_conv *c) {
    const st_conv_shape *s = &c->shape;
    size_t blocks = ((size_t)s->out + ST_NN_BLOCK - 1) / ST_NN_BLOCK;
    size_t taps, depth, all;
    if (!st_size_mul((size_t)s->rows, (size_t)s->columns, &taps) ||
        !st_size_mul(taps, (size_t)s->in, &depth) ||
        !st_size_mul(depth, blocks * ST_NN_BLOCK, &all))
        return ST_NO_MEM;
    c->weight = st_calloc(all, sizeof *c->weight);
    c->bias = st_calloc(blocks * ST_NN_BLOCK, sizeof *c->bias);
    return c->weight && c->bias ? ST_OK : ST_NO_MEM;
}

/* Neighbouring taps without dilation are one longer run. */
static st_nn_map shape_map(const st_conv *c) {
    const st_conv_shape *s = &c->shape;
    size_t in = (size_t)s->in, columns = (size_t)s->columns;
    bool one = s->column_step == 1;
    return (st_nn_map){
        .weight = c->weight,
        .bias = c->bias,
        .out = (size_t)s->out,
        .rows = (size_t)s->rows,
        .taps = one ? 1 : columns,
        .width = one ? in * columns : in,
        .tap_step = (ptrdiff_t)s->column_step * s->in,
        .relu = s->relu,
    };
}

st_status st_conv_new(st_conv **out, const float *weight, const float *bias,
                      const st_conv_shape *shape) {
    st_conv_shape s = *shape;
    s.row_step = s.row_step == 0 ? 1 : s.row_step;
    s.column_step = s.column_step == 0 ? 1 : s.column_step;
    s.stride = s.stride == 0 ? 1 : s.stride;
    if (!sound(&s))
        return ST_BAD_ARG;
    st_conv *c = st_calloc(1, sizeof *c);
    if (c == NULL)
        return ST_NO_MEM;
    c->shape = s;
    if (storage(c) != ST_OK) {
        st_conv_free(c);
        return ST_NO_MEM;
    }
    pack(c, weight);
    if (bias)
        memcpy(c->bias, bias, (size_t)s.out * sizeof *bias);
    c->ops = st_nn_ops_get();
    c->map = shape_map(c);
    *out = c;
    return ST_OK;
}

void st_conv_free(st_conv *c) {
    if (c == NULL)
        return;
    st_free(c->weight);
    st_free(c->bias);
    st_free(c);
}

void st_conv_fold(float *weight, float *bias, int out, int64_t per_out,
                  const float *scale, const float *shift) {
    for (int o = 0; o < out; o++) {
        for (int64_t i = 0; i < per_out; i++)
            weight[o * per_out + i] *= scale[o];
        bias[o] = bias[o] * scale[o] + shift[o];
    }
}

void st_batchnorm_affine(float *scale, float *shift, int n, const float *gamma,
                         const float *beta, const float *mean,
                         const float *variance, double eps) {
    for (int i = 0; i < n; i++) {
        double s = (double)gamma[i] / sqrt((double)variance[i] + eps);
        scale[i] = (float)s;
        shift[i] = (float)((double)beta[i] - (double)mean[i] * s);
    }
}

void st_conv_dense(const st_conv *c, const float *x, float *y, int64_t n) {
    c->ops->map(y, c->shape.out, x, c->shape.in, (size_t)n, &c->map);
}

int64_t st_conv_reach(const st_conv *c, int64_t columns) {
    const st_conv_shape *s = &c->shape;
    if (columns <= 0)
        return 0;
    return (columns - 1) * s->stride +
           (int64_t)(s->columns - 1) * s->column_step + 1;
}

void st_conv_run1(const st_conv *c, const float *x, float *y, int64_t frames) {
    ptrdiff_t step = (ptrdiff_t)c->shape.stride * c->shape.in;
    c->ops->map(y, c->shape.out, x, step, (size_t)frames, &c->map);
}

void st_conv_run2(const st_conv *c, const float *x, int64_t x_row, float *y,
                  int64_t y_row, int64_t rows, int64_t columns) {
    st_nn_map m = c->map;
    ptrdiff_t step = (ptrdiff_t)c->shape.stride * c->shape.in;
    m.row_step = (ptrdiff_t)x_row * c->shape.row_step;
    for (int64_t r = 0; r < rows; r++)
        c->ops->map(y + r * y_row, c->shape.out, x + r * x_row, step,
                    (size_t)columns, &m);
}

void st_act_run(float *x, int64_t n, st_act act) {
    st_nn_ops_get()->act(x, (size_t)n, act);
}

void st_softmax_run(float *x, int64_t rows, int64_t n) {
    st_nn_ops_get()->softmax(x, (size_t)rows, (size_t)n);
}

void st_layernorm_run(float *x, int64_t rows, int64_t n, const float *gamma,
                      const float *beta, float eps) {
    st_nn_ops_get()->layer_norm(x, (size_t)rows, (size_t)n, gamma, beta, eps);
}

void st_scale_shift_run(float *x, int64_t rows, int64_t n, const float *scale,
                        const float *shift) {
    st_nn_ops_get()->scale_shift(x, (size_t)rows, (size_t)n, scale, shift);
}

/* One cell: all its places onto the first. */
static void pool_cell(const st_nn_ops *ops, const float *x, float *y,
                      int64_t row, int64_t n, int high, int wide,
                      st_pool_kind kind) {
    memcpy(y, x, (size_t)n * sizeof *y);
    for (int i = 0; i < high; i++)
        for (int j = i == 0; j < wide; j++) {
            const float *from = x + i * row + j * n;
            if (kind == ST_POOL_MAX)
                ops->max(y, from, (size_t)n);
            else
                ops->add(y, from, (size_t)n);
        }
    if (kind == ST_POOL_MEAN)
        for (int64_t k = 0; k < n; k++)
            y[k] *= 1.0f / (float)(high * wide);
}

void st_pool_run(const float *x, float *y, int64_t rows, int64_t columns,
                 int64_t channels, int high, int wide, st_pool_kind kind) {
    const st_nn_ops *ops = st_nn_ops_get();
    int64_t row = columns * channels;
    for (int64_t r = 0; r + high <= rows; r += high)
        for (int64_t c = 0; c + wide <= columns; c += wide, y += channels)
            pool_cell(ops, x + r * row + c * channels, y, row, channels, high,
                      wide, kind);
}
