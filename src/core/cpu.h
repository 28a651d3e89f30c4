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

/* Declares the tables that src/meson.build makes of a kernel body, NAME_base,
 * NAME_avx2 and NAME_avx512, each a TYPE, and lists them by level, NULL where
 * this build has none, as NAME_tables for the two calls below. */
#ifdef ST_SIMD_X86
#define ST_CPU_TABLES(TYPE, NAME)                                              \
    extern const TYPE NAME##_base, NAME##_avx2, NAME##_avx512;                 \
    static const void *const NAME##_tables[ST_CPU_LEVEL_COUNT] = {             \
        &NAME##_base, &NAME##_avx2, &NAME##_avx512}
#else
#define ST_CPU_TABLES(TYPE, NAME)                                              \
    extern const TYPE NAME##_base;                                             \
    static const void *const NAME##_tables[ST_CPU_LEVEL_COUNT] = {&NAME##_base}
#endif

/* The table of one st_cpu_level; NULL where this build or machine lacks it,
 * and for any other number. [any] */
const void *st_cpu_table(const void *const *tables, int level);
/* The best table for this machine; look it up once, in _new. Never NULL: every
 * build has the base. [any] */
const void *st_cpu_table_best(const void *const *tables);

/* Whether this thread treats subnormal numbers as zero (they are slow, and
 * -750 dB says nothing); returns what was set before. st_pool_for and
 * st_pipe_run do it around the work they run, on every thread, so that the
 * thread never shows in a result. No effect on machines without the switch.
 * [any] */
bool st_cpu_flush_denormals(bool on);

#endif
