#include "support/cases.h"

#include "core/cpu.h"
#include "core/pool.h"
#include "support/signals.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

enum { COUNT = 5000 };

static atomic_int hits[COUNT];

static void hit(void *ctx, int i) {
    (void)ctx;
    (void)atomic_fetch_add(&hits[i], 1);
}

static st_pool *make(int threads) {
    st_pool *pool = NULL;
    assert_int_equal(st_pool_new(&pool, threads), ST_OK);
    return pool;
}

static void test_pool_for_runs_each_index_once(void **state) {
    (void)state;
    for (int threads = 0; threads <= 5; threads++) {
        st_pool *pool = threads == 0 ? NULL : make(threads);
        assert_int_equal(st_pool_threads(pool), threads == 0 ? 1 : threads);
        for (int count = 0; count <= COUNT; count = count * 3 + 1) {
            memset(hits, 0, sizeof hits);
            st_pool_for(pool, count, hit, NULL);
            for (int i = 0; i < COUNT; i++)
                assert_int_equal(atomic_load(&hits[i]), i < count);
        }
        st_pool_free(pool);
    }
}

static void outer(void *ctx, int i) {
    (void)i;
    st_pool_for(ctx, 100, hit, NULL);
}

static void middle(void *ctx, int i) {
    (void)i;
    st_pool_for(ctx, 5, outer, ctx);
}

static void test_pool_for_nests(void **state) {
    (void)state;
    for (int threads = 1; threads <= 4; threads++) {
        st_pool *pool = make(threads);
        memset(hits, 0, sizeof hits);
        st_pool_for(pool, 7, middle, pool);
        for (int i = 0; i < 100; i++)
            assert_int_equal(atomic_load(&hits[i]), 35);
        st_pool_free(pool);
    }
}

static void test_pool_refuses_bad_counts(void **state) {
    (void)state;
    st_pool *pool = NULL;
    assert_int_equal(st_pool_new(&pool, -1), ST_BAD_ARG);
    assert_int_equal(st_pool_new(&pool, 65), ST_BAD_ARG);
    assert_null(pool);
    assert_int_equal(st_pool_new(&pool, 0), ST_OK);
    assert_true(st_pool_threads(pool) >= 1);
    st_pool_free(pool);
    st_pool_free(NULL);
}

static atomic_int denormal_results;

static void make_denormal(void *ctx, int i) {
    (void)ctx;
    (void)i;
    volatile float small = 1e-30f;
    volatile float product = small * 1e-12f;
    if (product != 0.0f)
        (void)atomic_fetch_add(&denormal_results, 1);
}

static void test_pool_flushes_denormals_on_every_thread(void **state) {
    (void)state;
#if defined(__x86_64__)
    st_pool *pool = make(4);
    atomic_store(&denormal_results, 0);
    st_pool_for(pool, 1000, make_denormal, NULL);
    st_pool_for(NULL, 10, make_denormal, NULL);
    assert_int_equal(atomic_load(&denormal_results), 0);
    make_denormal(NULL, 0); /* the caller's own mode is back */
    assert_int_equal(atomic_load(&denormal_results), 1);
    st_pool_free(pool);
#endif
}

/* A pipeline of four steps that check every promise of the header. */
enum { STEPS = 4, MOST_SLOTS = 8 };

typedef struct {
    int64_t next[STEPS]; /* kept without a lock: a step never overlaps itself */
    int64_t slot_block[MOST_SLOTS];
    uint64_t slot_value[MOST_SLOTS];
    int64_t fail_block, end_block;
    int fail_step;
    int64_t fail_block2;
    int fail_step2;
    uint64_t sum; /* kept by the last step: order matters */
    atomic_int faults;
    int slots;
} checks;

typedef struct {
    checks *c;
    int step;
} step_ctx;

static st_status check_step(void *ctx, int64_t block, int slot) {
    step_ctx *s = ctx;
    checks *c = s->c;
    if (s->step == 0 && block == c->end_block)
        return ST_PIPE_END;
    if (c->next[s->step] != block || slot != (int)(block % c->slots))
        (void)atomic_fetch_add(&c->faults, 1);
    if (s->step == 0) {
        c->slot_block[slot] = block;
        c->slot_value[slot] = (uint64_t)block;
    } else if (c->slot_block[slot] != block) {
        (void)atomic_fetch_add(&c->faults, 1);
    }
    volatile uint64_t x = c->slot_value[slot];
    int work = (int)(300.0 * sig_uniform((uint64_t)s->step, (uint64_t)block));
    for (int i = 0; i < work; i++)
        x = x * 31u + (uint64_t)s->step;
    c->slot_value[slot] = x;
    if (s->step == STEPS - 1)
        c->sum = c->sum * 1000003u + x;
    c->next[s->step] = block + 1;
    if (block == c->fail_block && s->step == c->fail_step)
        return ST_BAD_DATA;
    if (block == c->fail_block2 && s->step == c->fail_step2)
        return ST_IO;
    return ST_OK;
}

