/* rng: random numbers that depend on seed, stream and position only.
 * Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"
 * (Philox4x32-10). No state moves along, so any thread and any block size
 * gives the same noise. The bulk forms use vector kernels (core/cpu.h); every
 * level gives the same bits. Not for secrets. [any] [rt], all of it. */
#ifndef ST_CORE_RNG_H
#define ST_CORE_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct st_rng_ops st_rng_ops;

/* Plain value, copied freely. */
typedef struct {
    uint64_t seed;
    uint64_t stream;
    const st_rng_ops *ops;
} st_rng;

/* Streams are independent: one for each use and channel. Looks the kernels
 * up: call it at set-up. */
st_rng st_rng_make(uint64_t seed, uint64_t stream);

/* Four random words of position `block`: Philox4x32-10 with key = seed and
 * counter = (block, stream), low words first. */
void st_rng_words(const st_rng *rng, uint64_t block, uint32_t out[4]);

/* Uniform in [0, 1), 24 bits. [Values 0..255 use blocks 0..63 and so on;
 * core/rng_ops.h says which word.] */
float st_rng_uniform(const st_rng *rng, uint64_t i);
/* Uniform in [0, 1), 53 bits: words 2 (i mod 2) and the next, of block i/2. */
double st_rng_uniform_double(const st_rng *rng, uint64_t i);
/* Triangular in (-1, 1), the difference of two 16-bit uniforms: dither of
 * 2 LSB peak to peak in steps of 2^-16 LSB; variance 1/6. */
float st_rng_tpdf(const st_rng *rng, uint64_t i);

/* out[j] = the value at `first` + j, for j < n; cheapest where `first` and
 * n are multiples of 256. */
void st_rng_fill_uniform(const st_rng *rng, uint64_t first, float *out,
                         size_t n);
void st_rng_fill_tpdf(const st_rng *rng, uint64_t first, float *out, size_t n);

#endif
