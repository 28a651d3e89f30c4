/* Compiled once a CPU level; ST_RNG_OPS_TABLE names the table it makes. */
#include "core/rng.h"
#include "core/rng_ops.h"

extern const st_rng_ops ST_RNG_OPS_TABLE;

typedef struct {
    uint32_t a, b, c, d;
} four;

static inline four turn(four x, uint32_t key0, uint32_t key1) {
    uint64_t p = (uint64_t)UINT32_C(0xD2511F53) * x.a;
    uint64_t q = (uint64_t)UINT32_C(0xCD9E8D57) * x.c;
    return (four){(uint32_t)(q >> 32) ^ x.b ^ key0, (uint32_t)q,
                  (uint32_t)(p >> 32) ^ x.d ^ key1, (uint32_t)p};
}

/* Rounds written out, so that the loop over lanes has a straight body and a
 * vector of states stays in registers. */
static void words(uint64_t seed, uint64_t stream, uint64_t group,
                  uint32_t *restrict out) {
    uint32_t k[10], l[10];
    for (uint32_t i = 0; i < 10; i++) {
        k[i] = (uint32_t)seed + i * 0x9E3779B9u;
        l[i] = (uint32_t)(seed >> 32) + i * 0xBB67AE85u;
    }
    uint32_t c = (uint32_t)stream, d = (uint32_t)(stream >> 32);
    uint64_t first = group * ST_RNG_LANES; /* no carry inside a group */
    uint32_t low = (uint32_t)first, high = (uint32_t)(first >> 32);
    for (uint32_t j = 0; j < ST_RNG_LANES; j++) {
        four x = {low + j, high, c, d};
        x = turn(x, k[0], l[0]);
        x = turn(x, k[1], l[1]);
        x = turn(x, k[2], l[2]);
        x = turn(x, k[3], l[3]);
        x = turn(x, k[4], l[4]);
        x = turn(x, k[5], l[5]);
        x = turn(x, k[6], l[6]);
        x = turn(x, k[7], l[7]);
        x = turn(x, k[8], l[8]);
        x = turn(x, k[9], l[9]);
        out[j] = x.a;
        out[ST_RNG_LANES + j] = x.b;
        out[2 * ST_RNG_LANES + j] = x.c;
        out[3 * ST_RNG_LANES + j] = x.d;
    }
}

static void uniform(uint64_t seed, uint64_t stream, uint64_t group,
                    float *out) {
    uint32_t w[ST_RNG_GROUP];
    words(seed, stream, group, w);
    for (int i = 0; i < ST_RNG_GROUP; i++)
        out[i] = (float)(int32_t)(w[i] >> 8) * 0x1p-24f;
}

static void tpdf(uint64_t seed, uint64_t stream, uint64_t group, float *out) {
    uint32_t w[ST_RNG_GROUP];
    words(seed, stream, group, w);
    for (int i = 0; i < ST_RNG_GROUP; i++)
        out[i] = (float)((int32_t)(w[i] >> 16) - (int32_t)(w[i] & 0xFFFFu)) *
                 0x1p-16f;
}

const st_rng_ops ST_RNG_OPS_TABLE = {.uniform = uniform, .tpdf = tpdf};
