#include "core/rng.h"

#include "core/cpu.h"
#include "core/rng_ops.h"

#include <string.h>

ST_CPU_TABLES(st_rng_ops, st_rng_ops);

st_rng st_rng_make(uint64_t seed, uint64_t stream) {
    return (st_rng){seed, stream, st_cpu_table_best(st_rng_ops_tables)};
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

/* The word that value i is made from (core/rng_ops.h, "group"). */
static uint32_t word_of(const st_rng *rng, uint64_t i) {
    uint64_t block = i / ST_RNG_GROUP * ST_RNG_LANES + i % ST_RNG_LANES;
    uint32_t w[4];
    st_rng_words(rng, block, w);
    return w[i / ST_RNG_LANES % 4];
}

float st_rng_uniform(const st_rng *rng, uint64_t i) {
    return (float)(int32_t)(word_of(rng, i) >> 8) * 0x1p-24f;
}

float st_rng_tpdf(const st_rng *rng, uint64_t i) {
    uint32_t w = word_of(rng, i);
    return (float)((int32_t)(w >> 16) - (int32_t)(w & 0xFFFFu)) * 0x1p-16f;
}

double st_rng_uniform_double(const st_rng *rng, uint64_t i) {
    uint32_t w[4];
    st_rng_words(rng, i / 2, w);
    const uint32_t *pair = w + 2 * (i % 2);
    uint64_t bits = ((uint64_t)pair[1] << 32 | pair[0]) >> 11;
    return (double)bits * 0x1p-53;
}

typedef void (*group_fn)(uint64_t seed, uint64_t stream, uint64_t group,
                         float *out);

/* Whole groups go straight out; the two ends by way of a copy. */
static void fill(const st_rng *rng, group_fn fn, uint64_t first, float *out,
                 size_t n) {
    float part[ST_RNG_GROUP];
    while (n > 0) {
        uint64_t group = first / ST_RNG_GROUP;
        size_t skip = first % ST_RNG_GROUP;
        size_t count = ST_RNG_GROUP - skip;
        count = count < n ? count : n;
        if (count == ST_RNG_GROUP) {
            fn(rng->seed, rng->stream, group, out);
        } else {
            fn(rng->seed, rng->stream, group, part);
            memcpy(out, part + skip, count * sizeof *out);
        }
        first += count;
        out += count;
        n -= count;
    }
}

void st_rng_fill_uniform(const st_rng *rng, uint64_t first, float *out,
                         size_t n) {
    fill(rng, rng->ops->uniform, first, out, n);
}

void st_rng_fill_tpdf(const st_rng *rng, uint64_t first, float *out, size_t n) {
    fill(rng, rng->ops->tpdf, first, out, n);
}
