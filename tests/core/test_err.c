#include "support/cases.h"

#include "core/err.h"

#include <string.h>

static void test_err_set_fills_and_returns(void **state) {
    (void)state;
    st_err err = {0};
    assert_int_equal(st_err_set(&err, ST_BAD_DATA, "%s is %d.", "a", 3),
                     ST_BAD_DATA);
    assert_int_equal(err.status, ST_BAD_DATA);
    assert_string_equal(err.text, "a is 3.");
    assert_int_equal(st_err_set(NULL, ST_IO, "x"), ST_IO);
}

static void test_err_long_text_ends_on_a_character(void **state) {
    (void)state;
    char text[2 * ST_ERR_MAX_BYTES] = {0};
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xC3\xA9", 2);
    st_err err = {0};
    (void)st_err_set(&err, ST_IO, "a%s", text);
    size_t length = strlen(err.text);
    assert_true(length < sizeof err.text);
    assert_int_equal((unsigned char)err.text[length - 1], 0xA9);
    (void)st_err_set(&err, ST_IO, "%s", text);
    length = strlen(err.text);
    assert_int_equal((unsigned char)err.text[length - 1], 0xA9);
}

static void test_err_prefix_goes_before(void **state) {
    (void)state;
    st_err err = {0};
    (void)st_err_set(&err, ST_IO, "no such file.");
    st_err_prefix(&err, "%s", "song.wav");
    assert_string_equal(err.text, "song.wav: no such file.");
    st_err_prefix(NULL, "x");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err_set_fills_and_returns),
        cmocka_unit_test(test_err_long_text_ends_on_a_character),
        cmocka_unit_test(test_err_prefix_goes_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
