/* window: the weighting functions for spectra and filter design.
 * Source: Harris, "On the use of windows for harmonic analysis with the DFT",
 * 1978; Kaiser & Schafer 1980. Part of the WASM set. */
#ifndef ST_AUDIO_WINDOW_H
#define ST_AUDIO_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    ST_WINDOW_RECT = 0,
    ST_WINDOW_HANN,
    ST_WINDOW_HAMMING,
    ST_WINDOW_BLACKMAN,
    ST_WINDOW_BLACKMAN_HARRIS, /* 4 terms, side lobes -92 dB */
    ST_WINDOW_KIND_COUNT
} st_window_kind;

/* out[n] gets the window, peak 1. periodic: period n, for spectra and
 * overlap-add; else symmetric, out[i] == out[n-1-i] exactly, for filters.
 * n = 1 gives 1. [any] */
void st_window_fill(double *out, size_t n, st_window_kind kind, bool periodic);
/* As above in float32, each value the nearest to the double one. [any] */
void st_window_fillf(float *out, size_t n, st_window_kind kind, bool periodic);
/* Symmetric Kaiser window, beta 0..40 (0 is rectangular). [any] */
void st_window_kaiser(double *out, size_t n, double beta);
/* beta for a filter whose stop band lies `attenuation_db` (>= 0) down. [any] */
double st_window_kaiser_beta(double attenuation_db);

#endif
