/* Compiled once a CPU level; ST_TP_OPS_TABLE names the table it makes. */
#include "dsp/truepeak_ops.h"

extern const st_tp_ops ST_TP_OPS_TABLE;

enum { G = ST_TP_GROUP, ROW = ST_TP_ROW, LEFT = ST_TP_LEFT };

static void clean(float *restrict out, const float *restrict in, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float x = in[i];
        out[i] = __builtin_fabsf(x) <= 1e10f ? x : 0.0f;
    }
}

/* Halved three times over all chunks, so that each loop is one vector. */
static void chunk_peaks(float *restrict out, const float *restrict in,
                        size_t n) {
    float half[16 * ST_TP_CHUNKS];
    float quarter[8 * ST_TP_CHUNKS];
    float eighth[4 * ST_TP_CHUNKS];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < 16; j++) {
            float a = __builtin_fabsf(in[i * G + j]);
            float b = __builtin_fabsf(in[i * G + 16 + j]);
            half[i * 16 + j] = a > b ? a : b;
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < 8; j++) {
            float a = half[i * 16 + j];
            float b = half[i * 16 + 8 + j];
            quarter[i * 8 + j] = a > b ? a : b;
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < 4; j++) {
            float a = quarter[i * 8 + j];
            float b = quarter[i * 8 + 4 + j];
            eighth[i * 4 + j] = a > b ? a : b;
        }
    for (size_t i = 0; i < n; i++) {
        float a = eighth[4 * i] > eighth[4 * i + 1] ? eighth[4 * i]
                                                    : eighth[4 * i + 1];
        float b = eighth[4 * i + 2] > eighth[4 * i + 3] ? eighth[4 * i + 2]
                                                        : eighth[4 * i + 3];
        out[i] = a > b ? a : b;
    }
}

/* A row of outputs stays in registers while the taps go by. */
static void mid(float *restrict out, const float *restrict in,
                const float *restrict h, size_t n) {
    for (size_t i = 0; i < n; i += G) {
        float sum[G] = {0};
        for (size_t k = 0; k < ST_TP_HALF; k++)
            for (size_t j = 0; j < G; j++)
                sum[j] +=
                    h[k] * ((in + i + j)[-(ptrdiff_t)k] + in[i + j + 1 + k]);
        for (size_t j = 0; j < G; j++)
            out[i + j] = sum[j];
    }
}

/* One row: `even` and `odd` are where the taps 0 2 4 6 and 1 3 5 7 start. */
static void row(float *restrict y, const float *restrict even,
                const float *restrict odd, const float *restrict h, size_t n) {
    for (size_t i = 0; i < n; i++)
        y[i] = (h[0] * even[i] + h[1] * odd[i]) +
               (h[2] * even[i + 1] + h[3] * odd[i + 1]) +
               ((h[4] * even[i + 2] + h[5] * odd[i + 2]) +
                (h[6] * even[i + 3] + h[7] * odd[i + 3]));
}

static void points(float *restrict y, const float *restrict x,
                   const float *restrict m, const float *restrict h) {
    for (size_t i = 0; i <= G; i++)
        y[LEFT + i] = x[i];
    for (size_t i = 0; i < G; i++)
        y[4 * ROW + LEFT + i] = m[i];
    for (size_t p = 0; p < 3; p++) {
        row(y + (p + 1) * ROW + LEFT, m - 2, x - 1, h + 8 * p, G);
        row(y + (p + 5) * ROW + LEFT, x - 1, m - 1, h + 8 * p, G);
    }
    row(y + 7 * ROW + LEFT - 1, x - 2, m - 2, h + 16, 1);
}

static inline void bound_row(float *restrict top, const float *restrict left,
                             const float *restrict at,
                             const float *restrict right) {
    for (size_t i = 0; i < G; i++) {
        float bend = (left[i] + right[i]) - 2.0f * at[i];
        float v = __builtin_fabsf(at[i]) + 0.125f * __builtin_fabsf(bend);
        top[i] = v > top[i] ? v : top[i];
    }
}

static float bound(const float *y) {
    float top[G] = {0};
    const float *at = y + LEFT;
    bound_row(top, at + 7 * ROW - 1, at, at + ROW);
    for (size_t p = 1; p < 7; p++)
        bound_row(top, at + (p - 1) * ROW, at + p * ROW, at + (p + 1) * ROW);
    bound_row(top, at + 6 * ROW, at + 7 * ROW, at + 1);
    float most = 0.0f;
    for (size_t i = 0; i < G; i++)
        most = top[i] > most ? top[i] : most;
    return most;
}

const st_tp_ops ST_TP_OPS_TABLE = {
    .clean = clean,
    .chunk_peaks = chunk_peaks,
    .mid = mid,
    .points = points,
    .bound = bound,
};
