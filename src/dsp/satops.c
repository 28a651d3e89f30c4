#include "dsp/satops.h"

#include "core/cpu.h"

#include <stddef.h>

extern const st_satops st_satops_base;
#ifdef ST_SIMD_X86
extern const st_satops st_satops_avx2;
extern const st_satops st_satops_avx512;
#endif

const st_satops *st_satops_level(int level) {
    if (level > (int)st_cpu_level_get())
        return NULL;
#ifdef ST_SIMD_X86
    if (level == ST_CPU_AVX512)
        return &st_satops_avx512;
    if (level == ST_CPU_AVX2)
        return &st_satops_avx2;
#endif
    return level == ST_CPU_BASE ? &st_satops_base : NULL;
}

const st_satops *st_satops_get(void) {
    const st_satops *table = NULL;
    for (int level = st_cpu_level_get(); table == NULL; level--)
        table = st_satops_level(level);
    return table;
}
