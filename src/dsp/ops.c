#include "dsp/ops.h"

#include "core/cpu.h"

ST_CPU_TABLES(st_ops, st_ops);

const st_ops *st_ops_level(int level) {
    return st_cpu_table(st_ops_tables, level);
}

const st_ops *st_ops_get(void) {
    return st_cpu_table_best(st_ops_tables);
}
