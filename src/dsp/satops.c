#include "dsp/satops.h"

#include "core/cpu.h"

ST_CPU_TABLES(st_satops, st_satops);

const st_satops *st_satops_level(int level) {
    return st_cpu_table(st_satops_tables, level);
}

const st_satops *st_satops_get(void) {
    return st_cpu_table_best(st_satops_tables);
}
