/* Compiled once a CPU level; ST_RNG_OPS_TABLE names the table it makes. */
#include "core/rng.h"
#include "core/rng_ops.h"

extern const st_rng_ops ST_RNG_OPS_TABLE;

static void words(uint64_t seed, uint64_t stream, uint64_t first,
                  uint32_t out[4][ST_RNG_LANES]) {
    uint32_t a[ST_RNG_LANES], b[ST_RNG_LANES];
    uint32_t c[ST_RNG_LANES], d[ST_RNG_LANES];
    for (int j = 0; j < ST_RNG_LANES; j++) {
        uint64_t block = first + (uint64_t)j;
        a[j] = (uint32_t)block;
        b[j] = (uint32_t)(block >> 32);
        c[j] = (uint32_t)stream;
        d[j] = (uint32_t)(stream >> 32);
    }
    uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        for (int j = 0; j < ST_RNG_LANES; j++) {
            uint64_t p = UINT64_C(0xD2511F53) * a[j];
            uint64_t q = UINT64_C(0xCD9E8D57) * c[j];
            uint32_t na = (uint32_t)(q >> 32) ^ b[j] ^ key0;
            uint32_t nc = (uint32_t)(p >> 32) ^ d[j] ^ key1;
            b[j] = (uint32_t)q;
            d[j] = (uint32_t)p;
            a[j] = na;
            c[j] = nc;
        }
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    for (int j = 0; j < ST_RNG_LANES; j++) {
        out[0][j] = a[j];
        out[1][j] = b[j];
        out[2][j] = c[j];
        out[3][j] = d[j];
    }
}

const st_rng_ops ST_RNG_OPS_TABLE = {.words = words};
