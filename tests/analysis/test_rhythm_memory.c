#include "support/cases.h"

#include "analysis/groove.h"
#include "analysis/rhythm.h"
#include "core/alloc.h"
#include "support/failing.h"

#include <sys/resource.h>

enum { RATE = ST_RHYTHM_RATE_HZ, N = 8 * RATE };

static float x[N];
static double truth[64];

/* Hears chords change with every second beat, and needs memory for it. */
static st_status change(void *ctx, const double *at_s, int64_t n, float *out) {
    (void)ctx;
    float *room = st_calloc((size_t)n, sizeof *room);
    if (room == NULL)
        return ST_NO_MEM;
    for (int64_t i = 0; i < n; i++)
        out[i] = at_s[i] - (double)(int64_t)at_s[i] < 0.1 ? 4.0f : room[i];
    st_free(room);
    return ST_OK;
}

static st_status whole_life(void *ctx) {
    (void)ctx;
    st_rhythm *r = NULL;
    st_status status = st_rhythm_new(&r, NULL);
    if (status == ST_OK)
        status = st_rhythm_process(r, x, N);
    if (status == ST_OK)
        status = st_rhythm_finish(r);
    if (status == ST_OK) {
        assert_true(st_rhythm_get(r)->has_tempo);
        status = st_rhythm_settle(r, &(st_change_ear){change, NULL});
        const st_rhythm_result *a = st_rhythm_get(r);
        assert_true(a->has_tempo == (status == ST_OK));
        assert_true(a->has_tempo == (a->beats > 0));
    }
    st_rhythm_free(r);
    return status;
}

static void test_rhythm_survives_no_memory(void **state) {
    (void)state;
    assert_true(failing_run(whole_life, NULL) > 60);
}

static long resident_kib(void) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss;
}

static void test_rhythm_of_an_hour_fits(void **state) {
    (void)state;
    st_rhythm *r = NULL;
    long before = resident_kib();
    assert_int_equal(st_rhythm_new(&r, NULL), ST_OK);
    for (int i = 0; i < 3600 / 8; i++)
        assert_int_equal(st_rhythm_process(r, x, N), ST_OK);
    assert_int_equal(st_rhythm_finish(r), ST_OK);
    const st_rhythm_result *a = st_rhythm_get(r);
    assert_true(a->has_tempo && a->beats > 6000);
    long used = (resident_kib() - before) / 1024;
    print_message("an hour: %ld MiB, %d beats\n", used, (int)a->beats);
    assert_true(used < 110);
    st_rhythm_free(r);
}

int main(void) {
    groove g = {4, 0.0, 120, 120, 0, 16};
    groove_fill(x, N, &g, truth);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rhythm_survives_no_memory),
        cmocka_unit_test(test_rhythm_of_an_hour_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
