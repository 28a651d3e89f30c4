#include "support/cases.h"

#include "audio/window.h"

#include <math.h>

enum { N = 1024 };

/* Sum and sum of squares over a periodic window, per point (Harris 1978,
 * table 1: coherent gain and equivalent noise bandwidth). */
static const struct {
    st_window_kind kind;
    double gain, noise_bins;
} harris[] = {
    {ST_WINDOW_RECT, 1.0, 1.0},
    {ST_WINDOW_HANN, 0.5, 1.5},
    {ST_WINDOW_HAMMING, 0.54, 1.3628},
    {ST_WINDOW_BLACKMAN, 0.42, 1.7268},
    {ST_WINDOW_BLACKMAN_HARRIS, 0.35875, 2.0044},
};

static void test_window_gain_and_bandwidth(void **state) {
    (void)state;
    for (size_t c = 0; c < sizeof harris / sizeof *harris; c++) {
        double w[N], sum = 0.0, squares = 0.0;
        st_window_fill(w, N, harris[c].kind, true);
        for (size_t i = 0; i < N; i++) {
            sum += w[i];
            squares += w[i] * w[i];
        }
        assert_close(sum / N, harris[c].gain, 1e-12, "coherent gain");
        assert_close(N * squares / (sum * sum), harris[c].noise_bins, 1e-4,
                     "noise bandwidth");
    }
}

static void test_window_is_symmetric_to_the_bit(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 64, 255, N};
    for (int kind = 0; kind < ST_WINDOW_KIND_COUNT; kind++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            double w[N];
            size_t n = sizes[s];
            st_window_fill(w, n, (st_window_kind)kind, false);
            for (size_t i = 0; i < n; i++)
                assert_true(w[i] == w[n - 1 - i]);
            if (n % 2 == 1)
                assert_close(w[n / 2], 1.0, 1e-15, "peak");
        }
}

static void test_window_kaiser(void **state) {
    (void)state;
    double w[257];
    st_window_kaiser(w, 257, 8.6);
    assert_close(w[128], 1.0, 1e-15, "peak");
    /* 1 / I0(8.6) and I0(8.6 sqrt(3)/2) / I0(8.6), from scipy */
    assert_close(w[0], 0.0013325140, 1e-9, "edge");
    assert_close(w[64], 0.3403936, 1e-6, "half way");
    for (size_t i = 0; i < 257; i++)
        assert_true(w[i] == w[256 - i]);
    st_window_kaiser(w, 9, 0.0);
    assert_true(w[0] == 1.0 && w[4] == 1.0);
    assert_close(st_window_kaiser_beta(100.0), 10.0613, 1e-3, "100 dB");
    assert_close(st_window_kaiser_beta(40.0), 3.395, 1e-2, "40 dB");
    assert_close(st_window_kaiser_beta(20.0), 0.0, 0.0, "20 dB");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window_gain_and_bandwidth),
        cmocka_unit_test(test_window_is_symmetric_to_the_bit),
        cmocka_unit_test(test_window_kaiser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
