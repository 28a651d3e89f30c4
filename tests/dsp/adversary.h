/* adversary: signals made to slip past a true-peak limiter.
 * Source: EBU Tech 3341 v4 cases 15-23; tones whose tops lie between the
 * samples; edges, bursts and impulses; hats at 9-11 kHz. */
#ifndef ST_TESTS_DSP_ADVERSARY_H
#define ST_TESTS_DSP_ADVERSARY_H

#include <stddef.h>

typedef struct {
    const char *name;
    void (*make)(float *out, size_t n, double rate_hz, int variant);
    int variant;
} adversary;

extern const adversary adversaries[];
extern const size_t adversary_count;

/* TPDF dither and rounding to 16 bits. */
void adversary_dither16(float *x, size_t n, unsigned seed);

#endif
