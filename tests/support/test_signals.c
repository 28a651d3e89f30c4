#include "support/cases.h"

#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <stdlib.h>

enum { N = 48000 };
static float a[N], b[N];

static void test_signals_levels(void **state) {
    (void)state;
    sig_sine(a, N, 48000, 997, -6, 0);
    assert_close(meter_peak_db(a, N), -6.0, 0.01, "sine peak");
    assert_close(meter_rms_db(a, N), -9.01, 0.01, "sine rms");
    assert_close(meter_tone_db(a, N, 48000, 997), -6.0, 0.001, "sine tone");
    sig_white(a, N, 1, -20);
    assert_close(meter_rms_db(a, N), -20.0, 0.1, "white");
    sig_pink(a, N, 1, -20);
    assert_close(meter_rms_db(a, N), -20.0, 1e-3, "pink");
    sig_silence(a, N);
    assert_close(meter_rms_db(a, N), -400.0, 0.0, "silence");
}

/* Power in an octave of white and pink noise, by the tone meter's sum. */
static double band_power(const float *x, double from_hz, double to_hz) {
    double sum = 0.0;
    int bins = 0;
    for (double hz = from_hz; hz < to_hz; hz *= 1.05, bins++)
        sum += pow(10.0, meter_tone_db(x, 8192, 48000, hz) / 10.0);
    return 10.0 * log10(sum / bins);
}

static void test_signals_pink_falls_3_db_an_octave(void **state) {
    (void)state;
    double low = 0.0, high = 0.0;
    for (uint64_t seed = 0; seed < 24; seed++) {
        sig_pink(a, 8192, seed, -10);
        low += band_power(a, 200, 400) / 24;
        high += band_power(a, 6400, 12800) / 24;
    }
    assert_close(low - high, 15.05, 1.0, "five octaves");
}

static void test_signals_meters(void **state) {
    (void)state;
    sig_sine(a, N, 48000, 1000, 0, 0.3);
    assert_true(meter_thd_n_db(a, N, 48000, 1000) < -140.0);
    sig_add_sine(a, N, 48000, 2000, -60, 0);
    assert_close(meter_thd_n_db(a, N, 48000, 1000), -60.0, 0.01, "thd");
    assert_close(meter_tone_db(a, N, 48000, 2000), -60.0, 0.01, "second");
    sig_white(a, N, 3, -10);
    for (size_t i = 0; i < N; i++)
        b[i] = i >= 17 ? a[i - 17] : 0.0f;
    assert_int_equal(meter_delay(a, b, 4000, 40), 17);
    assert_close(meter_null_db(a, b, N, 17), -400.0, 0.0, "null");
    assert_true(meter_null_db(a, b, N, 16) > -10.0);
}

static void test_signals_music_is_like_music(void **state) {
    (void)state;
    sig_drums(a, b, N, 48000, 1);
    print_message("drums: peak %.1f, rms %.1f dB\n", meter_peak_db(a, N),
                  meter_rms_db(a, N));
    assert_true(meter_peak_db(a, N) < -1.0 && meter_peak_db(a, N) > -6.0);
    assert_true(meter_peak_db(a, N) - meter_rms_db(a, N) > 10.0);
    enum { LONG = 8 * 48000 };
    float *l = malloc(2 * LONG * sizeof *l);
    assert_non_null(l);
    float *r = l + LONG;
    sig_music(l, r, LONG, 48000, 1);
    print_message("music: peak %.1f, rms %.1f dB\n", meter_peak_db(l, LONG),
                  meter_rms_db(l, LONG));
    assert_true(meter_peak_db(l, LONG) < -1.0);
    assert_true(meter_rms_db(l, LONG) > -25.0);
    assert_true(meter_null_db(l, r, LONG, 0) < meter_rms_db(l, LONG));
    free(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signals_levels),
        cmocka_unit_test(test_signals_pink_falls_3_db_an_octave),
        cmocka_unit_test(test_signals_meters),
        cmocka_unit_test(test_signals_music_is_like_music),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
