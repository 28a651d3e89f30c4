#include "dsp/dynops.h"

#include "core/cpu.h"

extern const st_dynops st_dynops_base;
#ifdef ST_SIMD_X86
extern const st_dynops st_dynops_avx2;
extern const st_dynops st_dynops_avx512;
#endif

const st_dynops *st_dynops_level(int level) {
    if (level > (int)st_cpu_level_get())
        return NULL;
#ifdef ST_SIMD_X86
    if (level == ST_CPU_AVX512)
        return &st_dynops_avx512;
    if (level == ST_CPU_AVX2)
        return &st_dynops_avx2;
#endif
    return level == ST_CPU_BASE ? &st_dynops_base : NULL;
}

const st_dynops *st_dynops_get(void) {
    const st_dynops *table = NULL;
    for (int level = st_cpu_level_get(); table == NULL; level--)
        table = st_dynops_level(level);
    return table;
}
