/* The trap has a test of its own: each forbidden call must abort. */
#include "support/cases.h"

#include "core/alloc.h"
#include "support/realtime.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *volatile block;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void do_nothing(void) {
    block = NULL;
}

static void do_malloc(void) {
    block = malloc(8);
}

static void do_calloc(void) {
    block = calloc(2, 8);
}

static void do_realloc(void) {
    block = realloc(block, 100);
}

static void do_free(void) {
    free(block);
}

static void do_st_calloc(void) {
    block = st_calloc(2, 8);
}

static void do_st_free(void) {
    st_free(block);
}

static void do_strdup(void) {
    block = strdup("text");
}

static void do_lock(void) {
    (void)pthread_mutex_lock(&mutex);
}

static void do_open(void) {
    (void)!open("/dev/null", O_RDONLY);
}

static void do_write(void) {
    (void)!write(1, "", 0);
}

static void do_fopen(void) {
    block = fopen("/dev/null", "r");
}

static void do_printf(void) {
    (void)printf("%p", (void *)block);
}

static void do_sleep(void) {
    (void)usleep(1);
}

/* The signal that ends a child which calls fn inside the section, or 0. */
static int signal_of(void (*fn)(void)) {
    pid_t child = fork();
    if (child == 0) {
        (void)!freopen("/dev/null", "w", stderr);
        rt_enter();
        fn();
        rt_leave();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void test_realtime_each_call_aborts(void **state) {
    (void)state;
    static const struct {
        const char *name;
        void (*fn)(void);
    } calls[] = {
        {"malloc", do_malloc},       {"calloc", do_calloc},
        {"realloc", do_realloc},     {"free", do_free},
        {"st_calloc", do_st_calloc}, {"st_free", do_st_free},
        {"strdup", do_strdup},       {"mutex", do_lock},
        {"open", do_open},           {"write", do_write},
        {"fopen", do_fopen},         {"printf", do_printf},
        {"usleep", do_sleep},
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (signal_of(calls[i].fn) != SIGABRT)
            fail_msg("%s is not trapped", calls[i].name);
}

static void test_realtime_lets_other_code_pass(void **state) {
    (void)state;
    assert_int_equal(signal_of(do_nothing), 0);
    rt_enter();
    do_nothing();
    rt_leave();
    do_malloc();
    do_free();
    do_nothing();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_realtime_each_call_aborts),
        cmocka_unit_test(test_realtime_lets_other_code_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
