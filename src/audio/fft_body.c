/* Compiled once a CPU level; ST_FFT_TABLE names the table it makes. */
#include "audio/fft_kernels.h"

#include <string.h>

extern const st_fft_kernels ST_FFT_TABLE;

#define HALF_SQRT2 0.70710678118654752f

typedef struct {
    float re, im;
} cpx;

ST_INLINE cpx add(cpx a, cpx b) {
    return (cpx){a.re + b.re, a.im + b.im};
}

ST_INLINE cpx sub(cpx a, cpx b) {
    return (cpx){a.re - b.re, a.im - b.im};
}

ST_INLINE cpx mul(cpx a, float re, float im) {
    return (cpx){a.re * re - a.im * im, a.re * im + a.im * re};
}

/* a - j b and a + j b */
ST_INLINE cpx sub_j(cpx a, cpx b) {
    return (cpx){a.re + b.im, a.im - b.re};
}

ST_INLINE cpx add_j(cpx a, cpx b) {
    return (cpx){a.re - b.im, a.im + b.re};
}

#define BUTTERFLY2(x0, x1)                                                     \
    do {                                                                       \
        cpx s0_ = add(x0, x1);                                                 \
        x1 = sub(x0, x1);                                                      \
        x0 = s0_;                                                              \
    } while (0)

#define BUTTERFLY4(x0, x1, x2, x3)                                             \
    do {                                                                       \
        cpx t0_ = add(x0, x2), t1_ = sub(x0, x2);                              \
        cpx t2_ = add(x1, x3), t3_ = sub(x1, x3);                              \
        x0 = add(t0_, t2_);                                                    \
        x1 = sub_j(t1_, t3_);                                                  \
        x2 = sub(t0_, t2_);                                                    \
        x3 = add_j(t1_, t3_);                                                  \
    } while (0)

/* Results in the order x0 x4 x1 x5 x2 x6 x3 x7 of the macro's arguments would
 * be bit-reversed; renamed here so that xk is bin k. */
#define BUTTERFLY8(x0, x1, x2, x3, x4, x5, x6, x7)                             \
    do {                                                                       \
        cpx a0_ = add(x0, x4), b0_ = sub(x0, x4);                              \
        cpx a1_ = add(x1, x5), b1_ = sub(x1, x5);                              \
        cpx a2_ = add(x2, x6), b2_ = sub(x2, x6);                              \
        cpx a3_ = add(x3, x7), b3_ = sub(x3, x7);                              \
        b1_ = (cpx){(b1_.re + b1_.im) * HALF_SQRT2,                            \
                    (b1_.im - b1_.re) * HALF_SQRT2};                           \
        b2_ = (cpx){b2_.im, -b2_.re};                                          \
        b3_ = (cpx){(b3_.im - b3_.re) * HALF_SQRT2,                            \
                    (b3_.re + b3_.im) * -HALF_SQRT2};                          \
        BUTTERFLY4(a0_, a1_, a2_, a3_);                                        \
        BUTTERFLY4(b0_, b1_, b2_, b3_);                                        \
        x0 = a0_, x2 = a1_, x4 = a2_, x6 = a3_;                                \
        x1 = b0_, x3 = b1_, x5 = b2_, x7 = b3_;                                \
    } while (0)

/* Row k of a butterfly: `stride` floats apart, lane j. */
#define LOAD(k)                                                                \
    (cpx) {                                                                    \
        sr[(size_t)(k)*stride + j * step], si[(size_t)(k)*stride + j * step]   \
    }
#define STORE(k, x)                                                            \
    do {                                                                       \
        dr[(size_t)(k)*to + j] = (x).re;                                       \
        di[(size_t)(k)*to + j] = (x).im;                                       \
    } while (0)
#define TWIDDLE(k, x) mul(x, w[2 * (k)-2], w[2 * (k)-1])

ST_INLINE void rows2(const float *sr, const float *si, size_t stride,
                     size_t step, float *dr, float *di, size_t to,
                     const float *w, size_t lanes) {
    ST_IVDEP
    for (size_t j = 0; j < lanes; j++) {
        cpx x0 = LOAD(0), x1 = LOAD(1);
        BUTTERFLY2(x0, x1);
        STORE(0, x0);
        STORE(1, TWIDDLE(1, x1));
    }
}

