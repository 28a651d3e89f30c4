#include "support/cases.h"

#include "analysis/align.h"
#include "support/signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 44100, N = 12 * RATE };

static float *signal_new(void) {
    return calloc(N, sizeof(float));
}

static st_align_pair of_two(const float *a, const float *b, int64_t block) {
    st_align *align = NULL;
    st_align_pair pair;
    assert_int_equal(st_align_new(&align, RATE, 2), ST_OK);
    for (int64_t at = 0; at < N; at += block) {
        const float *in[] = {a + at, b + at};
        st_align_process(align, in, N - at < block ? N - at : block);
    }
    assert_int_equal(st_align_finish(align), ST_OK);
    st_align_get(align, 0, 1, &pair);
    st_align_free(align);
    return pair;
}

static void test_align_delay_gain_polarity(void **state) {
    (void)state;
    static const struct {
        int delay;
        double gain;
    } cases[] = {{0, 0.5}, {1, -1.0}, {37, 2.0}, {-441, -0.25}, {2000, 1.0}};
    float *a = signal_new();
    float *b = signal_new();
    float *side = signal_new();
    sig_music(a, side, N, RATE, 3);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        for (int i = 0; i < N; i++) {
            int from = i - cases[c].delay;
            b[i] =
                from < 0 || from >= N ? 0.0f : (float)cases[c].gain * a[from];
        }
        st_align_pair pair = of_two(a, b, 4096);
        assert_int_equal(pair.kind, ST_ALIGN_DUPLICATE);
        assert_close(pair.delay_frames, cases[c].delay, 0.1, "delay");
        assert_int_equal(pair.polarity, cases[c].gain < 0 ? -1 : 1);
        assert_close(pair.gain_db, 20 * log10(fabs(cases[c].gain)), 0.1,
                     "gain");
    }
    free(a);
    free(b);
    free(side);
}

/* Two microphones: each hears its own noise and a tenth of the other's power,
 * 5 ms late. */
static void test_align_bleed_is_related(void **state) {
    (void)state;
    float *drum = signal_new();
    float *other = signal_new();
    float *far = signal_new();
    sig_pink(drum, N, 1, -20);
    sig_pink(other, N, 2, -20);
    int late = RATE / 200;
    for (int i = 0; i < N; i++)
        far[i] = 0.5f * other[i] - (i < late ? 0.0f : 0.5f * drum[i - late]);
    st_align_pair pair = of_two(drum, far, 1000);
    assert_int_equal(pair.kind, ST_ALIGN_RELATED);
    assert_close(pair.delay_frames, late, 0.5, "delay");
    assert_int_equal(pair.polarity, -1);
    assert_close(pair.coherence, 0.5, 0.1, "coherence");
    free(drum);
    free(other);
    free(far);
}

static void test_align_strangers_are_apart(void **state) {
    (void)state;
    float *a = signal_new();
    float *b = signal_new();
    sig_pink(a, N, 1, -20);
    sig_pink(b, N, 2, -20);
    assert_int_equal(of_two(a, b, 777).kind, ST_ALIGN_APART);
    float *right = signal_new();
    sig_music(a, right, N, RATE, 6);
    free(right);
    assert_int_equal(of_two(a, b, 777).kind, ST_ALIGN_APART);
    memset(b, 0, N * sizeof *b);
    assert_int_equal(of_two(a, b, 777).kind, ST_ALIGN_APART);
    assert_int_equal(of_two(b, b, 777).kind, ST_ALIGN_APART);
    free(a);
    free(b);
}

static void test_align_any_block_same_bits(void **state) {
    (void)state;
    float *a = signal_new();
    float *b = signal_new();
    sig_music(a, b, N, RATE, 3);
    a[1000] = NAN;
    b[2000] = INFINITY;
    st_align_pair want = of_two(a, b, N);
    st_align_pair got = of_two(a, b, 311);
    assert_memory_equal(&want.coherence, &got.coherence, sizeof(double));
    assert_memory_equal(&want.delay_frames, &got.delay_frames, sizeof(double));
    assert_true(isfinite(want.coherence));
    free(a);
    free(b);
}

static void test_align_order_of_a_pair(void **state) {
    (void)state;
    st_align *align = NULL;
    st_align_pair ab;
    st_align_pair ba;
    float *a = signal_new();
    float *c = signal_new();
    sig_pink(a, N, 1, -20);
    memcpy(c + 100, a, (N - 100) * sizeof *c);
    assert_int_equal(st_align_new(&align, RATE, 3), ST_OK);
    const float *in[] = {a, a, c};
    st_align_process(align, in, N);
    assert_int_equal(st_align_finish(align), ST_OK);
    st_align_get(align, 1, 2, &ab);
    st_align_get(align, 2, 1, &ba);
    assert_close(ab.delay_frames, 100, 0.05, "later");
    assert_close(ba.delay_frames, -100, 0.05, "earlier");
    st_align_free(align);
    free(a);
    free(c);
}

static void test_align_refuses(void **state) {
    (void)state;
    st_align *align = NULL;
    assert_int_equal(st_align_new(&align, 7999, 2), ST_BAD_ARG);
    assert_int_equal(st_align_new(&align, RATE, 1), ST_BAD_ARG);
    assert_int_equal(st_align_new(&align, RATE, 65), ST_BAD_ARG);
    assert_null(align);
    assert_int_equal(st_align_new(&align, RATE, 2), ST_OK);
    assert_int_equal(st_align_finish(align), ST_OK);
    st_align_pair pair;
    st_align_get(align, 0, 1, &pair);
    assert_int_equal(pair.kind, ST_ALIGN_APART);
    st_align_free(align);
    st_align_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_align_delay_gain_polarity),
        cmocka_unit_test(test_align_bleed_is_related),
        cmocka_unit_test(test_align_strangers_are_apart),
        cmocka_unit_test(test_align_any_block_same_bits),
        cmocka_unit_test(test_align_order_of_a_pair),
        cmocka_unit_test(test_align_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
