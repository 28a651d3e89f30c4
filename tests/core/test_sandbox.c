#include "support/cases.h"

#include "core/sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char program[4096];

static st_sandbox_child start(const char *word, int input) {
    const char *argv[] = {program, word, NULL};
    st_sandbox_spec spec = {.argv = argv,
                            .input_fd = input,
                            .extra_fd = -1,
                            .cpu_seconds = 1,
                            .memory_bytes = 64 << 20};
    st_sandbox_child child;
    st_err err = {0};
    if (st_sandbox_spawn(&spec, &child, &err) != ST_OK)
        fail_msg("%s", err.text);
    return child;
}

static void read_words(st_sandbox_child *child, char *text, size_t room) {
    size_t held = 0;
    size_t got = 1;
    while (got > 0) {
        assert_int_equal(st_sandbox_read(child, text + held, room - 1 - held,
                                         5000, &got, NULL),
                         ST_OK);
        held += got;
    }
    text[held] = '\0';
}

static void expect(const char *text, const char *line) {
    if (strstr(text, line) == NULL)
        fail_msg("'%s' is missing in:\n%s", line, text);
}

static void test_sandbox_forbids(void **state) {
    (void)state;
    char name[] = "/tmp/stemma-box-test-XXXXXX";
    int input = mkstemp(name);
    assert_true(input >= 0);
    char text[4096];
    char log[512];
    int code = -1;
    st_sandbox_child child = start(NULL, input);
    read_words(&child, text, sizeof text);
    st_sandbox_end(&child, false, &code, log, sizeof log);
    unlink(name);
    close(input);
    assert_int_equal(code, 7);
    static const char *const lines[] = {
        "socket=no",     "unix=no",    "create=no",      "tmp=no",
        "fork=no",       "exec=no",    "environment=no", "raise=no",
        "memory=no",     "thread=yes", "input=yes",      "input-write=no",
        "descriptors=no"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        expect(text, lines[i]);
    if (st_sandbox_features() & ST_SANDBOX_LANDLOCK)
        expect(text, "passwd=no");
    assert_int_equal(access("/tmp/stemma-probe-made", F_OK), -1);
}

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void test_sandbox_silence_is_a_timeout(void **state) {
    (void)state;
    st_sandbox_child child = start("sleep", -1);
    char byte;
    size_t got = 0;
    st_err err = {0};
    double from = now_s();
    assert_int_equal(st_sandbox_read(&child, &byte, 1, 100, &got, &err),
                     ST_TIMEOUT);
    int code = 0;
    st_sandbox_end(&child, true, &code, NULL, 0);
    assert_int_equal(code, 128 + SIGKILL);
    assert_true(now_s() - from < 2.0);
    st_sandbox_end(&child, true, &code, NULL, 0); /* twice is fine */
}

static void test_sandbox_stops_a_spinning_child(void **state) {
    (void)state;
    st_sandbox_child child = start("spin", -1);
    char byte;
    size_t got = 1;
    assert_int_equal(st_sandbox_read(&child, &byte, 1, 20000, &got, NULL),
                     ST_OK);
    assert_int_equal(got, 0);
    int code = 0;
    st_sandbox_end(&child, false, &code, NULL, 0);
    assert_true(code == 128 + SIGXCPU || code == 128 + SIGKILL);
}

static void test_sandbox_missing_program_is_a_sentence(void **state) {
    (void)state;
    const char *argv[] = {"/nonexistent/program", NULL};
    st_sandbox_spec spec = {argv, -1, -1, 1, 1 << 20};
    st_sandbox_child child;
    st_err err = {0};
    assert_int_equal(st_sandbox_spawn(&spec, &child, &err), ST_NOT_FOUND);
    assert_non_null(strstr(err.text, "/nonexistent/program"));
    char path[64];
    assert_int_equal(st_sandbox_find("nosuchprogram", path, sizeof path, &err),
                     ST_NOT_FOUND);
    assert_non_null(strstr(err.text, "install"));
}

int main(void) {
    st_err err = {0};
    if (st_sandbox_find("probe", program, sizeof program, &err) != ST_OK) {
        fprintf(stderr, "%s (STEMMA_PROBE names it)\n", err.text);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sandbox_forbids),
        cmocka_unit_test(test_sandbox_silence_is_a_timeout),
        cmocka_unit_test(test_sandbox_stops_a_spinning_child),
        cmocka_unit_test(test_sandbox_missing_program_is_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
