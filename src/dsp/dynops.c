#include "dsp/dynops.h"

#include "core/cpu.h"

ST_CPU_TABLES(st_dynops, st_dynops);

const st_dynops *st_dynops_level(int level) {
    return st_cpu_table(st_dynops_tables, level);
}

const st_dynops *st_dynops_get(void) {
    return st_cpu_table_best(st_dynops_tables);
}