ST_INLINE void rows4(const float *sr, const float *si, size_t stride,
                     size_t step, float *dr, float *di, size_t to,
                     const float *w, size_t lanes) {
    ST_IVDEP
    for (size_t j = 0; j < lanes; j++) {
        cpx x0 = LOAD(0), x1 = LOAD(1), x2 = LOAD(2), x3 = LOAD(3);
        BUTTERFLY4(x0, x1, x2, x3);
        STORE(0, x0);
        STORE(1, TWIDDLE(1, x1));
        STORE(2, TWIDDLE(2, x2));
        STORE(3, TWIDDLE(3, x3));
    }
}

ST_INLINE void rows8(const float *sr, const float *si, size_t stride,
                     size_t step, float *dr, float *di, size_t to,
                     const float *w, size_t lanes) {
    ST_IVDEP
    for (size_t j = 0; j < lanes; j++) {
        cpx x0 = LOAD(0), x1 = LOAD(1), x2 = LOAD(2), x3 = LOAD(3);
        cpx x4 = LOAD(4), x5 = LOAD(5), x6 = LOAD(6), x7 = LOAD(7);
        BUTTERFLY8(x0, x1, x2, x3, x4, x5, x6, x7);
        STORE(0, x0);
        STORE(1, TWIDDLE(1, x1));
        STORE(2, TWIDDLE(2, x2));
        STORE(3, TWIDDLE(3, x3));
        STORE(4, TWIDDLE(4, x4));
        STORE(5, TWIDDLE(5, x5));
        STORE(6, TWIDDLE(6, x6));
        STORE(7, TWIDDLE(7, x7));
    }
}

/* A pass over the whole tile: radix, rows m apart, each block of radix * m
 * rows on its own. */
ST_INLINE void pass(int radix, const float *sr, const float *si, size_t stride,
                    size_t step, float *dr, float *di, const float *w,
                    size_t rows, size_t m, size_t lanes) {
    size_t block = m * (size_t)radix;
    for (size_t i = 0; i < m; i++, w += 2 * (radix - 1))
        for (size_t b = i; b < rows; b += block) {
            const float *r = sr + b * stride * step;
            const float *q = si + b * stride * step;
            size_t apart = m * stride * step, to = m * lanes;
            float *d = dr + b * lanes, *e = di + b * lanes;
            if (radix == 8)
                rows8(r, q, apart, step, d, e, to, w, lanes);
            else if (radix == 4)
                rows4(r, q, apart, step, d, e, to, w, lanes);
            else
                rows2(r, q, apart, step, d, e, to, w, lanes);
        }
}

/* All passes but the last, into the tile. */
ST_INLINE void first_passes(const st_fft_tile *tile, st_fft_in in,
                            size_t stride, size_t step, float *re, float *im,
                            size_t lanes) {
    size_t m = tile->n / (size_t)tile->radix[0];
    const float *w = tile->twiddle[0];
    if (tile->radix[0] == 8)
        pass(8, in.re, in.im, stride, step, re, im, w, tile->n, m, lanes);
    else if (tile->radix[0] == 4)
        pass(4, in.re, in.im, stride, step, re, im, w, tile->n, m, lanes);
    else
        pass(2, in.re, in.im, stride, step, re, im, w, tile->n, m, lanes);
    for (int p = 1; p < tile->passes - 1; p++) {
        w = tile->twiddle[p];
        m /= (size_t)tile->radix[p];
        if (tile->radix[p] == 8)
            pass(8, re, im, lanes, 1, re, im, w, tile->n, m, lanes);
        else
            pass(4, re, im, lanes, 1, re, im, w, tile->n, m, lanes);
    }
}

#define ROW(k)                                                                 \
    (cpx) {                                                                    \
        re[(k)*lanes + j], im[(k)*lanes + j]                                   \
    }

/* Last pass of step A: in place, row r times twiddle row r. */
#define PUT(k, x)                                                              \
    do {                                                                       \
        cpx p_ = mul(x, w[2 * (k)*lanes + j], w[(2 * (k) + 1) * lanes + j]);   \
        re[(k)*lanes + j] = p_.re;                                             \
        im[(k)*lanes + j] = p_.im;                                             \
    } while (0)

