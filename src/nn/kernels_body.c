/* Compiled once a CPU level; ST_NN_OPS_TABLE names the table it makes.
 * Every output is one chain of fused multiply-adds in order of tap and
 * input, so tiles and vector widths never show in the bits. */
#include "nn/kernels.h"

#include "core/math.h"
#include "nn/lanes.h"

#include <stdbool.h>

extern const st_nn_ops ST_NN_OPS_TABLE;

enum {
    B = ST_NN_BLOCK,
    W = ST_LANES_WIDTH,
    V = B / W, /* vectors a block */
    /* positions in the tall tile, blocks beside each other in the others */
    TALL = W == 16  ? 12
           : W == 8 ? 6
                    : 2,
    TALL_BLOCKS = W == 16 ? 2 : 1,
    LOW = W == 16 ? 4 : 2,
    LOW_BLOCKS = W == 16  ? 4
                 : W == 8 ? 2
                          : 1,
    ONE_BLOCKS = W == 16  ? 8
                 : W == 8 ? 4
                          : 1,
    MOST = 32 /* accumulators in any tile */
};

typedef struct {
    const st_nn_map *m;
    const float *x;
    float *y;
    ptrdiff_t x_stride, y_stride;
    size_t block; /* the first */
} tile;

static void put(const st_nn_map *m, float *y, size_t block, const float *v) {
    size_t n = m->out - block * B < B ? m->out - block * B : B;
    if (m->relu)
        for (size_t i = 0; i < n; i++)
            y[i] = v[i] > 0.0f ? v[i] : 0.0f;
    else
        for (size_t i = 0; i < n; i++)
            y[i] = v[i];
}

/* Positions stand in threes, so that few pointers reach all of them. */
ST_INLINE const float *place(const float *x, ptrdiff_t stride, int p) {
    return x + (p / 3) * (3 * stride) + (p % 3) * stride;
}

ST_INLINE void multiply(const tile *t, int positions, int blocks) {
    const st_nn_map *m = t->m;
    const ptrdiff_t stride = t->x_stride;
    const size_t depth = m->rows * m->taps * m->width * B;
    const float *w = m->weight + t->block * depth;
    st_lanes acc[MOST];
#pragma GCC unroll 16
    for (int p = 0; p < positions; p++)
#pragma GCC unroll 16
        for (int v = 0; v < blocks * V; v++)
            acc[p * blocks * V + v] =
                st_lanes_load(m->bias + t->block * B + v * W);
    for (size_t run = 0; run < m->rows * m->taps; run++) {
        const float *x = t->x + (ptrdiff_t)(run / m->taps) * m->row_step +
                         (ptrdiff_t)(run % m->taps) * m->tap_step;
        for (size_t c = 0; c < m->width; c++, x++, w += B) {
            st_lanes k[8];
#pragma GCC unroll 16
            for (int v = 0; v < blocks * V; v++)
                k[v] = st_lanes_load(w + (size_t)(v / V) * depth + v % V * W);
#pragma GCC unroll 16
            for (int p = 0; p < positions; p++) {
                st_lanes in = st_lanes_all(*place(x, stride, p));
#pragma GCC unroll 16
                for (int v = 0; v < blocks * V; v++)
                    acc[p * blocks * V + v] =
                        st_lanes_fma(k[v], in, acc[p * blocks * V + v]);
            }
        }
    }
    for (int b = 0; b < blocks; b++)
        for (int p = 0; p < positions; p++) {
            float out[B];
#pragma GCC unroll 16
            for (int v = 0; v < V; v++)
                st_lanes_store(out + v * W, acc[(p * blocks + b) * V + v]);
            put(m, t->y + p * t->y_stride + (t->block + (size_t)b) * B,
                t->block + (size_t)b, out);
        }
}

static void tall_wide(const tile *t) {
    multiply(t, TALL, TALL_BLOCKS);
}

static void tall(const tile *t) {
    multiply(t, TALL, 1);
}

static void low_wide(const tile *t) {
    multiply(t, LOW, LOW_BLOCKS);
}

static void low(const tile *t) {
    multiply(t, LOW, 1);
}

static void one_wide(const tile *t) {
    multiply(t, 1, ONE_BLOCKS);
}

static void one(const tile *t) {
    multiply(t, 1, 1);
}

/* `positions` positions at a time, `blocks` blocks where so many are left. */
static size_t sweep(tile t, size_t at, size_t positions, size_t step,
                    size_t blocks, void (*many)(const tile *),
                    void (*single)(const tile *)) {
    const size_t count = (t.m->out + B - 1) / B;
    const size_t end = at + (positions - at) / step * step;
    const float *x = t.x;
    float *y = t.y;
    for (size_t b = 0; b < count;) {
        bool full = b + blocks <= count;
        t.block = b;
        for (size_t p = at; p < end; p += step) {
            t.x = x + (ptrdiff_t)p * t.x_stride;
            t.y = y + (ptrdiff_t)p * t.y_stride;
            (full ? many : single)(&t);
        }
        b += full ? blocks : 1;
    }
    return end;
}

static void map(float *y, ptrdiff_t y_stride, const float *x,
                ptrdiff_t x_stride, size_t positions, const st_nn_map *m) {
    tile t = {m, x, y, x_stride, y_stride, 0};
    size_t at = sweep(t, 0, positions, TALL, TALL_BLOCKS, tall_wide, tall);
    at = sweep(t, at, positions, LOW, LOW_BLOCKS, low_wide, low);
    sweep(t, at, positions, 1, ONE_BLOCKS, one_wide, one);
}