static st_status run_checks(checks *c, st_pool *pool, int64_t blocks,
                            int slots) {
    step_ctx ctx[STEPS];
    st_pipe_step steps[STEPS];
    c->slots = slots;
    for (int s = 0; s < STEPS; s++) {
        ctx[s] = (step_ctx){c, s};
        steps[s] = (st_pipe_step){check_step, &ctx[s]};
    }
    st_status status = st_pipe_run(pool, steps, STEPS, blocks, slots);
    assert_int_equal(atomic_load(&c->faults), 0);
    return status;
}

static const checks fresh = {
    .fail_block = -1, .end_block = -1, .fail_block2 = -1};

static void test_pipe_keeps_order_for_any_threads_and_slots(void **state) {
    (void)state;
    checks plain = fresh;
    assert_int_equal(run_checks(&plain, NULL, 700, 1), ST_OK);
    for (int threads = 1; threads <= 5; threads++) {
        st_pool *pool = make(threads);
        for (int slots = 1; slots <= MOST_SLOTS; slots++) {
            checks c = fresh;
            assert_int_equal(run_checks(&c, pool, 700, slots), ST_OK);
            assert_true(c.sum == plain.sum && c.next[STEPS - 1] == 700);
            c = fresh;
            c.end_block = 700;
            assert_int_equal(run_checks(&c, pool, -1, slots), ST_OK);
            assert_true(c.sum == plain.sum && c.next[STEPS - 1] == 700);
        }
        st_pool_free(pool);
    }
}

static void test_pipe_zero_blocks(void **state) {
    (void)state;
    st_pool *pool = make(3);
    checks c = fresh;
    assert_int_equal(run_checks(&c, pool, 0, 3), ST_OK);
    c.end_block = 0;
    assert_int_equal(run_checks(&c, pool, -1, 3), ST_OK);
    assert_int_equal(c.next[0], 0);
    st_pool_free(pool);
}

static void test_pipe_first_failure_decides(void **state) {
    (void)state;
    for (int threads = 0; threads <= 4; threads++) {
        st_pool *pool = threads == 0 ? NULL : make(threads);
        for (int64_t at = 0; at < 40; at++) {
            checks c = fresh;
            c.fail_block = at + 1; /* bad data, earlier in the pipeline */
            c.fail_step = 0;
            c.fail_block2 = at; /* io: the first in order */
            c.fail_step2 = STEPS - 1;
            assert_int_equal(run_checks(&c, pool, 50, 4), ST_IO);
            assert_true(c.next[0] <= at + 5);
            c = fresh;
            c.end_block = at + 1;
            c.fail_block = at;
            c.fail_step = 2;
            assert_int_equal(run_checks(&c, pool, -1, 4), ST_BAD_DATA);
            assert_int_equal(c.next[STEPS - 1], at);
        }
        st_pool_free(pool);
    }
}

typedef struct {
    st_pool *pool;
    st_status status[6];
} nest;

static void one_pipe(void *ctx, int i) {
    nest *n = ctx;
    checks c = fresh;
    n->status[i] = run_checks(&c, n->pool, 100, 3);
}

static void test_pipe_nests_in_for(void **state) {
    (void)state;
    nest n = {.pool = make(3)};
    st_pool_for(n.pool, 6, one_pipe, &n);
    for (int i = 0; i < 6; i++)
        assert_int_equal(n.status[i], ST_OK);
    st_pool_free(n.pool);
}

static st_status nap(void *ctx, int64_t block, int slot) {
    (void)ctx;
    (void)block;
    (void)slot;
    const struct timespec t = {0, 20000000};
    (void)nanosleep(&t, NULL);
    return ST_OK;
}

/* Waiting threads sleep: a pipeline whose steps sleep uses hardly any CPU. */
static void test_pipe_does_not_wait_busily(void **state) {
    (void)state;
    st_pool *pool = make(4);
    const st_pipe_step steps[3] = {{nap, NULL}, {nap, NULL}, {nap, NULL}};
    struct timespec before, after;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    assert_int_equal(st_pipe_run(pool, steps, 3, 10, 1), ST_OK);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    double used = (double)(after.tv_sec - before.tv_sec) +
                  1e-9 * (double)(after.tv_nsec - before.tv_nsec);
    assert_true(used < 0.06); /* of 0.6 s */
    st_pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool_for_runs_each_index_once),
        cmocka_unit_test(test_pool_for_nests),
        cmocka_unit_test(test_pool_refuses_bad_counts),
        cmocka_unit_test(test_pool_flushes_denormals_on_every_thread),
        cmocka_unit_test(test_pipe_keeps_order_for_any_threads_and_slots),
        cmocka_unit_test(test_pipe_zero_blocks),
        cmocka_unit_test(test_pipe_first_failure_decides),
        cmocka_unit_test(test_pipe_nests_in_for),
        cmocka_unit_test(test_pipe_does_not_wait_busily),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
