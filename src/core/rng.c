#include "core/rng.h"

#include "core/cpu.h"
#include "core/rng_ops.h"

extern const st_rng_ops st_rng_ops_base;
#ifdef ST_SIMD_X86
extern const st_rng_ops st_rng_ops_avx2;
extern const st_rng_ops st_rng_ops_avx512;
#endif

st_rng st_rng_make(uint64_t seed, uint64_t stream) {
    st_rng rng = {seed, stream, &st_rng_ops_base};
#ifdef ST_SIMD_X86
    st_cpu_level level = st_cpu_level_get();
    if (level == ST_CPU_AVX512)
        rng.ops = &st_rng_ops_avx512;
    else if (level == ST_CPU_AVX2)
        rng.ops = &st_rng_ops_avx2;
#endif
    return rng;
}

void st_rng_words(const st_rng *rng, uint64_t block, uint32_t out[4]) {
    uint32_t a = (uint32_t)block, b = (uint32_t)(block >> 32);
    uint32_t c = (uint32_t)rng->stream, d = (uint32_t)(rng->stream >> 32);
    uint32_t key0 = (uint32_t)rng->seed, key1 = (uint32_t)(rng->seed >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p = UINT64_C(0xD2511F53) * a;
        uint64_t q = UINT64_C(0xCD9E8D57) * c;
        a = (uint32_t)(q >> 32) ^ b ^ key0;
        b = (uint32_t)q;
        c = (uint32_t)(p >> 32) ^ d ^ key1;
        d = (uint32_t)p;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    out[0] = a;
    out[1] = b;
    out[2] = c;
    out[3] = d;
}

static float unit(uint32_t word) {
    return (float)(int32_t)(word >> 8) * 0x1p-24f;
}

static float triangle(uint32_t a, uint32_t b) {
    return (float)((int32_t)(a >> 8) - (int32_t)(b >> 8)) * 0x1p-24f;
}

float st_rng_uniform(const st_rng *rng, uint64_t i) {
    uint32_t w[4];
    st_rng_words(rng, i / 4, w);
    return unit(w[i % 4]);
}

double st_rng_uniform_double(const st_rng *rng, uint64_t i) {
    uint32_t w[4];
    st_rng_words(rng, i / 2, w);
    const uint32_t *pair = w + 2 * (i % 2);
    uint64_t bits = ((uint64_t)pair[1] << 32 | pair[0]) >> 11;
    return (double)bits * 0x1p-53;
}

float st_rng_tpdf(const st_rng *rng, uint64_t i) {
    uint32_t w[4];
    st_rng_words(rng, i / 2, w);
    const uint32_t *pair = w + 2 * (i % 2);
    return triangle(pair[0], pair[1]);
}

/* Whole vectors of blocks; the ends one by one. */
void st_rng_fill_uniform(const st_rng *rng, uint64_t first, float *out,
                         size_t n) {
    enum { GROUP = 4 * ST_RNG_LANES };
    uint32_t w[4][ST_RNG_LANES];
    size_t i = 0;
    for (; i < n && (first + i) % 4 != 0; i++)
        out[i] = st_rng_uniform(rng, first + i);
    for (; i + GROUP <= n; i += GROUP) {
        rng->ops->words(rng->seed, rng->stream, (first + i) / 4, w);
        for (size_t j = 0; j < ST_RNG_LANES; j++)
            for (size_t k = 0; k < 4; k++)
                out[i + 4 * j + k] = unit(w[k][j]);
    }
    for (; i < n; i++)
        out[i] = st_rng_uniform(rng, first + i);
}

void st_rng_fill_tpdf(const st_rng *rng, uint64_t first, float *out, size_t n) {
    enum { GROUP = 2 * ST_RNG_LANES };
    uint32_t w[4][ST_RNG_LANES];
    size_t i = 0;
    for (; i < n && (first + i) % 2 != 0; i++)
        out[i] = st_rng_tpdf(rng, first + i);
    for (; i + GROUP <= n; i += GROUP) {
        rng->ops->words(rng->seed, rng->stream, (first + i) / 2, w);
        for (size_t j = 0; j < ST_RNG_LANES; j++) {
            out[i + 2 * j] = triangle(w[0][j], w[1][j]);
            out[i + 2 * j + 1] = triangle(w[2][j], w[3][j]);
        }
    }
    for (; i < n; i++)
        out[i] = st_rng_tpdf(rng, first + i);
}
