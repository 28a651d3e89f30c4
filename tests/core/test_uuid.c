#include "support/cases.h"

#include "core/uuid.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, EACH = 5000 };

static const int64_t noon_us = INT64_C(1700000000123456);

static void test_uuid_says_its_time(void **state) {
    (void)state;
    st_uuids u;
    char text[ST_UUID_TEXT_BYTES];
    assert_int_equal(st_uuids_init(&u), ST_OK);
    assert_int_equal(st_uuid_next(&u, noon_us, text), ST_OK);
    assert_true(st_uuid_valid(text));
    assert_true(st_uuid_time_us(text) == noon_us / 1000 * 1000);
    st_uuids_deinit(&u);
}

static void test_uuid_rises_while_the_clock_does_not(void **state) {
    (void)state;
    st_uuids u;
    char last[ST_UUID_TEXT_BYTES] = "";
    char text[ST_UUID_TEXT_BYTES];
    assert_int_equal(st_uuids_init(&u), ST_OK);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(st_uuid_next(&u, noon_us - i * 700, text), ST_OK);
        assert_true(strcmp(last, text) < 0);
        memcpy(last, text, sizeof last);
    }
    st_uuids_deinit(&u);
}

/* The random part is nearly full: the next ones go on into later bits. */
static void test_uuid_carries_over(void **state) {
    (void)state;
    st_uuids u;
    char last[ST_UUID_TEXT_BYTES] = "";
    char text[ST_UUID_TEXT_BYTES];
    assert_int_equal(st_uuids_init(&u), ST_OK);
    u.ms = (uint64_t)noon_us / 1000;
    u.high = 0xFFE;
    u.low = (UINT64_C(1) << 62) - 1;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(st_uuid_next(&u, noon_us, text), ST_OK);
        assert_true(st_uuid_valid(text));
        assert_true(strcmp(last, text) < 0);
        memcpy(last, text, sizeof last);
        u.low = (UINT64_C(1) << 62) - 1;
    }
    assert_true(st_uuid_time_us(text) > noon_us);
    st_uuids_deinit(&u);
}

static void test_uuid_valid_refuses_others(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "018f5a3c-9b1e-4c3d-8e21-0123456789ab",  /* version 4 */
        "018f5a3c-9b1e-7c3d-ce21-0123456789ab",  /* variant */
        "018F5A3C-9b1e-7c3d-8e21-0123456789ab",  /* upper case */
        "018f5a3c-9b1e-7c3d-8e21-0123456789a",   /* short */
        "018f5a3c-9b1e-7c3d-8e21-0123456789abc", /* long */
        "018f5a3c09b1e-7c3d-8e21-0123456789ab"}; /* no dash */
    assert_true(st_uuid_valid("018f5a3c-9b1e-7c3d-8e21-0123456789ab"));
    assert_false(st_uuid_valid(NULL));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(st_uuid_valid(bad[i]));
}

static st_uuids shared;
static char (*made)[ST_UUID_TEXT_BYTES];

static void *make_many(void *at) {
    char(*mine)[ST_UUID_TEXT_BYTES] = at;
    for (int i = 0; i < EACH; i++)
        if (st_uuid_next(&shared, noon_us, mine[i]) != ST_OK)
            mine[i][0] = '\0';
    return NULL;
}

static int by_text(const void *a, const void *b) {
    return strcmp(a, b);
}

static void test_uuid_threads_never_share(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    made = calloc((size_t)THREADS * EACH, sizeof *made);
    assert_non_null(made);
    assert_int_equal(st_uuids_init(&shared), ST_OK);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, make_many, made + i * EACH), 0);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    qsort(made, (size_t)THREADS * EACH, sizeof *made, by_text);
    for (int i = 1; i < THREADS * EACH; i++)
        assert_true(strcmp(made[i - 1], made[i]) < 0);
    st_uuids_deinit(&shared);
    free(made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uuid_says_its_time),
        cmocka_unit_test(test_uuid_rises_while_the_clock_does_not),
        cmocka_unit_test(test_uuid_carries_over),
        cmocka_unit_test(test_uuid_valid_refuses_others),
        cmocka_unit_test(test_uuid_threads_never_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
