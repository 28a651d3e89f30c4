/* Compiled once a CPU level; ST_LIMOPS_TABLE names the table it makes.
 * Loops of a fixed count over local arrays become vectors. */
#include "dsp/limops.h"

#include "core/attr.h"

#include <string.h>

extern const st_limops ST_LIMOPS_TABLE;

enum { CHUNK = ST_LIMOPS_CHUNK };

/* Sums stay in registers while the taps go by: a tile is as many vectors as
 * this level has room for. */
#if defined(__AVX512F__)
enum { LANES = 16, TILE = 6, WIDE = 4 };
typedef float vec ST_VECTOR(64);
#elif defined(__AVX2__)
enum { LANES = 8, TILE = 6, WIDE = 8 };
typedef float vec ST_VECTOR(32);
#else
enum { LANES = 4, TILE = 6, WIDE = 8 };
typedef float vec ST_VECTOR(16);
#endif

ST_INLINE void load(vec *to, const float *from) {
    memcpy(to, from, sizeof *to);
}

static inline float larger(float a, float b) {
    return a > b ? a : b;
}

static float top_of(const float lane[CHUNK]) {
    float top = 0.0f;
    for (size_t j = 0; j < CHUNK; j++)
        top = larger(lane[j], top);
    return top;
}

static void drive(float *out, const float *in, float gain, float step,
                  size_t n) {
    for (size_t i = 0; i < n; i++) {
        float x = in[i] * (gain + step * (float)(int)i);
        out[i] = __builtin_fabsf(x) <= 1e9f ? x : 0.0f;
    }
}

static st_limops_shape shape(const float *in, size_t n) {
    float peak[CHUNK] = {0};
    float bend[CHUNK] = {0};
    for (size_t i = 0; i < n; i += CHUNK)
        for (size_t j = 0; j < CHUNK; j++) {
            const float *x = in + i + j;
            float c = (x[-1] + x[1]) - 2.0f * x[0];
            peak[j] = larger(__builtin_fabsf(x[0]), peak[j]);
            bend[j] = larger(__builtin_fabsf(c), bend[j]);
        }
    return (st_limops_shape){top_of(peak), top_of(bend)};
}

static st_limops_shape shape2(const float *a, const float *b, size_t n) {
    float peak[CHUNK] = {0};
    float bend[CHUNK] = {0};
    for (size_t i = 0; i < n; i += CHUNK)
        for (size_t j = 0; j < CHUNK; j++) {
            const float *x = a + i + j;
            const float *y = b + i + j;
            float at = (y[-1] + y[0]) - 2.0f * x[0];
            float off = (x[0] + x[1]) - 2.0f * y[0];
            float p = larger(__builtin_fabsf(x[0]), __builtin_fabsf(y[0]));
            float c = larger(__builtin_fabsf(at), __builtin_fabsf(off));
            peak[j] = larger(p, peak[j]);
            bend[j] = larger(c, bend[j]);
        }
    return (st_limops_shape){top_of(peak), top_of(bend)};
}

ST_INLINE void between_tile(float *out, const float *in, const float *h,
                            size_t half, size_t vecs) {
    vec sum[TILE];
    for (size_t v = 0; v < vecs; v++)
        sum[v] = (vec){0};
    for (size_t k = 0; k < half; k++)
        for (size_t v = 0; v < vecs; v++) {
            vec a, b;
            load(&a, in + LANES * v - k);
            load(&b, in + LANES * v + 1 + k);
            sum[v] += h[k] * (a + b);
        }
    for (size_t v = 0; v < vecs; v++)
        memcpy(out + LANES * v, &sum[v], sizeof sum[v]);
}

static void between(float *out, const float *in, const float *h, size_t half,
                    size_t n) {
    size_t i = 0;
    for (; i + LANES * TILE <= n; i += LANES * TILE)
        between_tile(out + i, in + i, h, half, TILE);
    for (; i < n; i += LANES)
        between_tile(out + i, in + i, h, half, 1);
}

/* Point `phase` / 8 after a[0] on the row .. a[0] b[0] a[1] b[1] .. : four
 * taps from each. */
