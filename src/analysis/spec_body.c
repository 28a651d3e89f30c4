/* Compiled once a CPU level; ST_SPEC_OPS_TABLE names the table it makes.
 * Sums run over a fixed count of lanes or in the order of the taps, so each
 * level gives the same bits. */
#include "analysis/spec_ops.h"
#include "core/attr.h"
#include "core/math.h"

#include <string.h>

extern const st_spec_ops ST_SPEC_OPS_TABLE;

enum { FRAMES = ST_SPEC_FRAMES, LANES = ST_SPEC_LANES, PAIRS = ST_SPEC_PAIRS };

static void clean(float *restrict out, const float *restrict in, size_t n) {
    for (size_t i = 0; i < n; i++)
        out[i] = __builtin_fabsf(in[i]) <= 1e10f ? in[i] : 0.0f;
}

static void window(float *restrict out, const float *restrict x,
                   const float *restrict w, size_t n) {
    for (size_t i = 0; i < n; i++)
        out[i] = x[i] * w[i];
}

static void power(float *restrict out, const float *restrict re,
                  const float *restrict im, size_t n) {
    for (size_t i = 0; i < n; i++)
        out[i] = re[i] * re[i] + im[i] * im[i];
}

static void magnitude(float *restrict out, const float *restrict re,
                      const float *restrict im, size_t n) {
    for (size_t i = 0; i < n; i++)
        out[i] = __builtin_sqrtf(re[i] * re[i] + im[i] * im[i]);
}

static void bands(float *restrict out, const float *restrict spectrum,
                  const st_spec_band *restrict band, size_t count) {
    for (size_t b = 0; b < count; b++) {
        float lane[LANES] = {0};
        const float *x = spectrum + band[b].first;
        const float *w = band[b].weights;
        for (size_t i = 0; i < band[b].count; i += LANES)
            for (size_t j = 0; j < LANES; j++)
                lane[j] += x[i + j] * w[i + j];
        out[b] = ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
                 ((lane[1] + lane[5]) + (lane[3] + lane[7]));
    }
}

static void db(float *restrict out, const float *restrict in, float least,
               size_t n) {
    for (size_t i = 0; i < n; i++) {
        float x = in[i] > least ? in[i] : least;
        out[i] = st_log2f(x) * 3.01029995664f;
    }
}

static void mix(float *restrict out, const float *restrict in,
                const float *restrict matrix, size_t rows, size_t columns) {
    for (size_t c = 0; c < columns; c++)
        out[c] = 0.0f;
    for (size_t r = 0; r < rows; r++, matrix += columns)
        for (size_t c = 0; c < columns; c++)
            out[c] += in[r] * matrix[c];
}

/* Even and odd samples apart first: then every load is a row. */
enum { BLOCK = 64, SIDE = BLOCK + 2 * PAIRS };

ST_INLINE void halve_block(float *restrict out, const float *restrict in,
                           const float *restrict taps, size_t n, size_t width) {
    float even[BLOCK] = {0}, odd[SIDE] = {0};
    const float *from = in - 2 * PAIRS + 1;
    for (size_t i = 0; i < n; i++)
        even[i] = 0.5f * in[2 * i];
    for (size_t i = 0; i + 1 < n + 2 * PAIRS; i++)
        odd[i] = from[2 * i];
    for (size_t j = 0; j < PAIRS; j++) {
        const float *left = odd + PAIRS - 1 - j, *right = odd + PAIRS + j;
        for (size_t i = 0; i < width; i++)
            even[i] += taps[j] * (left[i] + right[i]);
    }
    memcpy(out, even, n * sizeof *out);
}

static void halve(float *restrict out, const float *restrict in,
                  const float *restrict taps, size_t n) {
    for (; n >= BLOCK; n -= BLOCK, out += BLOCK, in += 2 * BLOCK)
        halve_block(out, in, taps, BLOCK, BLOCK);
    if (n > 0)
        halve_block(out, in, taps, n, BLOCK);
}

/* As above; here even distances count, too. */
enum { STEEP = ST_SPEC_STEEP, WIDE = 256, REST = WIDE + STEEP };

