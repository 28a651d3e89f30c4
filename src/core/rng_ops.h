/* rng_ops: the vector kernel behind core/rng.h, one table a CPU level. */
#ifndef ST_CORE_RNG_OPS_H
#define ST_CORE_RNG_OPS_H

#include <stddef.h>
#include <stdint.h>

enum { ST_RNG_LANES = 16 };

struct st_rng_ops {
    /* words[k][j] = word k of block first + j, j < ST_RNG_LANES */
    void (*words)(uint64_t seed, uint64_t stream, uint64_t first,
                  uint32_t words[4][ST_RNG_LANES]);
};

#endif
