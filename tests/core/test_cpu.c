#include "support/cases.h"

#include "core/cpu.h"

#include <stdlib.h>

static const int base = 1, avx2 = 2, avx512 = 3;

static void test_cpu_table_of_each_level(void **state) {
    (void)state;
    const void *const all[ST_CPU_LEVEL_COUNT] = {&base, &avx2, &avx512};
    int best = st_cpu_level_get();
    for (int level = 0; level < ST_CPU_LEVEL_COUNT; level++)
        assert_ptr_equal(st_cpu_table(all, level),
                         level <= best ? all[level] : NULL);
    assert_null(st_cpu_table(all, -1));
    assert_null(st_cpu_table(all, ST_CPU_LEVEL_COUNT));
    assert_ptr_equal(st_cpu_table_best(all), all[best]);
}

static void test_cpu_table_best_takes_what_the_build_has(void **state) {
    (void)state;
    const void *const some[ST_CPU_LEVEL_COUNT] = {&base};
    assert_ptr_equal(st_cpu_table_best(some), &base);
    assert_null(st_cpu_table(some, ST_CPU_AVX2));
}

static void test_cpu_table_follows_the_level_asked_for(void **state) {
    (void)state;
    const void *const all[ST_CPU_LEVEL_COUNT] = {&base, &avx2, &avx512};
    (void)setenv("STEMMA_CPU", "base", 1);
    assert_ptr_equal(st_cpu_table_best(all), &base);
    assert_null(st_cpu_table(all, ST_CPU_AVX2));
    (void)unsetenv("STEMMA_CPU");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cpu_table_of_each_level),
        cmocka_unit_test(test_cpu_table_best_takes_what_the_build_has),
        cmocka_unit_test(test_cpu_table_follows_the_level_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
