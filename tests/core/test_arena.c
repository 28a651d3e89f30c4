#include "support/cases.h"

#include "core/arena.h"
#include "support/failing.h"

#include <string.h>

static st_status a_life(void *ctx) {
    (void)ctx;
    st_arena *arena = NULL;
    st_status status = st_arena_new(&arena);
    if (status != ST_OK)
        return status;
    status = ST_NO_MEM;
    for (size_t i = 0; i < 300; i++) {
        size_t bytes = i * i * 7 % 5000 + (i % 50 == 0 ? 100000 : 0);
        char *p = st_arena_alloc(arena, bytes, 1);
        if (p == NULL)
            goto end;
        for (size_t k = 0; k < bytes; k++)
            assert_int_equal(p[k], 0);
        memset(p, 0x55, bytes);
    }
    if (st_arena_printf(arena, "%d and %s", 5, "x") != NULL)
        status = ST_OK;
end:
    st_arena_free(arena);
    return status;
}

static void test_arena_gives_zeroed_memory_and_survives_none(void **state) {
    (void)state;
    assert_true(failing_run(a_life, NULL) > 5);
}

static void test_arena_aligns_and_refuses_overflow(void **state) {
    (void)state;
    st_arena *arena = NULL;
    assert_int_equal(st_arena_new(&arena), ST_OK);
    assert_non_null(st_arena_alloc(arena, 0, 8));
    for (size_t bytes = 1; bytes < 5000; bytes = bytes * 3 + 1) {
        uintptr_t at = (uintptr_t)st_arena_alloc(arena, 1, bytes);
        assert_int_equal(at % (bytes < 256 ? 16 : 64), 0);
    }
    assert_null(st_arena_alloc(arena, SIZE_MAX / 2, 3));
    assert_null(st_arena_alloc(arena, SIZE_MAX - 10, 1));
    st_arena_free(arena);
    st_arena_free(NULL);
}

static void test_arena_reset_starts_anew(void **state) {
    (void)state;
    st_arena *arena = NULL;
    assert_int_equal(st_arena_new(&arena), ST_OK);
    st_arena_reset(arena);
    size_t after_one = 0;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 100; i++) {
            char *text = st_arena_strdup(arena, "some text");
            assert_string_equal(text, "some text");
            int *many = st_arena_alloc(arena, 500, sizeof *many);
            assert_int_equal(many[0] | many[499], 0);
            many[0] = many[499] = 1;
        }
        st_arena_reset(arena);
        after_one = round == 0 ? st_arena_bytes(arena) : after_one;
        assert_int_equal(st_arena_bytes(arena), after_one);
    }
    st_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_gives_zeroed_memory_and_survives_none),
        cmocka_unit_test(test_arena_aligns_and_refuses_overflow),
        cmocka_unit_test(test_arena_reset_starts_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
