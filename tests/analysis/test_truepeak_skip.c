#include "support/cases.h"

#include "core/cpu.h"
#include "dsp/truepeak.h"
#include "support/signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static st_truepeak_max measure(const float *x, size_t n, size_t block) {
    st_truepeak *tp = NULL;
    st_truepeak_params p = {.channels = 1};
    assert_int_equal(st_truepeak_new(&tp, &p), ST_OK);
    for (size_t at = 0; at < n; at += block) {
        const float *in[] = {x + at};
        st_truepeak_process(tp, in, (int64_t)(n - at < block ? n - at : block));
    }
    st_truepeak_finish(tp);
    st_truepeak_max top = st_truepeak_get(tp, 0);
    st_truepeak_free(tp);
    return top;
}

static void test_truepeak_finds_the_time(void **state) {
    (void)state;
    enum { N = 9000 };
    static float x[N];
    for (int k = 0; k < 8; k++) {
        double at = 5000.0 + k / 8.0;
        for (size_t i = 0; i < N; i++) {
            double t = (double)i - at;
            x[i] = (float)(0.3 * exp(-t * t / 50.0));
        }
        st_truepeak_max top = measure(x, N, 512);
        assert_close(top.peak, 0.3, 0.0005, "peak");
        assert_close(top.frame, at, 0.02, "frame");
    }
    sig_impulse(x, N, N - 1, 1.0);
    assert_close(measure(x, N, 512).peak, 1.0, 1e-6, "last sample");
    assert_close(measure(x, N, 512).frame, N - 1, 0.0, "last frame");
    sig_impulse(x, N, 0, -1.0);
    assert_close(measure(x, N, 512).frame, 0, 0.0, "first frame");
}

static void test_truepeak_blocks_give_the_same_bits(void **state) {
    (void)state;
    enum { N = 20011 };
    static float x[N];
    static const size_t blocks[] = {1, 7, 64, 1000, 1024, 1025, 4096};
    sig_white(x, N, 3, -12.0);
    st_truepeak_max all = measure(x, N, N);
    for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
        st_truepeak_max top = measure(x, N, blocks[b]);
        assert_memory_equal(&top, &all, sizeof top);
    }
}

/* Each hop has its own peak, so a graph of hops skips little: its largest
 * value must be the plain meter's. */
static void test_truepeak_skipping_changes_nothing(void **state) {
    (void)state;
    enum { N = 200000 };
    float *x = malloc(N * sizeof *x);
    float *y = malloc(N * sizeof *y);
    for (int kind = 0; kind < 4; kind++) {
        if (kind == 0)
            sig_white(x, N, 5, -15.0);
        else if (kind == 1)
            sig_pink(x, N, 6, -15.0);
        else
            sig_music(x, y, N, 48000, (uint64_t)kind);
        for (int i = 0; i < N && kind == 3; i++)
            x[i] = fmaxf(-0.2f, fminf(0.2f, x[i]));
        st_truepeak *tp = NULL;
        st_truepeak_params p = {1, 1024, 1024};
        const float *in[] = {x};
        assert_int_equal(st_truepeak_new(&tp, &p), ST_OK);
        st_truepeak_process(tp, in, N);
        st_truepeak_finish(tp);
        st_truepeak_max with_hops = st_truepeak_get(tp, 0);
        st_truepeak_max plain = measure(x, N, N);
        assert_memory_equal(&with_hops, &plain, sizeof plain);
        int count = 0;
        int64_t step = 0;
        const float *hop = st_truepeak_hops(tp, 0, &count, &step);
        float most = 0.0f;
        for (int i = 0; i < count; i++)
            most = fmaxf(most, hop[i]);
        assert_close((double)most, plain.peak, 1e-7, "hops");
        assert_true(count * step >= N && step == 1024);
        st_truepeak_free(tp);
    }
    free(x);
    free(y);
}

static void test_truepeak_hops_join(void **state) {
    (void)state;
    st_truepeak *tp = NULL;
    st_truepeak_params p = {1, 1024, 4};
    static float x[1024 * 9];
    sig_impulse(x, 1024 * 9, 1024 * 8 + 500, 0.5);
    const float *in[] = {x};
    assert_int_equal(st_truepeak_new(&tp, &p), ST_OK);
    st_truepeak_process(tp, in, 1024 * 9);
    st_truepeak_finish(tp);
    int count = 0;
    int64_t step = 0;
    const float *hop = st_truepeak_hops(tp, 0, &count, &step);
    assert_int_equal(step, 4096);
    assert_int_equal(count, 3);
    assert_close((double)hop[2], 0.5, 1e-6, "hop");
    assert_close((double)hop[1], 0.0, 0.0, "hop");
    st_truepeak_free(tp);
}

static void test_truepeak_levels_give_the_same_bits(void **state) {
    (void)state;
    enum { N = 50000 };
    static float x[N];
    sig_white(x, N, 9, -10.0);
    st_truepeak_max best = measure(x, N, N);
    setenv("STEMMA_CPU", "base", 1);
    st_truepeak_max base = measure(x, N, N);
    setenv("STEMMA_CPU", "avx2", 1);
    st_truepeak_max avx2 = measure(x, N, N);
    unsetenv("STEMMA_CPU");
    assert_memory_equal(&best, &base, sizeof base);
    assert_memory_equal(&best, &avx2, sizeof base);
}

static void test_truepeak_silence_and_bad_samples(void **state) {
    (void)state;
    float x[300] = {0};
    st_truepeak_max none = measure(x, 300, 300);
    assert_close(none.peak, 0.0, 0.0, "silence");
    assert_close(measure(x, 0, 1).peak, 0.0, 0.0, "empty");
    x[10] = NAN;
    x[20] = INFINITY;
    x[30] = 1e20f;
    x[200] = 0.25f;
    assert_close(measure(x, 300, 300).peak, 0.25, 1e-4, "NaN passed over");
    st_truepeak *tp = NULL;
    st_truepeak_params p = {.channels = 0};
    assert_int_equal(st_truepeak_new(&tp, &p), ST_BAD_ARG);
    p = (st_truepeak_params){1, 100, 10};
    assert_int_equal(st_truepeak_new(&tp, &p), ST_BAD_ARG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_truepeak_finds_the_time),
        cmocka_unit_test(test_truepeak_blocks_give_the_same_bits),
        cmocka_unit_test(test_truepeak_skipping_changes_nothing),
        cmocka_unit_test(test_truepeak_hops_join),
        cmocka_unit_test(test_truepeak_levels_give_the_same_bits),
        cmocka_unit_test(test_truepeak_silence_and_bad_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
