#include "dsp/limops.h"

#include "core/cpu.h"

#include <stddef.h>

extern const st_limops st_limops_base;
#ifdef ST_SIMD_X86
extern const st_limops st_limops_avx2;
extern const st_limops st_limops_avx512;
#endif

const st_limops *st_limops_level(int level) {
    if (level > (int)st_cpu_level_get())
        return NULL;
#ifdef ST_SIMD_X86
    if (level == ST_CPU_AVX512)
        return &st_limops_avx512;
    if (level == ST_CPU_AVX2)
        return &st_limops_avx2;
#endif
    return level == ST_CPU_BASE ? &st_limops_base : NULL;
}

const st_limops *st_limops_get(void) {
    const st_limops *table = NULL;
    for (int level = st_cpu_level_get(); table == NULL; level--)
        table = st_limops_level(level);
    return table;
}
