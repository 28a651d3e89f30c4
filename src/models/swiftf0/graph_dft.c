#include "models/swiftf0/graph_dft.h"

enum { SIZE = ST_GRAPH_DFT_SIZE, BITS = 10 };

static int reversed(int i) {
    int out = 0;
    for (int b = 0; b < BITS; b++)
        out |= ((i >> b) & 1) << (BITS - 1 - b);
    return out;
}

void st_graph_dft_init(st_graph_dft *d, const float *re, const float *im) {
    for (int i = 0; i < SIZE; i++)
        d->from[i] = (short)reversed(i);
    for (int half = 1, at = 0; half < SIZE; half *= 2)
        for (int k = 0; k < half; k++, at++) {
            int even = k * (SIZE / (2 * half));
            int odd = (half + k) * (SIZE / (2 * half));
            d->even_re[at] = re[even];
            d->even_im[at] = im[even];
            d->odd_re[at] = re[odd];
            d->odd_im[at] = im[odd];
        }
}

/* Two transforms of `half` points each to one of twice as many. */
static void join(const st_graph_dft *d, int at, int half, float *restrict re,
                 float *restrict im, float *restrict re2, float *restrict im2) {
    const float *er = d->even_re + at, *ei = d->even_im + at;
    const float *odd_r = d->odd_re + at, *odd_i = d->odd_im + at;
    for (int k = 0; k < half; k++) {
        float r = re2[k], i = im2[k];
        float first_re = re[k] + (er[k] * r - ei[k] * i);
        float first_im = im[k] + (er[k] * i + ei[k] * r);
        re2[k] = re[k] + (odd_r[k] * r - odd_i[k] * i);
        im2[k] = im[k] + (odd_r[k] * i + odd_i[k] * r);
        re[k] = first_re;
        im[k] = first_im;
    }
}

void st_graph_dft_run(const st_graph_dft *d, const float *in, float *re,
                      float *im) {
    for (int i = 0; i < SIZE; i++) {
        re[i] = in[d->from[i]];
        im[i] = 0.0f;
    }
    for (int half = 1, at = 0; half < SIZE; at += half, half *= 2)
        for (int j = 0; j < SIZE; j += 2 * half)
            join(d, at, half, re + j, im + j, re + j + half, im + j + half);
}
