/* dither: on the grid, no distortion, no noise modulation, shaped as said. */
#include "support/cases.h"

#include "dsp/dither.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { FRAMES = 1 << 17 };

static float input[FRAMES], output[FRAMES], error[FRAMES];

static void dither(double rate_hz, const st_dither_params *p) {
    st_spec spec = {rate_hz, 1, FRAMES};
    st_dither *u = NULL;
    assert_int_equal(st_dither_new(&u, &spec, p), ST_OK);
    const float *in[] = {input};
    float *out[] = {output};
    st_dither_process(u, in, out, FRAMES);
    st_dither_free(u);
    for (int i = 0; i < FRAMES; i++)
        error[i] = output[i] - input[i];
}

static st_dither_params params(int bits, st_dither_shape shape) {
    st_dither_params p = st_dither_defaults();
    p.bits = bits;
    p.shape = shape;
    return p;
}

static void test_output_is_on_the_grid(void **state) {
    (void)state;
    static const int bits[] = {8, 16, 20, 24};
    sig_white(input, FRAMES, 1, -3.0); /* goes beyond full scale too */
    for (int i = 0; i < 4; i++)
        for (int shape = 0; shape <= ST_SHAPE_E9; shape++) {
            st_dither_params p = params(bits[i], (st_dither_shape)shape);
            dither(44100.0, &p);
            double scale = ldexp(1.0, bits[i] - 1);
            for (int k = 0; k < FRAMES; k++) {
                double y = (double)output[k] * scale;
                assert_true(y == rint(y) && y >= -scale && y <= scale - 1.0);
            }
        }
}

static void test_error_stays_within_the_stated_peak(void **state) {
    (void)state;
    sig_pink(input, FRAMES, 1, -20.0);
    for (int shape = 0; shape <= ST_SHAPE_E9; shape++)
        for (int dithered = 0; dithered <= 1; dithered++) {
            st_dither_params p = params(16, (st_dither_shape)shape);
            p.dithered = dithered != 0;
            dither(48000.0, &p);
            assert_true(pow(10.0, meter_peak_db(error, FRAMES) / 20.0) <=
                        st_dither_peak(&p));
        }
}

/* A tone below one LSB survives, without harmonics; noise is 4.77 dB above
 * plain rounding whatever the signal. */
static void test_tpdf_is_linear(void **state) {
    (void)state;
    st_dither_params p = params(16, ST_SHAPE_NONE);
    double lsb_db = 20.0 * log10(ldexp(1.0, -15));
    sig_sine(input, FRAMES, 48000.0, 1000.0, lsb_db - 6.0, 0.0);
    dither(48000.0, &p);
    assert_close(meter_tone_db(output, FRAMES, 48000.0, 1000.0), lsb_db - 6.0,
                 0.3, "half an LSB");
    assert_true(meter_tone_db(output, FRAMES, 48000.0, 3000.0) < lsb_db - 35.0);
    static const double levels[] = {-400.0, -100.0, -60.0, -1.0};
    for (int i = 0; i < 4; i++) {
        sig_sine(input, FRAMES, 48000.0, 997.0, levels[i], 0.0);
        dither(48000.0, &p);
        assert_close(meter_rms_db(error, FRAMES), lsb_db - 10 * log10(4.0),
                     0.05, "noise power");
        assert_close(meter_mean(error, FRAMES), 0.0, 3e-7, "no offset");
    }
}

/* E-weighting is not in the kit: a band where the ear is keenest will do. */
static double band_db(double from_hz, double to_hz) {
    double power = 0.0;
    int count = 0;
    for (double hz = from_hz; hz < to_hz; hz += 97.0, count++)
        power += pow(10.0, meter_tone_db(error, 8192, 44100.0, hz) / 10.0);
    return 10.0 * log10(power / count);
}

static void test_shaping_clears_the_ear(void **state) {
    (void)state;
    sig_sine(input, FRAMES, 44100.0, 997.0, -20.0, 0.0);
    st_dither_params p = params(16, ST_SHAPE_NONE);
    dither(44100.0, &p);
    double white_keen = band_db(2500.0, 4500.0);
    double white_all = meter_rms_db(error, FRAMES);
    p.shape = ST_SHAPE_LIPSHITZ5;
    dither(44100.0, &p);
    assert_true(band_db(2500.0, 4500.0) < white_keen - 12.0);
    assert_close(meter_rms_db(error, FRAMES) - white_all, 10.0, 2.5, "5 taps");
    p.shape = ST_SHAPE_E9;
    dither(44100.0, &p);
    assert_true(band_db(2500.0, 4500.0) < white_keen - 18.0);
    assert_true(meter_rms_db(error, FRAMES) - white_all < 30.0);
}

static void test_shapes_need_their_rates(void **state) {
    (void)state;
    st_spec spec = {96000.0, 2, 64};
    st_dither_params p = params(16, ST_SHAPE_E9);
    st_dither *u = NULL;
    assert_int_equal(st_dither_new(&u, &spec, &p), ST_UNSUPPORTED);
    assert_false(st_dither_can_shape(96000.0));
    p = params(25, ST_SHAPE_NONE);
    assert_int_equal(st_dither_new(&u, &spec, &p), ST_BAD_ARG);
}

static void test_seed_and_channel_make_other_noise(void **state) {
    (void)state;
    enum { N = 1000 };
    float silence[N] = {0}, out[2][N], again[N];
    st_spec spec = {48000.0, 2, N};
    st_dither_params p = params(16, ST_SHAPE_NONE);
    st_dither *u = NULL;
    assert_int_equal(st_dither_new(&u, &spec, &p), ST_OK);
    const float *in[] = {silence, silence};
    float *to[] = {out[0], out[1]};
    st_dither_process(u, in, to, N);
    assert_memory_not_equal(out[0], out[1], sizeof silence);
    st_dither_reset(u);
    p.seed = 1;
    st_dither_set(u, &p);
    memcpy(again, out[0], sizeof again);
    st_dither_process(u, in, to, N);
    assert_memory_not_equal(again, out[0], sizeof again);
    st_dither_free(u);
}

static void test_auto_blank(void **state) {
    (void)state;
    st_dither_params p = params(16, ST_SHAPE_NONE);
    p.auto_blank = true;
    sig_silence(input, FRAMES);
    input[0] = 0.5f;
    input[60000] = 1e-9f;
    dither(48000.0, &p);
    int noisy = 0;
    for (int i = 1; i <= 24000; i++)
        noisy += output[i] != 0.0f;
    assert_true(noisy > 3000);
    for (int i = 24001; i < 60000; i++)
        assert_true(output[i] == 0.0f);
    noisy = 0;
    for (int i = 60000; i < 60100; i++)
        noisy += output[i] != 0.0f;
    assert_true(noisy > 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_is_on_the_grid),
        cmocka_unit_test(test_error_stays_within_the_stated_peak),
        cmocka_unit_test(test_tpdf_is_linear),
        cmocka_unit_test(test_shaping_clears_the_ear),
        cmocka_unit_test(test_shapes_need_their_rates),
        cmocka_unit_test(test_seed_and_channel_make_other_noise),
        cmocka_unit_test(test_auto_blank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
