/* Compiled once a CPU level; ST_OPS_TABLE names the table it makes. */
#include "dsp/ops.h"

extern const st_ops ST_OPS_TABLE;

static void mul(float *out, const float *in, const float *gain, size_t n) {
    for (size_t i = 0; i < n; i++)
        out[i] = in[i] * gain[i];
}

static void scale(float *out, const float *in, float gain, size_t n) {
    for (size_t i = 0; i < n; i++)
        out[i] = in[i] * gain;
}

static void add_scaled(float *restrict out, const float *restrict in,
                       float gain, size_t n) {
    for (size_t i = 0; i < n; i++)
        out[i] += in[i] * gain;
}

static float peak(const float *in, size_t n) {
    enum { LANES = 32 };
    float lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++) {
            float a = __builtin_fabsf(in[i + j]);
            lane[j] = a > lane[j] ? a : lane[j];
        }
    float top = 0.0f;
    for (; i < n; i++) {
        float a = __builtin_fabsf(in[i]);
        top = a > top ? a : top;
    }
    for (size_t j = 0; j < LANES; j++)
        top = lane[j] > top ? lane[j] : top;
    return top;
}

static void max_abs(float *restrict out, const float *restrict in, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float a = __builtin_fabsf(in[i]);
        out[i] = a > out[i] ? a : out[i];
    }
}

/* A row of outputs stays in registers while the taps go by. */
static void fir(float *restrict out, const float *restrict in,
                const float *restrict h, size_t taps, size_t n) {
    enum { WIDE = 64 };
    size_t i = 0;
    for (; i + WIDE <= n; i += WIDE) {
        float sum[WIDE] = {0};
        for (size_t k = 0; k < taps; k++)
            for (size_t j = 0; j < WIDE; j++)
                sum[j] += h[k] * in[i + j + k];
        for (size_t j = 0; j < WIDE; j++)
            out[i + j] = sum[j];
    }
    for (; i < n; i++) {
        float sum = 0.0f;
        for (size_t k = 0; k < taps; k++)
            sum += h[k] * in[i + k];
        out[i] = sum;
    }
}

const st_ops ST_OPS_TABLE = {
    .mul = mul,
    .scale = scale,
    .add_scaled = add_scaled,
    .peak = peak,
    .max_abs = max_abs,
    .fir = fir,
};
