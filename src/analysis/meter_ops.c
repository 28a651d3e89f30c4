#include "analysis/meter_ops.h"

#include "core/cpu.h"

ST_CPU_TABLES(st_meter_ops, st_meter_ops);

const st_meter_ops *st_meter_ops_level(int level) {
    return st_cpu_table(st_meter_ops_tables, level);
}

const st_meter_ops *st_meter_ops_get(void) {
    return st_cpu_table_best(st_meter_ops_tables);
}
