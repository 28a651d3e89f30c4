#include "support/cases.h"

#include "analysis/kweight.h"
#include "analysis/reference.h"

#include <complex.h>
#include <math.h>

static double direct_power(const st_kweight *k, double w) {
    double complex z = cexp(-I * w);
    double power = 1.0;
    for (int i = 0; i < 2; i++) {
        st_kweight_section s = k->section[i];
        double complex h =
            (s.b0 + s.b1 * z + s.b2 * z * z) / (1.0 + s.a1 * z + s.a2 * z * z);
        power *= creal(h * conj(h));
    }
    return power;
}

/* Largest error to the 48 kHz filter, 10 Hz to 0.45 fs, in dB. */
static double worst_db(double rate) {
    st_kweight k;
    assert_int_equal(st_kweight_design(&k, rate), ST_OK);
    double worst = 0.0;
    for (double hz = 10.0; hz <= 0.45 * rate; hz *= 1.01) {
        double want = reference_k_power(hz < 24000.0 ? hz : 24000.0);
        double got = direct_power(&k, 2.0 * acos(-1.0) * hz / rate);
        assert_close(10.0 * log10(st_kweight_power(&k, rate, hz) / got), 0.0,
                     1e-5, "st_kweight_power");
        worst = fmax(worst, fabs(10.0 * log10(got / want)));
    }
    return worst;
}

static void test_kweight_response_at_common_rates(void **state) {
    (void)state;
    static const double rates[] = {44100,  48000,  64000,  88200, 96000,
                                   176400, 192000, 352800, 384000};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        assert_close(worst_db(rates[i]), 0.0, 0.001, "dB off");
    static const double low[] = {8000,  11025, 12000, 16000,
                                 22050, 24000, 32000};
    for (size_t i = 0; i < sizeof low / sizeof *low; i++)
        assert_close(worst_db(low[i]), 0.0, 0.01, "dB off");
}

static void test_kweight_response_at_odd_rates(void **state) {
    (void)state;
    for (double rate = 8000.0; rate < 384000.0; rate *= 1.0371)
        assert_close(worst_db(rate), 0.0, 0.01, "dB off");
    assert_close(worst_db(47999.0), 0.0, 0.001, "dB off");
    assert_close(worst_db(48001.0), 0.0, 0.001, "dB off");
}

static void test_kweight_is_stable(void **state) {
    (void)state;
    for (double rate = 8000.0; rate < 384000.0; rate *= 1.01) {
        st_kweight k;
        assert_int_equal(st_kweight_design(&k, rate), ST_OK);
        for (int i = 0; i < 2; i++) {
            st_kweight_section s = k.section[i];
            assert_true(s.a2 < 1.0 && fabs(s.a1) < 1.0 + s.a2);
        }
    }
}

static void test_kweight_refuses_other_rates(void **state) {
    (void)state;
    st_kweight k;
    assert_int_equal(st_kweight_design(&k, 7999.0), ST_BAD_ARG);
    assert_int_equal(st_kweight_design(&k, 384001.0), ST_BAD_ARG);
    assert_int_equal(st_kweight_design(&k, (double)NAN), ST_BAD_ARG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kweight_response_at_common_rates),
        cmocka_unit_test(test_kweight_response_at_odd_rates),
        cmocka_unit_test(test_kweight_is_stable),
        cmocka_unit_test(test_kweight_refuses_other_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
