#include "support/cases.h"

#include "analysis/spectrum.h"
#include "support/signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, N = 20 * RATE, BINS = 4097 };

static st_spectrum *measured(const float *l, const float *r, size_t block) {
    st_spectrum *s = NULL;
    st_spectrum_params params = st_spectrum_defaults(RATE, 2);
    assert_int_equal(st_spectrum_new(&s, &params), ST_OK);
    assert_int_equal(st_spectrum_bins(s), BINS);
    for (size_t at = 0; at < N; at += block) {
        const float *in[] = {l + at, r + at};
        st_spectrum_process(s, in, (int64_t)(N - at < block ? N - at : block));
    }
    st_spectrum_finish(s);
    return s;
}

static double total(const st_spectrum *s, st_spectrum_part part) {
    float power[BINS];
    st_spectrum_power(s, part, power);
    double sum = 0.0;
    for (int i = 0; i < BINS; i++)
        sum += (double)power[i];
    return 10 * log10(sum);
}

static void test_spectrum_levels(void **state) {
    (void)state;
    float *l = malloc(N * sizeof *l);
    float *r = malloc(N * sizeof *r);
    sig_sine(l, N, RATE, 1000, 0, 0);
    memcpy(r, l, N * sizeof *r);
    for (int i = 0; i < N; i++)
        r[i] *= 0.5f;
    st_spectrum *s = measured(l, r, 5000);
    assert_close(total(s, ST_SPECTRUM_LEFT), -3.01, 0.02, "left");
    assert_close(total(s, ST_SPECTRUM_RIGHT), -9.03, 0.02, "right");
    assert_close(total(s, ST_SPECTRUM_MID), -5.51, 0.02, "mid");
    assert_close(total(s, ST_SPECTRUM_SIDE), -15.05, 0.02, "side");
    float power[BINS];
    st_spectrum_power(s, ST_SPECTRUM_LEFT, power);
    double edges[27];
    double band[26];
    st_spectrum_band_edges(edges);
    assert_close(edges[26], 20000, 1e-6, "last edge");
    st_spectrum_fold(power, BINS, RATE, edges, 26, band);
    for (int i = 0; i < 26; i++)
        if (edges[i] < 1000 && edges[i + 1] > 1000)
            assert_close(10 * log10(band[i]), -3.01, 0.05, "its band");
        else
            assert_true(band[i] < 1e-4);
    st_spectrum_free(s);
    free(l);
    free(r);
}

static void test_spectrum_tilt(void **state) {
    (void)state;
    float *l = malloc(N * sizeof *l);
    float power[BINS];
    sig_white(l, N, 4, -20);
    st_spectrum *s = measured(l, l, 4096);
    st_spectrum_power(s, ST_SPECTRUM_MID, power);
    assert_close(st_spectrum_tilt_db_oct(power, BINS, RATE), 0, 0.1, "white");
    st_spectrum_free(s);
    sig_pink(l, N, 4, -20);
    s = measured(l, l, 4096);
    st_spectrum_power(s, ST_SPECTRUM_MID, power);
    assert_close(st_spectrum_tilt_db_oct(power, BINS, RATE), -3.01, 0.2,
                 "pink");
    st_spectrum_free(s);
    free(l);
}

static void test_spectrum_loud_pieces(void **state) {
    (void)state;
    float *l = malloc(N * sizeof *l);
    sig_sine(l, N, RATE, 500, -40, 0);
    sig_sine(l + N / 2, N / 4, RATE, 3000, -10, 0);
    st_spectrum *s = measured(l, l, 10000);
    float power[BINS];
    double share = 0.0;
    st_spectrum_power_loud(s, ST_SPECTRUM_MID, power, &share);
    assert_true(share > 0.15 && share < 0.45);
    assert_true(power[512] > 100 * power[85]);
    assert_int_equal(st_spectrum_pieces(s), 5);
    st_spectrum_free(s);
    free(l);
}

static void test_spectrum_any_block_same_bits(void **state) {
    (void)state;
    float *l = malloc(N * sizeof *l);
    float *r = malloc(N * sizeof *r);
    sig_music(l, r, N, RATE, 2);
    float want[BINS];
    float got[BINS];
    st_spectrum *s = measured(l, r, N);
    st_spectrum_power(s, ST_SPECTRUM_SIDE, want);
    st_spectrum_free(s);
    s = measured(l, r, 333);
    st_spectrum_power(s, ST_SPECTRUM_SIDE, got);
    st_spectrum_free(s);
    assert_memory_equal(got, want, sizeof got);
    free(l);
    free(r);
}

static void test_spectrum_distance(void **state) {
    (void)state;
    double a[4] = {-20, -30, -40, -150};
    double b[4] = {-26, -36, -46, -199};
    assert_close(st_spectrum_distance_db(a, b, 4, -100, 1), 0, 1e-9, "level");
    assert_close(st_spectrum_distance_db(a, b, 4, -100, 0), 6, 1e-9, "plain");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spectrum_levels),
        cmocka_unit_test(test_spectrum_tilt),
        cmocka_unit_test(test_spectrum_loud_pieces),
        cmocka_unit_test(test_spectrum_any_block_same_bits),
        cmocka_unit_test(test_spectrum_distance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
