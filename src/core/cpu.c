#include "core/cpu.h"

#include <stdlib.h>
#include <string.h>

static st_cpu_level machine_level(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512cd"))
        return ST_CPU_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2"))
        return ST_CPU_AVX2;
#endif
    return ST_CPU_BASE;
}

static st_cpu_level asked_level(void) {
    const char *name = getenv("STEMMA_CPU");
    if (name != NULL && strcmp(name, "base") == 0)
        return ST_CPU_BASE;
    if (name != NULL && strcmp(name, "avx2") == 0)
        return ST_CPU_AVX2;
    return ST_CPU_AVX512;
}

st_cpu_level st_cpu_level_get(void) {
    st_cpu_level machine = machine_level();
    st_cpu_level asked = asked_level();
    return asked < machine ? asked : machine;
}

const void *st_cpu_table(const void *const *tables, int level) {
    bool known = level >= ST_CPU_BASE && level <= (int)st_cpu_level_get();
    return known ? tables[level] : NULL;
}

const void *st_cpu_table_best(const void *const *tables) {
    int level = st_cpu_level_get();
    while (tables[level] == NULL && level > ST_CPU_BASE)
        level--;
    return tables[level];
}

bool st_cpu_flush_denormals(bool on) {
#if defined(__x86_64__)
    const unsigned both = 0x8040u; /* flush to zero, denormals are zero */
    unsigned before = __builtin_ia32_stmxcsr();
    unsigned after = on ? before | both : before & ~both;
    if (after != before)
        __builtin_ia32_ldmxcsr(after);
    return (before & both) == both;
#else
    return on;
#endif
}
