#include "nn/kernels.h"

#include "core/cpu.h"

ST_CPU_TABLES(st_nn_ops, st_nn_ops);

const st_nn_ops *st_nn_ops_level(int level) {
    return st_cpu_table(st_nn_ops_tables, level);
}

const st_nn_ops *st_nn_ops_get(void) {
    return st_cpu_table_best(st_nn_ops_tables);
}
