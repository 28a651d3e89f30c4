#include "support/cases.h"

#include "core/log.h"
#include "core/utf8.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char last[ST_LOG_LINE_BYTES];
static int lines;

static void keep(void *ctx, st_log_level level, const char *room,
                 int64_t utc_us, const char *text) {
    (void)ctx;
    (void)level;
    (void)utc_us;
    assert_string_equal(room, "room");
    (void)snprintf(last, sizeof last, "%s", text);
    lines++;
}

static void test_log_drops_what_is_above_its_level(void **state) {
    (void)state;
    const st_log log = {.level = ST_LOG_WARN, .write = keep};
    lines = 0;
    for (int level = 0; level < ST_LOG_LEVEL_COUNT; level++)
        st_log_print(&log, (st_log_level)level, "room", "%d", level);
    assert_int_equal(lines, 2);
    st_log_print(NULL, ST_LOG_ERROR, "room", "nobody");
    const st_log none = {.level = ST_LOG_DEBUG};
    st_log_print(&none, ST_LOG_ERROR, "room", "nobody");
}

static void test_log_lines_are_clean(void **state) {
    (void)state;
    const st_log log = {.level = ST_LOG_DEBUG, .write = keep};
    st_log_print(&log, ST_LOG_INFO, "room", "a\nb\x1b[31m\xC3\xA9\xC3(\xFF%s",
                 "\xC2\x85");
    assert_string_equal(last, "a?b?[31m\xC3\xA9?(???");
    char big[3 * ST_LOG_LINE_BYTES];
    for (size_t i = 0; i + 2 < sizeof big; i += 2)
        memcpy(big + i, "\xC3\xA9", 3);
    st_log_print(&log, ST_LOG_INFO, "room", "x%s", big);
    assert_true(strlen(last) == ST_LOG_LINE_BYTES - 1);
    assert_true(strchr(last, '?') == NULL ||
                strchr(last, '?') == last + strlen(last) - 1);
}

/* What a sink writes to stderr. */
static void capture(void (*sink)(void *, st_log_level, const char *, int64_t,
                                 const char *),
                    const char *text, char *out, size_t size) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int kept = dup(STDERR_FILENO);
    (void)dup2(ends[1], STDERR_FILENO);
    sink(NULL, ST_LOG_WARN, "reader", 0, text);
    (void)dup2(kept, STDERR_FILENO);
    (void)close(kept);
    (void)close(ends[1]);
    ssize_t n = read(ends[0], out, size - 1);
    out[n < 0 ? 0 : n] = '\0';
    (void)close(ends[0]);
}

static void test_log_stderr_sinks(void **state) {
    (void)state;
    char line[1000];
    capture(st_log_to_stderr, "a \"b\"", line, sizeof line);
    assert_string_equal(line, "stemma: warn: reader: a \"b\"\n");
    capture(st_log_to_stderr_json, "a \"b\" \\", line, sizeof line);
    json_t *doc = json_loads(line, 0, NULL);
    assert_non_null(doc);
    assert_string_equal(json_string_value(json_object_get(doc, "text")),
                        "a \"b\" \\");
    assert_string_equal(json_string_value(json_object_get(doc, "time")),
                        "1970-01-01T00:00:00.000000Z");
    json_decref(doc);
}

static void test_utf8_well_formed_only(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t want;
    } rows[] = {
        {"a", 1},
        {"\xC3\xA9", 2},
        {"\xE2\x82\xAC", 3},
        {"\xF0\x9F\x8E\xB5", 4},
        {"\xC0\x80", 0},         /* overlong */
        {"\xE0\x80\x80", 0},     /* overlong */
        {"\xED\xA0\x80", 0},     /* surrogate */
        {"\xF4\x90\x80\x80", 0}, /* over U+10FFFF */
        {"\xE2\x82", 0},         /* cut */
        {"\x80", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(st_utf8_length(rows[i].text, strlen(rows[i].text)),
                         rows[i].want);
    assert_int_equal(st_utf8_length("", 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_drops_what_is_above_its_level),
        cmocka_unit_test(test_log_lines_are_clean),
        cmocka_unit_test(test_log_stderr_sinks),
        cmocka_unit_test(test_utf8_well_formed_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
