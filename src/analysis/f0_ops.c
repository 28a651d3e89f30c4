#include "analysis/f0_ops.h"

#include "core/cpu.h"

ST_CPU_TABLES(st_f0_ops, st_f0_ops);

const st_f0_ops *st_f0_ops_level(int level) {
    return st_cpu_table(st_f0_ops_tables, level);
}

const st_f0_ops *st_f0_ops_get(void) {
    return st_cpu_table_best(st_f0_ops_tables);
}
