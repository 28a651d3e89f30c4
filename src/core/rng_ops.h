/* rng_ops: the vector kernels behind core/rng.h, one table a CPU level. */
#ifndef ST_CORE_RNG_OPS_H
#define ST_CORE_RNG_OPS_H

#include <stdint.h>

/* A group is 64 blocks of four words: value 64 k + j of it is made from word
 * k of block j, so that a kernel stores whole vectors. */
enum { ST_RNG_LANES = 64, ST_RNG_GROUP = 4 * ST_RNG_LANES };

struct st_rng_ops {
    /* All values of a group, as in core/rng.h. */
    void (*uniform)(uint64_t seed, uint64_t stream, uint64_t group, float *out);
    void (*tpdf)(uint64_t seed, uint64_t stream, uint64_t group, float *out);
};

#endif
