/* Compiled once a CPU level; ST_CONVOLVE_TABLE names the table it makes. */
#include "dsp/convolve_kernels.h"

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

const st_convolve_kernels ST_CONVOLVE_TABLE = {
    .product = product,
    .cross = cross,
};
