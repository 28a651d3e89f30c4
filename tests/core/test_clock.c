#include "support/cases.h"

#include "core/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void test_clock_text_cases(void **state) {
    (void)state;
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {951782400000000, "2000-02-29T00:00:00.000000Z"},
        {1763702555000123, "2025-11-21T05:22:35.000123Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999999Z"},
        {INT64_MIN, "0000-01-01T00:00:00.000000Z"},
    };
    char text[ST_TIME_TEXT_BYTES];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        st_clock_text(rows[i].us, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void test_clock_text_agrees_with_gmtime(void **state) {
    (void)state;
    for (int64_t s = -60000000000; s < 200000000000; s += 86413337) {
        time_t t = (time_t)s;
        struct tm tm;
        assert_non_null(gmtime_r(&t, &tm));
        char want[80], got[ST_TIME_TEXT_BYTES];
        (void)snprintf(want, sizeof want,
                       "%04d-%02d-%02dT%02d:%02d:%02d.000000Z",
                       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                       tm.tm_min, tm.tm_sec);
        st_clock_text(s * 1000000, got);
        assert_string_equal(got, want);
    }
}

static void test_clock_goes_on(void **state) {
    (void)state;
    int64_t a = st_clock_ns();
    int64_t b = st_clock_ns();
    assert_true(b >= a);
    assert_close(st_clock_seconds(0, 1500000000), 1.5, 1e-12, "seconds");
    assert_true(st_clock_utc_us() > INT64_C(1700000000000000));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock_text_cases),
        cmocka_unit_test(test_clock_text_agrees_with_gmtime),
        cmocka_unit_test(test_clock_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
