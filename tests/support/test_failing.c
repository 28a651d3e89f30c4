#include "support/cases.h"

#include "core/alloc.h"
#include "support/failing.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int wishes;

static st_status three_blocks(void *ctx) {
    (void)ctx;
    st_status status = ST_NO_MEM;
    char *a = NULL, *b = NULL, *c = NULL;
    a = st_calloc(10, 4);
    if (a == NULL)
        goto end;
    b = st_strdup("text");
    if (b == NULL)
        goto end;
    c = malloc(7);
    if (c == NULL)
        goto end;
    status = ST_OK;
end:
    free(c);
    st_free(b);
    st_free(a);
    wishes++;
    return status;
}

static void test_failing_each_allocation_in_turn(void **state) {
    (void)state;
    wishes = 0;
    assert_int_equal(failing_run(three_blocks, NULL), 3);
    assert_int_equal(wishes, 4);
}

/* volatile: or the compiler removes the pairs of malloc and free */
static void *volatile kept;

static st_status leaks(void *ctx) {
    (void)ctx;
    void *volatile a = malloc(8);
    if (a == NULL)
        return ST_NO_MEM;
    kept = malloc(8); /* when this fails, a is lost */
    if (kept == NULL)
        return ST_NO_MEM;
    free(kept);
    free(a);
    return ST_OK;
}

static st_status lies(void *ctx) {
    (void)ctx;
    void *volatile a = malloc(8);
    free(a);
    return a != NULL ? ST_OK : ST_BAD_DATA;
}

static void run_leaks(void **state) {
    (void)state;
    (void)failing_run(leaks, NULL);
}

static void run_lies(void **state) {
    (void)state;
    (void)failing_run(lies, NULL);
}

/* Failed tests of the group, run in a child. */
static int failures_of(CMUnitTestFunction test) {
    pid_t child = fork();
    if (child == 0) {
        const struct CMUnitTest one[] = {
            {"in a child", test, NULL, NULL, NULL}};
        (void)!freopen("/dev/null", "w", stderr);
        (void)!freopen("/dev/null", "w", stdout);
        _exit(cmocka_run_group_tests(one, NULL, NULL));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
}

static void test_failing_sees_a_leak_and_a_wrong_status(void **state) {
    (void)state;
    assert_int_equal(failures_of(run_leaks), 1);
    assert_int_equal(failures_of(run_lies), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failing_each_allocation_in_turn),
        cmocka_unit_test(test_failing_sees_a_leak_and_a_wrong_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
