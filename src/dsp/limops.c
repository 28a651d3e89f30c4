#include "dsp/limops.h"

#include "core/cpu.h"

ST_CPU_TABLES(st_limops, st_limops);

const st_limops *st_limops_level(int level) {
    return st_cpu_table(st_limops_tables, level);
}

const st_limops *st_limops_get(void) {
    return st_cpu_table_best(st_limops_tables);
}
