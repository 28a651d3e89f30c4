/* fft: complex and real discrete Fourier transforms, single precision.
 * Source: Bailey, "FFTs in external or hierarchical memory", 1990 (two steps
 * and one transposition); Cooley-Tukey radix 8 inside, 16 columns at a time.
 *
 * Spectra are planar: re[] and im[] apart. Neither direction scales: inverse
 * after forward gives n times the input. A plan is const once made: threads
 * share it, each with a scratch of its own. The result has the same bits at
 * every CPU level (core/cpu.h). RMS error against a double-precision DFT is
 * at most 3e-7 of the RMS of the result. Part of the WASM set. */
#ifndef ST_AUDIO_FFT_H
#define ST_AUDIO_FFT_H

#include "core/attr.h"
#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct st_fft st_fft;   /* complex plan */
typedef struct st_rfft st_rfft; /* real plan */

enum { ST_FFT_MAX = 1 << 22 };

/* Plan for n complex points: n a power of two, 1..ST_FFT_MAX.
 * ST_BAD_ARG, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_fft_new(st_fft **out, size_t n);
void st_fft_free(st_fft *plan); /* NULL is fine [any] */
/* Floats of scratch that each transform needs, aligned to 64 bytes (as
 * st_calloc gives); contents do not matter. [any] */
size_t st_fft_scratch(const st_fft *plan);

/* out[k] = sum over i of in[i] exp(-2 pi j i k / n), natural order.
 * Each pointer n floats; an out array may be any of the in arrays. [rt] */
void st_fft_forward(const st_fft *plan, const float *in_re, const float *in_im,
                    float *out_re, float *out_im, float *scratch);
/* The same with exp(+2 pi j i k / n). [rt] */
void st_fft_inverse(const st_fft *plan, const float *in_re, const float *in_im,
                    float *out_re, float *out_im, float *scratch);

/* Plan for n real points: n a power of two, 2..ST_FFT_MAX. Its spectrum has
 * n/2 + 1 bins, 0..Nyquist; im[0] and im[n/2] are 0.
 * ST_BAD_ARG, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_rfft_new(st_rfft **out, size_t n);
void st_rfft_free(st_rfft *plan); /* NULL is fine [any] */
size_t st_rfft_scratch(const st_rfft *plan);
/* in[n] to re[n/2 + 1], im[n/2 + 1]. No overlap of in with out. [rt] */
void st_rfft_forward(const st_rfft *plan, const float *in, float *re, float *im,
                     float *scratch);
/* re, im (kept; im[0] and im[n/2] are taken as 0) to out[n], n times the
 * input of forward. No overlap. [rt] */
void st_rfft_inverse(const st_rfft *plan, const float *re, const float *im,
                     float *out, float *scratch);

/* Plans that run at one st_cpu_level, for tests; ST_UNSUPPORTED where this
 * build or machine lacks it. [any] */
ST_MUST_USE st_status st_fft_new_level(st_fft **out, size_t n, int level);
ST_MUST_USE st_status st_rfft_new_level(st_rfft **out, size_t n, int level);

#endif
