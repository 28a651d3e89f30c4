/* Compiled once a CPU level; ST_F0_OPS_TABLE names the table it makes.
 * Sums run over a fixed count of lanes, so each level gives the same bits. */
#include "analysis/f0_ops.h"

extern const st_f0_ops ST_F0_OPS_TABLE;

enum { LANES = 32 };

static float fold(float *lane) {
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t j = 0; j < half; j++)
            lane[j] += lane[j + half];
    return lane[0];
}

static float dot(const float *a, const float *b, size_t n) {
    float lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            lane[j] += a[i + j] * b[i + j];
    for (size_t j = 0; i < n; i++, j++)
        lane[j] += a[i] * b[i];
    return fold(lane);
}

static float sum(const float *x, size_t n) {
    float lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            lane[j] += x[i + j];
    for (size_t j = 0; i < n; i++, j++)
        lane[j] += x[i];
    return fold(lane);
}

static void window(float *restrict out, const float *restrict x,
                   const float *restrict w, float mean, size_t n) {
    for (size_t i = 0; i < n; i++)
        out[i] = (x[i] - mean) * w[i];
}

static void power(float *restrict re, float *restrict im,
                  const float *restrict w, size_t n) {
    for (size_t i = 0; i < n; i++) {
        re[i] = (re[i] * re[i] + im[i] * im[i]) * w[i];
        im[i] = 0.0f;
    }
}

const st_f0_ops ST_F0_OPS_TABLE = {
    .dot = dot,
    .sum = sum,
    .window = window,
    .power = power,
};
