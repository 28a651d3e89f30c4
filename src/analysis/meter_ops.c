#include "analysis/meter_ops.h"

#include "core/cpu.h"

extern const st_meter_ops st_meter_ops_base;
#ifdef ST_SIMD_X86
extern const st_meter_ops st_meter_ops_avx2;
extern const st_meter_ops st_meter_ops_avx512;
#endif

const st_meter_ops *st_meter_ops_level(int level) {
    if (level > (int)st_cpu_level_get())
        return NULL;
#ifdef ST_SIMD_X86
    if (level == ST_CPU_AVX512)
        return &st_meter_ops_avx512;
    if (level == ST_CPU_AVX2)
        return &st_meter_ops_avx2;
#endif
    return level == ST_CPU_BASE ? &st_meter_ops_base : NULL;
}

const st_meter_ops *st_meter_ops_get(void) {
    const st_meter_ops *table = NULL;
    for (int level = st_cpu_level_get(); table == NULL; level--)
        table = st_meter_ops_level(level);
    return table;
}