ST_INLINE void last_a(const st_fft_tile *tile, float *re, float *im,
                      const float *w, size_t lanes) {
    size_t radix = (size_t)tile->radix[tile->passes - 1];
    for (size_t r = 0; r < tile->n; r += radix, re += radix * lanes,
                im += radix * lanes, w += 2 * radix * lanes) {
        if (radix == 8) {
            ST_IVDEP
            for (size_t j = 0; j < lanes; j++) {
                cpx x0 = ROW(0), x1 = ROW(1), x2 = ROW(2), x3 = ROW(3);
                cpx x4 = ROW(4), x5 = ROW(5), x6 = ROW(6), x7 = ROW(7);
                BUTTERFLY8(x0, x1, x2, x3, x4, x5, x6, x7);
                PUT(0, x0);
                PUT(1, x1);
                PUT(2, x2);
                PUT(3, x3);
                PUT(4, x4);
                PUT(5, x5);
                PUT(6, x6);
                PUT(7, x7);
            }
        } else if (radix == 4) {
            ST_IVDEP
            for (size_t j = 0; j < lanes; j++) {
                cpx x0 = ROW(0), x1 = ROW(1), x2 = ROW(2), x3 = ROW(3);
                BUTTERFLY4(x0, x1, x2, x3);
                PUT(0, x0);
                PUT(1, x1);
                PUT(2, x2);
                PUT(3, x3);
            }
        } else {
            ST_IVDEP
            for (size_t j = 0; j < lanes; j++) {
                cpx x0 = ROW(0), x1 = ROW(1);
                BUTTERFLY2(x0, x1);
                PUT(0, x0);
                PUT(1, x1);
            }
        }
    }
}
#undef PUT