static inline void fine_point(float *restrict out, const float *restrict a,
                              const float *restrict b,
                              const float *restrict h) {
    for (ptrdiff_t j = 0; j < CHUNK; j++) {
        /* in time: b[-2] a[-1] b[-1] a[0] | b[0] a[1] b[1] a[2] */
        float s = h[0] * b[j - 2];
        s += h[1] * a[j - 1];
        s += h[2] * b[j - 1];
        s += h[3] * a[j];
        s += h[4] * b[j];
        s += h[5] * a[j + 1];
        s += h[6] * b[j + 1];
        s += h[7] * a[j + 2];
        out[j] = __builtin_fabsf(s);
    }
}

/* Vertex of the parabola through three points at equal steps, if the middle
 * one is the highest: b + (a - c)^2 / (8 (2 b - a - c)). */
static inline float vertex(float a, float b, float c) {
    float den = (b - a) + (b - c);
    float num = (a - c) * (a - c);
    float safe = den > 1e-30f ? den : 1e-30f;
    float rise = num / (8.0f * safe);
    float most = 0.02f * b;
    rise = rise < most ? rise : most;
    return b >= a && b >= c ? b + rise : b;
}

static void crest(float *restrict out, const float *restrict e,
                  const float *restrict o,
                  const float fine[ST_LIMOPS_FINE_PHASES][ST_LIMOPS_FINE_TAPS],
                  float limit) {
    /* row 0 is the point before the sample, row 9 the next sample */
    float v[10][CHUNK];
    fine_point(v[0], o - 1, e, fine[2]);
    fine_point(v[2], e, o, fine[0]);
    fine_point(v[3], e, o, fine[1]);
    fine_point(v[4], e, o, fine[2]);
    fine_point(v[6], o, e + 1, fine[0]);
    fine_point(v[7], o, e + 1, fine[1]);
    fine_point(v[8], o, e + 1, fine[2]);
    float top[CHUNK];
    for (size_t j = 0; j < CHUNK; j++) {
        v[1][j] = __builtin_fabsf(e[j]);
        v[5][j] = __builtin_fabsf(o[j]);
        v[9][j] = __builtin_fabsf(e[j + 1]);
        top[j] = v[1][j];
    }
    for (size_t r = 2; r < 9; r++)
        for (size_t j = 0; j < CHUNK; j++)
            top[j] = larger(v[r][j], top[j]);
    if (top_of(top) > limit)
        for (size_t r = 1; r < 9; r++)
            for (size_t j = 0; j < CHUNK; j++)
                top[j] =
                    larger(vertex(v[r - 1][j], v[r][j], v[r + 1][j]), top[j]);
    for (size_t j = 0; j < CHUNK; j++)
        out[j] = top[j];
}

ST_INLINE void gather_tile(float *out, const float *const *in, const float *h,
                           size_t taps, size_t at, size_t vecs) {
    vec sum[WIDE];
    for (size_t v = 0; v < vecs; v++)
        sum[v] = (vec){0};
    for (size_t k = 0; k < taps; k++)
        for (size_t v = 0; v < vecs; v++) {
            vec a;
            load(&a, in[k] + at + LANES * v);
            sum[v] += h[k] * a;
        }
    for (size_t v = 0; v < vecs; v++)
        memcpy(out + at + LANES * v, &sum[v], sizeof sum[v]);
}

static void gather(float *out, const float *const *in, const float *h,
                   size_t taps, size_t n) {
    size_t i = 0;
    for (; i + LANES * WIDE <= n; i += LANES * WIDE)
        gather_tile(out, in, h, taps, i, WIDE);
    for (; i < n; i += LANES)
        gather_tile(out, in, h, taps, i, 1);
}

static void spline(float *restrict out, const float *restrict gain,
                   const float *const *w, size_t block, size_t blocks) {
    for (size_t b = 0; b < blocks; b++) {
        float g0 = gain[b];
        float g1 = gain[b + 1];
        float g2 = gain[b + 2];
        for (size_t i = 0; i < block; i++)
            out[b * block + i] = (w[0][i] * g0 + w[2][i] * g2) + w[1][i] * g1;
    }
}

const st_limops ST_LIMOPS_TABLE = {
    .drive = drive,
    .shape = shape,
    .shape2 = shape2,
    .between = between,
    .crest = crest,
    .gather = gather,
    .spline = spline,
};