/* --- element by element --- */

static const float log2_e = 1.44269504089f;

ST_INLINE float exp_of(float x) {
    return st_exp2f(x * log2_e);
}

ST_INLINE float sigmoid(float x) {
    return 1.0f / (1.0f + exp_of(-x));
}

ST_INLINE float tanh_of(float x) {
    float a = __builtin_fabsf(x);
    float e = exp_of(-2.0f * a);
    float y = (1.0f - e) / (1.0f + e);
    return x < 0.0f ? -y : y;
}

/* 1 - erfc by Abramowitz and Stegun 7.1.26. */
ST_INLINE float erf_of(float x) {
    float a = __builtin_fabsf(x);
    float t = 1.0f / (1.0f + 0.3275911f * a);
    float p = 1.061405429f;
    p = p * t - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    float y = 1.0f - p * t * exp_of(-a * a);
    return x < 0.0f ? -y : y;
}

static void relu(float *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        x[i] = x[i] > 0.0f ? x[i] : 0.0f;
}

static void elu(float *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float e = exp_of(x[i] < 0.0f ? x[i] : 0.0f) - 1.0f;
        x[i] = x[i] > 0.0f ? x[i] : e;
    }
}

static void gelu(float *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        x[i] = 0.5f * x[i] * (1.0f + erf_of(x[i] * 0.707106781187f));
}

static void act(float *x, size_t n, st_act kind) {
    switch (kind) {
    case ST_ACT_RELU:
        relu(x, n);
        break;
    case ST_ACT_ELU:
        elu(x, n);
        break;
    case ST_ACT_GELU:
        gelu(x, n);
        break;
    case ST_ACT_SIGMOID:
        for (size_t i = 0; i < n; i++)
            x[i] = sigmoid(x[i]);
        break;
    case ST_ACT_TANH:
        for (size_t i = 0; i < n; i++)
            x[i] = tanh_of(x[i]);
        break;
    case ST_ACT_SILU:
        for (size_t i = 0; i < n; i++)
            x[i] *= sigmoid(x[i]);
        break;
    case ST_ACT_NONE:
    case ST_ACT_COUNT:
        break;
    }
}

/* --- rows --- */

static float fold(float *lane) {
    for (size_t half = B / 2; half > 0; half /= 2)
        for (size_t j = 0; j < half; j++)
            lane[j] += lane[j + half];
    return lane[0];
}

static float sum(const float *x, size_t n) {
    float lane[B] = {0};
    size_t i = 0;
    for (; i + B <= n; i += B)
        for (size_t j = 0; j < B; j++)
            lane[j] += x[i + j];
    for (size_t j = 0; i < n; i++, j++)
        lane[j] += x[i];
    return fold(lane);
}

static float squares(const float *x, size_t n, float mean) {
    float lane[B] = {0};
    size_t i = 0;
    for (; i + B <= n; i += B)
        for (size_t j = 0; j < B; j++)
            lane[j] += (x[i + j] - mean) * (x[i + j] - mean);
    for (size_t j = 0; i < n; i++, j++)
        lane[j] += (x[i] - mean) * (x[i] - mean);
    return fold(lane);
}

static void softmax(float *x, size_t rows, size_t n) {
    for (size_t r = 0; r < rows; r++, x += n) {
        float top = n > 0 ? x[0] : 0.0f;
        for (size_t i = 1; i < n; i++)
            top = x[i] > top ? x[i] : top;
        for (size_t i = 0; i < n; i++)
            x[i] = exp_of(x[i] - top);
        float scale = 1.0f / sum(x, n);
        for (size_t i = 0; i < n; i++)
            x[i] *= scale;
    }
}

static void scale_shift(float *x, size_t rows, size_t n, const float *scale,
                        const float *shift) {
    for (size_t r = 0; r < rows; r++, x += n)
        for (size_t i = 0; i < n; i++)
            x[i] = x[i] * scale[i] + shift[i];
}

static void layer_norm(float *x, size_t rows, size_t n, const float *gamma,
                       const float *beta, float eps) {
    for (size_t r = 0; r < rows && n > 0; r++, x += n) {
        float mean = sum(x, n) / (float)n;
        float var = squares(x, n, mean) / (float)n;
        float scale = 1.0f / __builtin_sqrtf(var + eps);
        for (size_t i = 0; i < n; i++)
            x[i] = (x[i] - mean) * scale * gamma[i] + beta[i];
    }
}

static void max_of(float *restrict y, const float *restrict x, size_t n) {
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] > y[i] ? x[i] : y[i];
}

static void add(float *restrict y, const float *restrict x, size_t n) {
    for (size_t i = 0; i < n; i++)
        y[i] += x[i];
}

static void gru(float *restrict h, const float *restrict in,
                const float *restrict hid, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float r = sigmoid(in[i] + hid[i]);
        float z = sigmoid(in[n + i] + hid[n + i]);
        float g = tanh_of(in[2 * n + i] + r * hid[2 * n + i]);
        h[i] = (1.0f - z) * g + z * h[i];
    }
}

const st_nn_ops ST_NN_OPS_TABLE = {
    .map = map,
    .act = act,
    .softmax = softmax,
    .layer_norm = layer_norm,
    .scale_shift = scale_shift,
    .max = max_of,
    .add = add,
    .gru = gru,
};