/* Last pass of step B: row r goes to result row index[r]. */
#define PUT(k, x)                                                              \
    do {                                                                       \
        out_re[at##k + j * step] = (x).re;                                     \
        out_im[at##k + j * step] = (x).im;                                     \
    } while (0)
#define AT(k) size_t at##k = index[k] * stride * step

ST_INLINE void last_b(const st_fft_tile *tile, const float *re, const float *im,
                      float *restrict out_re, float *restrict out_im,
                      size_t stride, size_t step, size_t lanes) {
    size_t radix = (size_t)tile->radix[tile->passes - 1];
    const uint16_t *index = tile->index;
    for (size_t r = 0; r < tile->n;
         r += radix, re += radix * lanes, im += radix * lanes, index += radix) {
        if (radix == 8) {
            AT(0);
            AT(1);
            AT(2);
            AT(3);
            AT(4);
            AT(5);
            AT(6);
            AT(7);
            ST_IVDEP
            for (size_t j = 0; j < lanes; j++) {
                cpx x0 = ROW(0), x1 = ROW(1), x2 = ROW(2), x3 = ROW(3);
                cpx x4 = ROW(4), x5 = ROW(5), x6 = ROW(6), x7 = ROW(7);
                BUTTERFLY8(x0, x1, x2, x3, x4, x5, x6, x7);
                PUT(0, x0);
                PUT(1, x1);
                PUT(2, x2);
                PUT(3, x3);
                PUT(4, x4);
                PUT(5, x5);
                PUT(6, x6);
                PUT(7, x7);
            }
        } else if (radix == 4) {
            AT(0);
            AT(1);
            AT(2);
            AT(3);
            ST_IVDEP
            for (size_t j = 0; j < lanes; j++) {
                cpx x0 = ROW(0), x1 = ROW(1), x2 = ROW(2), x3 = ROW(3);
                BUTTERFLY4(x0, x1, x2, x3);
                PUT(0, x0);
                PUT(1, x1);
                PUT(2, x2);
                PUT(3, x3);
            }
        } else {
            AT(0);
            AT(1);
            ST_IVDEP
            for (size_t j = 0; j < lanes; j++) {
                cpx x0 = ROW(0), x1 = ROW(1);
                BUTTERFLY2(x0, x1);
                PUT(0, x0);
                PUT(1, x1);
            }
        }
    }
}

/* out[4 i + k] = the i-th of quarter k: a perfect shuffle by 4, which the
 * compiler turns into register permutes. */
ST_INLINE void shuffle4(float *restrict out, const float *restrict a,
                        const float *restrict b, const float *restrict c,
                        const float *restrict d, size_t n) {
    for (size_t i = 0; i < n; i++) {
        out[4 * i] = a[i];
        out[4 * i + 1] = b[i];
        out[4 * i + 2] = c[i];
        out[4 * i + 3] = d[i];
    }
}

/* lanes rows of the tile to lanes rows of y, transposed: shuffles by 4, 4 for
 * 16 lanes, by 4, 2 for 8, by 4 for 4. */
ST_INLINE void transpose(const float *tile, const uint16_t *row, float *y,
                         size_t to, size_t lanes) {
    float half[256], whole[256];
    size_t quarter = lanes / 4;
    for (size_t r = 0; r < quarter; r++)
        shuffle4(half + r * 4 * lanes, tile + row[r] * lanes,
                 tile + row[r + quarter] * lanes,
                 tile + row[r + 2 * quarter] * lanes,
                 tile + row[r + 3 * quarter] * lanes, lanes);
    const float *done = whole;
    if (lanes == 16 && to == 16) {
        shuffle4(y, half, half + 64, half + 128, half + 192, 64);
        return;
    }
    if (lanes == 16)
        shuffle4(whole, half, half + 64, half + 128, half + 192, 64);
    else if (lanes == 8)
        for (size_t i = 0; i < 32; i++) {
            whole[2 * i] = half[i];
            whole[2 * i + 1] = half[i + 32];
        }
    else
        done = half;
    for (size_t i = 0; i < lanes; i++)
        memcpy(y + i * to, done + lanes * i, lanes * sizeof *y);
}

ST_INLINE void run_tiles(const st_fft *plan, st_fft_in in, st_fft_out out,
                         float *scratch, size_t in_step, size_t out_step,
                         size_t la, size_t lb) {
    size_t n1 = plan->a.n, n2 = plan->b.n;
    float *y_re = scratch, *y_im = y_re + plan->n;
    float *re = y_im + plan->n;
    float *im = re + (n1 * la > n2 * lb ? n1 * la : n2 * lb);
    const float *w = plan->twiddle;
    for (size_t c = 0; c < n2; c += la, w += 2 * n1 * la) {
        st_fft_in from = {in.re + c * in_step, in.im + c * in_step, 0};
        first_passes(&plan->a, from, n2, in_step, re, im, la);
        last_a(&plan->a, re, im, w, la);
        for (size_t k = 0; k < n1; k += la) {
            transpose(re, plan->a.row + k, y_re + c * n1 + k, n1, la);
            transpose(im, plan->a.row + k, y_im + c * n1 + k, n1, la);
        }
    }
    for (size_t c = 0; c < n1; c += lb) {
        st_fft_in from = {y_re + c, y_im + c, 0};
        first_passes(&plan->b, from, n1, 1, re, im, lb);
        last_b(&plan->b, re, im, out.re + c * out_step, out.im + c * out_step,
               n1, out_step, lb);
    }
}

/* n < 16: by the definition. */
static void run_small(const st_fft *plan, st_fft_in in, st_fft_out out) {
    float re[16], im[16];
    size_t n = plan->n;
    for (size_t k = 0; k < n; k++) {
        double sum_re = 0.0, sum_im = 0.0;
        for (size_t i = 0; i < n; i++) {
            const float *w = plan->small + 2 * (i * k % n);
            double x = in.re[i * (size_t)in.step];
            double y = in.im[i * (size_t)in.step];
            sum_re += x * (double)w[0] - y * (double)w[1];
            sum_im += x * (double)w[1] + y * (double)w[0];
        }
        re[k] = (float)sum_re;
        im[k] = (float)sum_im;
    }
    for (size_t k = 0; k < n; k++) {
        out.re[k * (size_t)out.step] = re[k];
        out.im[k * (size_t)out.step] = im[k];
    }
}

static void run_planar(const st_fft *plan, st_fft_in in, st_fft_out out,
                       float *scratch) {
    if (plan->lanes_a == 16)
        run_tiles(plan, in, out, scratch, 1, 1, 16, 16);
    else if (plan->lanes_a == 8 && plan->lanes_b == 16)
        run_tiles(plan, in, out, scratch, 1, 1, 8, 16);
    else if (plan->lanes_a == 8)
        run_tiles(plan, in, out, scratch, 1, 1, 8, 8);
    else if (plan->lanes_b == 8)
        run_tiles(plan, in, out, scratch, 1, 1, 4, 8);
    else
        run_tiles(plan, in, out, scratch, 1, 1, 4, 4);
}

/* Small plans put interleaved data into planar arrays of their own first. */
static void run_short(const st_fft *plan, st_fft_in in, st_fft_out out,
                      float *scratch) {
    float re[64] = {0}, im[64] = {0};
    size_t n = plan->n;
    for (size_t i = 0; i < n; i++) {
        re[i] = in.re[i * (size_t)in.step];
        im[i] = in.im[i * (size_t)in.step];
    }
    run_planar(plan, (st_fft_in){re, im, 1}, (st_fft_out){re, im, 1}, scratch);
    for (size_t i = 0; i < n; i++) {
        out.re[i * (size_t)out.step] = re[i];
        out.im[i * (size_t)out.step] = im[i];
    }
}

static void run(const st_fft *plan, st_fft_in in, st_fft_out out,
                float *scratch) {
    if (plan->lanes_a == 0)
        run_small(plan, in, out);
    else if (in.step == 1 && out.step == 1)
        run_planar(plan, in, out, scratch);
    else if (plan->n < 128)
        run_short(plan, in, out, scratch);
    else if (plan->n == 128 && in.step == 2)
        run_tiles(plan, in, out, scratch, 2, 1, 8, 16);
    else if (plan->n == 128)
        run_tiles(plan, in, out, scratch, 1, 2, 8, 16);
    else if (in.step == 2)
        run_tiles(plan, in, out, scratch, 2, 1, 16, 16);
    else
        run_tiles(plan, in, out, scratch, 1, 2, 16, 16);
}

/* Bins k and half - k together: with z the packed spectrum, e and o those of
 * the even and odd samples, X[k] = e + w o, X[half - k] = conj(e - w o). */
static void unpack(float *re, float *im, const float *twiddle, size_t half) {
    const float *w_re = twiddle, *w_im = twiddle + half / 2 + 1;
    float dc = re[0] + im[0], nyquist = re[0] - im[0];
    ST_IVDEP
    for (size_t k = 1; k <= half / 2; k++) {
        float ar = re[k], ai = im[k], br = re[half - k], bi = im[half - k];
        float er = 0.5f * (ar + br), ei = 0.5f * (ai - bi);
        float odd_re = 0.5f * (ai + bi), odd_im = 0.5f * (br - ar);
        float pr = odd_re * w_re[k] - odd_im * w_im[k];
        float pi = odd_re * w_im[k] + odd_im * w_re[k];
        re[half - k] = er - pr;
        im[half - k] = pi - ei;
        re[k] = er + pr;
        im[k] = ei + pi;
    }
    re[0] = dc;
    re[half] = nyquist;
    im[0] = im[half] = 0.0f;
}

static void pack(const float *restrict re, const float *restrict im,
                 float *restrict out_re, float *restrict out_im,
                 const float *restrict twiddle, size_t half) {
    const float *w_re = twiddle, *w_im = twiddle + half / 2 + 1;
    out_re[0] = re[0] + re[half];
    out_im[0] = re[0] - re[half];
    ST_IVDEP
    for (size_t k = 1; k <= half / 2; k++) {
        float ar = re[k], ai = im[k], br = re[half - k], bi = im[half - k];
        float er = ar + br, ei = ai - bi;
        float dr = ar - br, di = ai + bi;
        float odd_re = dr * w_re[k] + di * w_im[k];
        float odd_im = di * w_re[k] - dr * w_im[k];
        out_re[half - k] = er + odd_im;
        out_im[half - k] = odd_re - ei;
        out_re[k] = er - odd_im;
        out_im[k] = ei + odd_re;
    }
}

const st_fft_kernels ST_FFT_TABLE = {
    .run = run,
    .unpack = unpack,
    .pack = pack,
};
