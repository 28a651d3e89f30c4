/* Compiled once a CPU level; ST_METER_OPS_TABLE names the table it makes.
 * Sums run over a fixed count of lanes, so each level gives the same bits. */
#include "analysis/meter_ops.h"

extern const st_meter_ops ST_METER_OPS_TABLE;

enum { LANES = 16, B = ST_KW_BLOCK, S = ST_KW_STATES, WIDE = ST_KW_WIDE };

/* What depends on the state is added last: it is the only chain. */
static void weigh(double *restrict y, const float *restrict x, size_t n,
                  double *restrict state, const st_kw_block *restrict k) {
    double s[S];
    for (int i = 0; i < S; i++)
        s[i] = state[i];
    for (size_t i = 0; i < n; i++)
        y[i] = (double)(__builtin_fabsf(x[i]) <= 1e10f ? x[i] : 0.0f);
    for (size_t at = 0; at < n; at += B) {
        double out[WIDE] = {0};
        for (size_t i = 0; i < B; i++)
            for (size_t j = 0; j < WIDE; j++)
                out[j] += k->x[i][j] * y[at + i];
        for (size_t j = 0; j < WIDE; j++)
            out[j] += (k->state[0][j] * s[0] + k->state[1][j] * s[1]) +
                      (k->state[2][j] * s[2] + k->state[3][j] * s[3]);
        for (size_t j = 0; j < B; j++)
            y[at + j] = out[j];
        for (int j = 0; j < S; j++)
            s[j] = out[B + j];
    }
    for (int i = 0; i < S; i++)
        state[i] = s[i];
}

static double fold(double *lane) {
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t j = 0; j < half; j++)
            lane[j] += lane[j + half];
    return lane[0];
}

static double energy(const double *y, size_t n) {
    double lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            lane[j] += y[i + j] * y[i + j];
    for (size_t j = 0; i < n; i++, j++)
        lane[j] += y[i] * y[i];
    return fold(lane);
}

static int64_t clean(float *restrict out, const float *restrict in, size_t n) {
    int32_t bad = 0;
    for (size_t i = 0; i < n; i++) {
        int fine = __builtin_fabsf(in[i]) <= 1e10f;
        out[i] = fine ? in[i] : 0.0f;
        bad += !fine;
    }
    return bad;
}

static st_sums sums(const float *x, size_t n) {
    double sum[LANES] = {0};
    double square[LANES] = {0};
    float low[LANES] = {0};
    float high[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++) {
            float v = x[i + j];
            low[j] = v < low[j] ? v : low[j];
            high[j] = v > high[j] ? v : high[j];
            sum[j] += (double)v;
            square[j] += (double)v * (double)v;
        }
    for (size_t j = 0; i < n; i++, j++) {
        float v = x[i];
        low[j] = v < low[j] ? v : low[j];
        high[j] = v > high[j] ? v : high[j];
        sum[j] += (double)v;
        square[j] += (double)v * (double)v;
    }
    for (size_t j = 1; j < LANES; j++) {
        low[0] = low[j] < low[0] ? low[j] : low[0];
        high[0] = high[j] > high[0] ? high[j] : high[0];
    }
    return (st_sums){low[0], high[0], fold(sum), fold(square)};
}

static double cross(const float *a, const float *b, size_t n) {
    double lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            lane[j] += (double)a[i + j] * (double)b[i + j];
    for (size_t j = 0; i < n; i++, j++)
        lane[j] += (double)a[i] * (double)b[i];
    return fold(lane);
}

static uint32_t grid(const float *x, size_t n, int *exact) {
    int32_t all = 0;
    int32_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
        float scaled = x[i] * 8388608.0f;
        float safe = __builtin_fabsf(scaled) <= 8388608.0f ? scaled : 0.5f;
        int32_t whole = (int32_t)safe;
        wrong |= (float)whole != safe;
        all |= whole;
    }
    *exact = !wrong;
    return (uint32_t)all;
}

static inline float usable(float x) {
    return __builtin_fabsf(x) <= 1e10f ? x : 0.0f;
}

static void mid_side(float *restrict mid, float *restrict side, const float *l,
                     const float *r, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float a = usable(l[i]);
        float b = usable(r[i]);
        mid[i] = 0.5f * (a + b);
        side[i] = 0.5f * (a - b);
    }
}

static float window(float *restrict out, const float *restrict x,
                    const float *restrict w, size_t n) {
    float top[LANES] = {0};
    for (size_t i = 0; i < n; i += LANES)
        for (size_t j = 0; j < LANES; j++) {
            float a = __builtin_fabsf(x[i + j]);
            top[j] = a > top[j] ? a : top[j];
            out[i + j] = x[i + j] * w[i + j];
        }
    for (size_t j = 1; j < LANES; j++)
        top[0] = top[j] > top[0] ? top[j] : top[0];
    return top[0];
}

/* With Z = Z[k], Y = conj Z[n - k]: M = (Z + Y) / 2, S = (Z - Y) / 2i. */
static void split(float *restrict mid, float *restrict side,
                  float *restrict cross_ms, const float *restrict re,
                  const float *restrict im, size_t n) {
    for (size_t k = 0; k <= n / 2; k++) {
        float mr = 0.5f * (re[k] + re[n - k]);
        float mi = 0.5f * (im[k] - im[n - k]);
        float sr = 0.5f * (im[k] + im[n - k]);
        float si = 0.5f * (re[n - k] - re[k]);
        mid[k] += mr * mr + mi * mi;
        side[k] += sr * sr + si * si;
        cross_ms[k] += mr * sr + mi * si;
    }
}

static void power(float *restrict mid, const float *restrict re,
                  const float *restrict im, size_t n) {
    for (size_t k = 0; k < n; k++)
        mid[k] += re[k] * re[k] + im[k] * im[k];
}

const st_meter_ops ST_METER_OPS_TABLE = {
    .weigh = weigh,
    .energy = energy,
    .clean = clean,
    .sums = sums,
    .cross = cross,
    .grid = grid,
    .mid_side = mid_side,
    .window = window,
    .split = split,
    .power = power,
};
