/* cpu: which build of a vector kernel this machine can run.
 * Source: x86-64 psABI micro-architecture levels v1, v3, v4.
 *
 * A kernel body (`*_body.c`) is plain C, compiled once for each level and
 * vectorised by the compiler: element-wise loops, or sums over a fixed count
 * of lanes. Without fused multiply-add (-ffp-contract=off) each level gives
 * the same bits, so the level never shows in a result. */
#ifndef ST_CORE_CPU_H
#define ST_CORE_CPU_H

#include <stdbool.h>

typedef enum {
    ST_CPU_BASE = 0,   /* any x86-64, any other machine */
    ST_CPU_AVX2 = 1,   /* x86-64-v3 */
    ST_CPU_AVX512 = 2, /* x86-64-v4 */
    ST_CPU_LEVEL_COUNT
} st_cpu_level;

/* The best level of this machine, or the lower one that the environment
 * variable STEMMA_CPU (base, avx2, avx512) asks for. [any] */
st_cpu_level st_cpu_level_get(void);

/* Whether this thread treats subnormal numbers as zero (they are slow, and
 * -750 dB says nothing); returns what was set before. st_pool_for and
 * st_pipe_run do it around the work they run, on every thread, so that the
 * thread never shows in a result. No effect on machines without the switch.
 * [any] */
bool st_cpu_flush_denormals(bool on);

#endif