ST_INLINE void add_pair(float *restrict sum, const float *restrict left,
                        const float *restrict right, float tap) {
    for (size_t i = 0; i < WIDE; i++)
        sum[i] += tap * (left[i] + right[i]);
}

static void thin_block(float *restrict out, const float *restrict in,
                       const float *restrict taps, size_t n) {
    float sum[WIDE], even[REST] = {0}, odd[REST] = {0};
    const float *from = in - STEEP;
    for (size_t i = 0; i < n + STEEP; i++)
        even[i] = from[2 * i];
    for (size_t i = 0; i + 1 < n + STEEP; i++)
        odd[i] = from[2 * i + 1];
    const float *x = even + STEEP / 2, *y = odd + STEEP / 2;
    for (size_t i = 0; i < WIDE; i++)
        sum[i] = taps[0] * x[i];
    for (size_t k = 1; k < STEEP; k += 2) {
        add_pair(sum, y - (k + 1) / 2, y + k / 2, taps[k]);
        add_pair(sum, x - (k + 1) / 2, x + (k + 1) / 2, taps[k + 1]);
    }
    memcpy(out, sum, n * sizeof *out);
}

static void thin(float *restrict out, const float *restrict in,
                 const float *restrict taps, size_t n) {
    for (; n >= WIDE; n -= WIDE, out += WIDE, in += 2 * (size_t)WIDE)
        thin_block(out, in, taps, WIDE);
    if (n > 0)
        thin_block(out, in, taps, n);
}

static void rows(float *restrict out, const float *restrict in, size_t step,
                 size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t f = 0; f < FRAMES; f++)
            out[i * FRAMES + f] = in[f * step + i];
}

static void project(float *restrict out, const float *restrict x,
                    const float *restrict taps, size_t n) {
    float a[FRAMES] = {0}, b[FRAMES] = {0}, c[FRAMES] = {0}, d[FRAMES] = {0};
    for (size_t i = 0; i < n; i++, taps += 4, x += FRAMES)
        for (size_t j = 0; j < FRAMES; j++) {
            a[j] += taps[0] * x[j];
            b[j] += taps[1] * x[j];
            c[j] += taps[2] * x[j];
            d[j] += taps[3] * x[j];
        }
    for (size_t j = 0; j < FRAMES; j++) {
        out[j] = a[j];
        out[FRAMES + j] = b[j];
        out[2 * FRAMES + j] = c[j];
        out[3 * FRAMES + j] = d[j];
    }
}

static void spread(float *restrict out, const float *restrict taps, size_t step,
                   const float *restrict values, size_t n) {
    const float *t0 = taps, *t1 = t0 + step, *t2 = t1 + step, *t3 = t2 + step;
    float a = values[0], b = values[1], c = values[2], d = values[3];
    for (size_t i = 0; i < n; i++)
        out[i] += (a * t0[i] - b * t1[i]) + (c * t2[i] - d * t3[i]);
}

static void raise(float *restrict out, const float *restrict in,
                  const float *restrict taps, size_t n) {
    for (size_t done = 0; done < n; done += BLOCK) {
        size_t part = n - done < BLOCK ? n - done : BLOCK;
        float between[BLOCK] = {0};
        const float *x = in + done;
        for (size_t j = 0; j < PAIRS; j++) {
            const float *left = x - j, *right = x + 1 + j;
            for (size_t i = 0; i < part; i++)
                between[i] += taps[j] * (left[i] + right[i]);
        }
        for (size_t i = 0; i < part; i++) {
            out[2 * (done + i)] += x[i];
            out[2 * (done + i) + 1] += 2.0f * between[i];
        }
    }
}

const st_spec_ops ST_SPEC_OPS_TABLE = {
    .clean = clean,
    .window = window,
    .power = power,
    .magnitude = magnitude,
    .bands = bands,
    .db = db,
    .mix = mix,
    .halve = halve,
    .thin = thin,
    .rows = rows,
    .project = project,
    .spread = spread,
    .raise = raise,
};
