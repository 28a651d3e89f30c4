/* biquad and svf: responses against the analogue prototype and the design. */
#include "support/cases.h"

#include "dsp/biquad.h"
#include "dsp/svf.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { FRAMES = 32768 };

static const double rate_hz = 48000.0;
static float input[FRAMES], output[FRAMES];

static double db10(double power) {
    return 10.0 * log10(power);
}

/* |H| of the analogue prototype (cookbook), x = f / corner. */
static double analogue_db(const st_biquad_section *s, double hz) {
    double x = hz / s->hz, x2 = x * x, w = x2 / (s->q * s->q);
    double a = pow(10.0, s->gain_db / 40.0);
    double bare = (1.0 - x2) * (1.0 - x2);
    double up = (1.0 - a * x2) * (1.0 - a * x2) + a * w;
    double down = (a - x2) * (a - x2) + a * w;
    switch (s->type) {
    case ST_BIQUAD_LOWPASS:
        return -db10(bare + w);
    case ST_BIQUAD_HIGHPASS:
        return db10(x2 * x2) - db10(bare + w);
    case ST_BIQUAD_BANDPASS:
        return db10(w) - db10(bare + w);
    case ST_BIQUAD_NOTCH:
        return db10(bare) - db10(bare + w);
    case ST_BIQUAD_PEAK:
        return db10((bare + w * a * a) / (bare + w / (a * a)));
    case ST_BIQUAD_LOW_SHELF:
        return db10(a * a * down / up);
    case ST_BIQUAD_HIGH_SHELF:
        return db10(a * a * up / down);
    default:
        return 0.0;
    }
}

/* The bilinear transform is exact at the warped frequency. */
static double warped_hz(double hz, double corner_hz) {
    double k = corner_hz / tan(M_PI * corner_hz / rate_hz);
    return k * tan(M_PI * hz / rate_hz);
}

static void test_cookbook_is_the_warped_prototype(void **state) {
    (void)state;
    static const double corners[] = {30.0, 700.0, 9000.0, 19000.0};
    for (int type = 1; type < ST_BIQUAD_TYPE_COUNT; type++)
        for (size_t i = 0; i < 4; i++)
            for (double gain = -12.0; gain <= 12.0; gain += 8.0) {
                st_biquad_section s = {(st_biquad_type)type, corners[i], 0.9,
                                       gain, false};
                st_biquad_coeffs c = st_biquad_design(&s, rate_hz);
                for (double hz = 20.0; hz < 23000.0; hz *= 1.3) {
                    double want = analogue_db(&s, warped_hz(hz, s.hz));
                    if (want > -100.0)
                        assert_close(st_biquad_gain_db(&c, hz, rate_hz), want,
                                     1e-5, "cookbook");
                }
            }
}

/* The matched designs follow the unwarped prototype up to 20 kHz. */
static void test_matched_follows_the_prototype(void **state) {
    (void)state;
    static const struct {
        st_biquad_type type;
        double corner_hz, gain_db, tolerance_db;
    } cases[] = {
        {ST_BIQUAD_LOWPASS, 1000.0, 0.0, 0.03},
        {ST_BIQUAD_LOWPASS, 10000.0, 0.0, 0.85},
        {ST_BIQUAD_HIGHPASS, 1000.0, 0.0, 0.01},
        {ST_BIQUAD_HIGHPASS, 10000.0, 0.0, 0.45},
        {ST_BIQUAD_BANDPASS, 10000.0, 0.0, 0.8},
        {ST_BIQUAD_PEAK, 1000.0, 12.0, 0.04},
        {ST_BIQUAD_PEAK, 1000.0, -12.0, 0.04},
        {ST_BIQUAD_PEAK, 10000.0, 3.0, 0.2},
        {ST_BIQUAD_PEAK, 10000.0, -12.0, 0.6},
        {ST_BIQUAD_LOW_SHELF, 1000.0, 12.0, 0.02},
        {ST_BIQUAD_HIGH_SHELF, 1000.0, -12.0, 0.02},
        {ST_BIQUAD_HIGH_SHELF, 10000.0, 3.0, 0.1},
        {ST_BIQUAD_HIGH_SHELF, 10000.0, 12.0, 0.65},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        st_biquad_section s = {cases[i].type, cases[i].corner_hz, 0.7071,
                               cases[i].gain_db, true};
        st_biquad_coeffs c = st_biquad_design(&s, rate_hz);
        for (double hz = 20.0; hz < 20000.0; hz *= 1.05) {
            double want = analogue_db(&s, hz);
            if (want > -40.0)
                assert_close(st_biquad_gain_db(&c, hz, rate_hz), want,
                             cases[i].tolerance_db, "matched");
        }
    }
}

static void test_every_design_is_stable(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        st_biquad_section s = {(st_biquad_type)(i % ST_BIQUAD_TYPE_COUNT),
                               exp2(16.0 * sig_uniform(1, i)),
                               exp2(20.0 * sig_uniform(2, i) - 8),
                               160.0 * sig_uniform(3, i) - 80.0, i % 2 == 0};
        st_biquad_coeffs c = st_biquad_design(&s, 44100.0);
        assert_true(fabs(c.a2) < 1.0 && fabs(c.a1) < 1.0 + c.a2);
        assert_true(isfinite(c.b0 + c.b1 + c.b2));
    }
    st_biquad_section bad = {ST_BIQUAD_PEAK, NAN, NAN, NAN, true};
    st_biquad_coeffs c = st_biquad_design(&bad, 48000.0);
    assert_true(isfinite(c.b0 + c.b1 + c.b2 + c.a1 + c.a2));
}

static double measured_db(void (*run)(void *), void *unit, double hz) {
    sig_sine(input, FRAMES, rate_hz, hz, -6.0, 0.3);
    run(unit);
    return meter_tone_db(output + FRAMES / 2, FRAMES / 2, rate_hz, hz) + 6.0;
}

