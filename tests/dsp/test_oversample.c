#include "support/cases.h"

#include "core/alloc.h"
#include "dsp/oversample.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { HOP = ST_OVERSAMPLE_HOP, N = 128 * HOP };

static st_oversample *make(int factor) {
    st_oversample *os = NULL;
    assert_int_equal(st_oversample_new(&os, factor, 1), ST_OK);
    return os;
}

static void there_and_back(int factor, const float *in, float *out) {
    st_oversample *os = make(factor);
    for (int at = 0; at < N; at += HOP) {
        (void)st_oversample_up(os, 0, in + at);
        st_oversample_down(os, 0, out + at);
    }
    st_oversample_free(os);
}

static void test_oversample_is_a_delay_below_042(void **state) {
    (void)state;
    static float in[N], out[N];
    static const double tones[] = {0.0001, 0.01, 0.1, 0.25, 0.35, 0.4, 0.42};
    for (int factor = 1; factor <= 16; factor *= 2)
        for (size_t t = 0; t < 7; t++) {
            sig_sine(in, N, 1.0, tones[t], 0.0, 0.3);
            there_and_back(factor, in, out);
            st_oversample *os = make(factor);
            size_t late = (size_t)st_oversample_latency_frames(os);
            st_oversample_free(os);
            size_t from = 512;
            double null = meter_null_peak_db(in + from, out + from,
                                             N - from - late, late);
            if (null > -117.0)
                fail_msg("%dx at %g fs: %.1f dB", factor, tones[t], null);
            null = meter_null_db(in + from, out + from, N - from - late, late);
            if (null > -120.0)
                fail_msg("%dx at %g fs: %.1f dB RMS", factor, tones[t], null);
        }
}

/* All phases in time: what the way up has made. */
static void test_oversample_images_are_gone(void **state) {
    (void)state;
    static float in[N], wide[16 * N];
    for (int factor = 2; factor <= 16; factor *= 2) {
        st_oversample *os = make(factor);
        sig_sine(in, N, 1.0, 0.41, 0.0, 0.0);
        for (int at = 0; at < N; at += HOP) {
            float *const *phase = st_oversample_up(os, 0, in + at);
            for (int p = 0; p < factor; p++)
                for (int i = 0; i < HOP; i++)
                    wide[(at + i) * factor + p] = phase[p][i];
        }
        size_t from = 1024 * (size_t)factor;
        double thd = meter_thd_n_db(wide + from, (size_t)(N * factor) - from,
                                    factor, 0.41);
        if (thd > -118.0)
            fail_msg("%dx: %.1f dB", factor, thd);
        st_oversample_free(os);
    }
}

static void test_oversample_stops_above_half(void **state) {
    (void)state;
    static const double tones[] = {0.5, 0.502, 0.53, 0.58, 0.7, 0.97,
                                   1.0, 1.3,   1.7,  2.2,  3.4, 3.97};
    static float out[N];
    for (int factor = 2; factor <= 16; factor *= 2)
        for (size_t t = 0; t < 12; t++) {
            if (tones[t] > 0.5 * factor)
                continue;
            st_oversample *os = make(factor);
            float quiet[HOP] = {0};
            for (int at = 0; at < N; at += HOP) {
                float *const *phase = st_oversample_up(os, 0, quiet);
                for (int p = 0; p < factor; p++)
                    for (int i = 0; i < HOP; i++) {
                        double time = at + i + (double)p / factor;
                        phase[p][i] = (float)cos(2.0 * 3.14159265358979 *
                                                 tones[t] * time);
                    }
                st_oversample_down(os, 0, out + at);
            }
            double left = meter_peak_db(out + 1024, N - 1024);
            if (left > -100.0)
                fail_msg("%dx at %g fs: %.1f dB", factor, tones[t], left);
            st_oversample_free(os);
        }
}

/* Hops passed over give the same as hops whose audio was silenced. */
static void test_oversample_skip_changes_nothing(void **state) {
    (void)state;
    static float in[N], a[N], b[N];
    sig_pink(in, N, 4, -12.0);
    st_oversample *x = make(8), *y = make(8);
    for (int at = 0; at < N; at += HOP) {
        int k = at / HOP;
        bool silent = (k * k / 7) % 11 < 7;
        float *const *phase = st_oversample_up(x, 0, in + at);
        for (int p = 0; p < 8; p++)
            if (silent)
                memset(phase[p], 0, HOP * sizeof(float));
        if (silent)
            st_oversample_skip(y, 0, in + at);
        else
            (void)st_oversample_up(y, 0, in + at);
        st_oversample_down(x, 0, a + at);
        st_oversample_down(y, 0, b + at);
    }
    for (int i = 0; i < N; i++)
        assert_true(a[i] == b[i]);
    st_oversample_free(x);
    st_oversample_free(y);
}

static void test_oversample_refuses(void **state) {
    (void)state;
    st_oversample *os = NULL;
    static const int bad[] = {0, 3, 5, 32, -2};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(st_oversample_new(&os, bad[i], 1), ST_BAD_ARG);
    assert_int_equal(st_oversample_new(&os, 8, 9), ST_BAD_ARG);
    st_oversample_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oversample_is_a_delay_below_042),
        cmocka_unit_test(test_oversample_images_are_gone),
        cmocka_unit_test(test_oversample_stops_above_half),
        cmocka_unit_test(test_oversample_skip_changes_nothing),
        cmocka_unit_test(test_oversample_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
