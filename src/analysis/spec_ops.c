#include "analysis/spec_ops.h"

#include "core/cpu.h"

ST_CPU_TABLES(st_spec_ops, st_spec_ops);

const st_spec_ops *st_spec_ops_level(int level) {
    return st_cpu_table(st_spec_ops_tables, level);
}

const st_spec_ops *st_spec_ops_get(void) {
    return st_cpu_table_best(st_spec_ops_tables);
}
