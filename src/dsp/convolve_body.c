/* Compiled once a CPU level; ST_CONVOLVE_TABLE names the table it makes. */
#include "core/attr.h"
#include "dsp/convolve_kernels.h"

#include <stdbool.h>

extern const st_convolve_kernels ST_CONVOLVE_TABLE;

static void product(float *restrict re, float *restrict im, st_spectrum x,
                    st_spectrum h, size_t n, int add) {
    const float *restrict xr = x.re, *restrict xi = x.im;
    const float *restrict hr = h.re, *restrict hi = h.im;
    if (add)
        for (size_t k = 0; k < n; k++) {
            re[k] += xr[k] * hr[k] - xi[k] * hi[k];
            im[k] += xr[k] * hi[k] + xi[k] * hr[k];
        }
    else
        for (size_t k = 0; k < n; k++) {
            re[k] = xr[k] * hr[k] - xi[k] * hi[k];
            im[k] = xr[k] * hi[k] + xi[k] * hr[k];
        }
}

static void cross(float *restrict re, float *restrict im, st_spectrum x,
                  st_spectrum h, size_t n) {
    const float *restrict xr = x.re, *restrict xi = x.im;
    const float *restrict hr = h.re, *restrict hi = h.im;
    /* j conj(x) = im x + j re x */
    re[0] += xi[0] * hr[0] - xr[0] * hi[0];
    im[0] += xi[0] * hi[0] + xr[0] * hr[0];
    for (size_t k = 1; k < n; k++) {
        re[k] += xi[n - k] * hr[k] - xr[n - k] * hi[k];
        im[k] += xi[n - k] * hi[k] + xr[n - k] * hr[k];
    }
}

/* Bins k and n - k together: h[n - k] is the conjugate of h[k]. */
static void filter_one(float *re, float *im, const float *restrict hr,
                       const float *restrict hi, size_t n) {
    ST_IVDEP
    for (size_t k = 1; k < n / 2; k++) {
        float ar = re[k], ai = im[k], br = re[n - k], bi = im[n - k];
        re[k] = ar * hr[k] - ai * hi[k];
        im[k] = ar * hi[k] + ai * hr[k];
        re[n - k] = br * hr[k] + bi * hi[k];
        im[n - k] = bi * hr[k] - br * hi[k];
    }
}

/* j s conj(b) = s (bi + j br) and, at n - k, conj(s) (ai + j ar) */
static void filter_two(float *re, float *im, const float *restrict hr,
                       const float *restrict hi, const float *restrict sr,
                       const float *restrict si, size_t n) {
    ST_IVDEP
    for (size_t k = 1; k < n / 2; k++) {
        float ar = re[k], ai = im[k], br = re[n - k], bi = im[n - k];
        re[k] = (ar * hr[k] - ai * hi[k]) + (bi * sr[k] - br * si[k]);
        im[k] = (ar * hi[k] + ai * hr[k]) + (bi * si[k] + br * sr[k]);
        re[n - k] = (br * hr[k] + bi * hi[k]) + (ai * sr[k] + ar * si[k]);
        im[n - k] = (bi * hr[k] - br * hi[k]) + (ar * sr[k] - ai * si[k]);
    }
}

/* DC and Nyquist, where spectra of real filters are real. */
static void filter_end(float *re, float *im, float h, float s) {
    float a = *re, b = *im;
    *re = a * h + b * s;
    *im = b * h + a * s;
}

static void filter(float *re, float *im, st_spectrum h, st_spectrum s,
                   size_t n) {
    size_t half = n / 2;
    bool two = s.re != NULL;
    filter_end(re, im, h.re[0], two ? s.re[0] : 0.0f);
    filter_end(re + half, im + half, h.re[half], two ? s.re[half] : 0.0f);
    if (two)
        filter_two(re, im, h.re, h.im, s.re, s.im, n);
    else
        filter_one(re, im, h.re, h.im, n);
}

const st_convolve_kernels ST_CONVOLVE_TABLE = {
    .product = product,
    .cross = cross,
    .filter = filter,
};
