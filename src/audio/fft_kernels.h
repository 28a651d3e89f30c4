/* fft_kernels: what audio/fft.c plans and fft_body.c runs (file-private).
 *
 * n = n1 * n2 points, x[i1 * n2 + i2] to X[k1 + n1 * k2]:
 *   step A, for each tile of `lanes_a` neighbouring columns i2: the n1-point
 *     transform down the columns, in place in the tile; times exp(-2 pi j
 *     i2 k1 / n); written transposed to y[i2][k1].
 *   step B, for each tile of `lanes_b` neighbouring k1: the n2-point
 *     transform over i2, written to X[k2][k1].
 * Inside a tile, decimation in frequency leaves rows in digit-reversed order;
 * as a row is a whole cache line, reading or writing it elsewhere is free. */
#ifndef ST_AUDIO_FFT_KERNELS_H
#define ST_AUDIO_FFT_KERNELS_H

#include "audio/fft.h"

#include <stdint.h>

enum { ST_FFT_PASSES = 8, ST_FFT_LANES = 16 };

/* The transform of one tile: passes >= 2. */
typedef struct {
    size_t n;
    int passes;
    int radix[ST_FFT_PASSES];            /* 2, 4 or 8 */
    const float *twiddle[ST_FFT_PASSES]; /* [m][radix - 1] (re, im); none for
                                            the last pass */
    const uint16_t *index; /* row of the tile -> index of the result */
    const uint16_t *row;   /* the other way */
} st_fft_tile;

typedef struct st_fft_kernels st_fft_kernels;

struct st_fft {
    const st_fft_kernels *kernels;
    size_t n;
    int lanes_a, lanes_b; /* 4, 8 or 16; 0 for n < 16: no tiles */
    st_fft_tile a, b;
    const float *twiddle; /* [tile][row][2][lanes_a] */
    const float *small;   /* n < 16: exp(-2 pi j k / n), (re, im) */
    size_t scratch;
    void *store; /* all tables */
};

/* Where a transform reads or writes: point i at re[i * step], im[i * step];
 * step 2 is interleaved data, im = re + 1. */
typedef struct {
    const float *re, *im;
    int step;
} st_fft_in;

typedef struct {
    float *re, *im;
    int step;
} st_fft_out;

struct st_fft_kernels {
    void (*run)(const st_fft *plan, st_fft_in in, st_fft_out out,
                float *scratch);
    /* Spectrum of n/2 packed points in re, im to that of n real ones, in
     * place; twiddle = exp(-2 pi j k / n), re [n/4 + 1] then im. */
    void (*unpack)(float *re, float *im, const float *twiddle, size_t half);
    /* The way back, doubled: re, im to out_re, out_im [half]. */
    void (*pack)(const float *re, const float *im, float *out_re, float *out_im,
                 const float *twiddle, size_t half);
};

#endif
