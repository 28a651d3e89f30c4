/* convolve_kernels: spectra products for dsp/convolve.c (file-private), one
 * table a CPU level. Planar complex, n bins each; no overlap. */
#ifndef ST_DSP_CONVOLVE_KERNELS_H
#define ST_DSP_CONVOLVE_KERNELS_H

#include <stddef.h>

typedef struct {
    const float *re, *im;
} st_spectrum;

typedef struct {
    /* out = x h, or out += x h when `add` */
    void (*product)(float *re, float *im, st_spectrum x, st_spectrum h,
                    size_t n, int add);
    /* out += j h[k] conj(x[(n - k) mod n]): what swaps left and right of two
     * real signals in one complex one */
    void (*cross)(float *re, float *im, st_spectrum x, st_spectrum h, size_t n);
    /* The two in one, in place, for a filter of one part: x = x h, plus
     * j s[k] conj(x[(n - k) mod n]) when s.re is not NULL. h and s are spectra
     * of real filters, of which bins 0..n/2 are read. n even. */
    void (*filter)(float *re, float *im, st_spectrum h, st_spectrum s,
                   size_t n);
} st_convolve_kernels;

#endif
