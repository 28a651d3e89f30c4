/* One plan, many threads: each with its own scratch, all with one result. */
#include "support/cases.h"
#include "support/signals.h"

#include "audio/fft.h"
#include "core/alloc.h"
#include "core/pool.h"

#include <string.h>

enum { N = 2048, BINS = N / 2 + 1, JOBS = 64 };

typedef struct {
    st_rfft *plan;
    float in[N];
    float re[JOBS][BINS], im[JOBS][BINS];
} shared;

static void one(void *ctx, int i) {
    shared *s = ctx;
    float *scratch = st_calloc(st_rfft_scratch(s->plan), sizeof(float));
    if (scratch != NULL)
        st_rfft_forward(s->plan, s->in, s->re[i], s->im[i], scratch);
    st_free(scratch);
}

static void test_fft_plan_is_shared(void **state) {
    (void)state;
    static shared s;
    sig_white(s.in, N, 1, -12.0);
    assert_int_equal(st_rfft_new(&s.plan, N), ST_OK);
    st_pool *pool = NULL;
    assert_int_equal(st_pool_new(&pool, 4), ST_OK);
    st_pool_for(pool, JOBS, one, &s);
    st_pool_free(pool);
    assert_true(s.re[0][7] != 0.0f);
    for (int i = 1; i < JOBS; i++) {
        assert_memory_equal(s.re[i], s.re[0], sizeof s.re[0]);
        assert_memory_equal(s.im[i], s.im[0], sizeof s.im[0]);
    }
    st_rfft_free(s.plan);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fft_plan_is_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