static void run_biquad(void *unit) {
    const float *in[] = {input};
    float *out[] = {output};
    st_biquad_reset(unit);
    st_biquad_process(unit, in, out, FRAMES);
}

static void run_svf(void *unit) {
    const float *in[] = {input};
    float *out[] = {output};
    st_svf_reset(unit);
    st_svf_process(unit, in, out, FRAMES);
}

static void test_processing_has_the_designed_response(void **state) {
    (void)state;
    st_biquad_params p = {
        .sections = 6,
        .section = {{ST_BIQUAD_HIGHPASS, 60.0, 0.7, 0.0, false},
                    {ST_BIQUAD_PEAK, 900.0, 2.0, 6.0, true},
                    {ST_BIQUAD_HIGH_SHELF, 6000.0, 0.7, -4.0, true},
                    {ST_BIQUAD_ALLPASS, 500.0, 0.7, 0.0, false},
                    {ST_BIQUAD_LOWPASS, 18000.0, 0.7, 0.0, true},
                    {ST_BIQUAD_LOW_SHELF, 200.0, 0.7, 2.0, false}}};
    st_spec spec = {rate_hz, 1, FRAMES};
    st_biquad *u = NULL;
    assert_int_equal(st_biquad_new(&u, &spec, &p), ST_OK);
    for (double hz = 40.0; hz < 20000.0; hz *= 1.7) {
        double want = 0.0;
        for (int i = 0; i < p.sections; i++) {
            st_biquad_coeffs c = st_biquad_design(&p.section[i], rate_hz);
            want += st_biquad_gain_db(&c, hz, rate_hz);
        }
        assert_close(measured_db(run_biquad, u, hz), want, 0.002, "cascade");
    }
    st_biquad_free(u);
}

static void test_svf_equals_the_cookbook(void **state) {
    (void)state;
    static const st_biquad_type twin[ST_SVF_TYPE_COUNT] = {
        ST_BIQUAD_LOWPASS,   ST_BIQUAD_HIGHPASS,  ST_BIQUAD_BANDPASS,
        ST_BIQUAD_NOTCH,     ST_BIQUAD_ALLPASS,   ST_BIQUAD_PEAK,
        ST_BIQUAD_LOW_SHELF, ST_BIQUAD_HIGH_SHELF};
    st_spec spec = {rate_hz, 1, FRAMES};
    for (int type = 0; type < ST_SVF_TYPE_COUNT; type++) {
        st_svf_params p = {(st_svf_type)type, 1500.0, 1.3, 5.0};
        st_svf *u = NULL;
        assert_int_equal(st_svf_new(&u, &spec, &p), ST_OK);
        st_biquad_section s = {twin[type], p.hz, p.q, p.gain_db, false};
        st_biquad_coeffs c = st_biquad_design(&s, rate_hz);
        for (double hz = 100.0; hz < 20000.0; hz *= 2.3)
            assert_close(measured_db(run_svf, u, hz),
                         st_biquad_gain_db(&c, hz, rate_hz), 0.002, "svf");
        st_svf_free(u);
    }
}

static void test_neutral_nulls(void **state) {
    (void)state;
    st_spec spec = {rate_hz, 1, FRAMES};
    st_biquad_params p = {.sections = 3,
                          .section = {{ST_BIQUAD_PEAK, 900.0, 1.0, 0.0, true},
                                      {ST_BIQUAD_LOW_SHELF, 90, 1, 0, true},
                                      {ST_BIQUAD_HIGH_SHELF, 9e3, 1, 0, 0}}};
    st_biquad *b = NULL;
    assert_int_equal(st_biquad_new(&b, &spec, &p), ST_OK);
    sig_pink(input, FRAMES, 3, -12.0);
    run_biquad(b);
    assert_memory_equal(input, output, sizeof input);
    st_biquad_free(b);
    st_svf_params defaults = st_svf_defaults();
    st_svf *s = NULL;
    assert_int_equal(st_svf_new(&s, &spec, &defaults), ST_OK);
    run_svf(s);
    assert_true(meter_null_peak_db(input, output, FRAMES, 0) < -140.0);
    st_svf_free(s);
}

/* Two octaves of vibrato at 200 Hz on a resonant filter: bounded, and the
 * output moves no faster than the tone itself would. */
static void test_svf_takes_fast_modulation(void **state) {
    (void)state;
    static float octaves[FRAMES];
    st_spec spec = {rate_hz, 1, FRAMES};
    st_svf_params p = {ST_SVF_LOWPASS, 1000.0, 4.0, 0.0};
    st_svf *u = NULL;
    assert_int_equal(st_svf_new(&u, &spec, &p), ST_OK);
    sig_sine(input, FRAMES, rate_hz, 300.0, -20.0, 0.0);
    sig_sine(octaves, FRAMES, rate_hz, 200.0, 6.0206, 0.0);
    const float *in[] = {input};
    float *out[] = {output};
    st_svf_process_mod(u, in, out, FRAMES, octaves);
    assert_true(meter_peak_db(output, FRAMES) < 0.0);
    for (int i = 1; i < FRAMES; i++)
        assert_true(fabsf(output[i] - output[i - 1]) < 0.1f);
    st_svf_free(u);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cookbook_is_the_warped_prototype),
        cmocka_unit_test(test_matched_follows_the_prototype),
        cmocka_unit_test(test_every_design_is_stable),
        cmocka_unit_test(test_processing_has_the_designed_response),
        cmocka_unit_test(test_svf_equals_the_cookbook),
        cmocka_unit_test(test_neutral_nulls),
        cmocka_unit_test(test_svf_takes_fast_modulation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
