/* stereo and blend: width, mono bass, safe width, dry/wet in time. */
#include "support/cases.h"

#include "dsp/blend.h"
#include "dsp/stereo.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { FRAMES = 48000 };

static const double rate_hz = 48000.0;
static float left[FRAMES], right[FRAMES], out_left[FRAMES], out_right[FRAMES];
static float mid[FRAMES], side[FRAMES];

static void widen(double width, double mono_below_hz) {
    st_spec spec = {rate_hz, 2, FRAMES};
    st_stereo_params p = {width, mono_below_hz};
    st_stereo *u = NULL;
    assert_int_equal(st_stereo_new(&u, &spec, &p), ST_OK);
    const float *in[] = {left, right};
    float *out[] = {out_left, out_right};
    st_stereo_process(u, in, out, FRAMES);
    st_stereo_free(u);
}

static void test_neutral_is_the_input(void **state) {
    (void)state;
    sig_music(left, right, FRAMES, rate_hz, 2);
    widen(1.0, 0.0);
    assert_memory_equal(out_left, left, sizeof left);
    assert_memory_equal(out_right, right, sizeof right);
    st_ms_encode(left, right, mid, side, FRAMES);
    st_ms_decode(mid, side, out_left, out_right, FRAMES);
    assert_true(meter_null_peak_db(left, out_left, FRAMES, 0) < -140.0);
}

static void test_width_is_the_side_gain(void **state) {
    (void)state;
    static const double widths[] = {0.0, 0.5, 1.4, 4.0};
    sig_music(left, right, FRAMES, rate_hz, 2);
    st_stereo_sums before = {0};
    st_stereo_sums_add(&before, left, right, FRAMES);
    for (int i = 0; i < 4; i++) {
        widen(widths[i], 0.0);
        st_stereo_sums after = {0};
        st_stereo_sums_add(&after, out_left, out_right, FRAMES);
        assert_close(after.mid2 / before.mid2, 1.0, 1e-5, "mid");
        assert_close(sqrt(after.side2 / before.side2), widths[i], 1e-5, "side");
        assert_close(st_stereo_correlation(&after, 1.0),
                     st_stereo_correlation(&before, widths[i]), 1e-5,
                     "foreseen correlation");
    }
}

static void test_mono_bass(void **state) {
    (void)state;
    static const struct {
        double hz, side_db;
    } cases[] = {{30.0, -48.2},
                 {60.0, -24.6},
                 {120.0, -6.02},
                 {480.0, -0.03},
                 {5000.0, 0.0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sig_sine(left, FRAMES, rate_hz, cases[i].hz, -6.0, 0.0);
        sig_silence(right, FRAMES); /* mid and side alike */
        widen(1.0, 120.0);
        st_ms_encode(out_left, out_right, mid, side, FRAMES);
        size_t h = FRAMES / 2;
        assert_close(meter_tone_db(mid + h, h, rate_hz, cases[i].hz), -12.02,
                     0.01, "mid stays");
        assert_close(meter_tone_db(side + h, h, rate_hz, cases[i].hz) + 12.02,
                     cases[i].side_db, 0.05, "side");
        if (cases[i].hz > 1000.0) /* in place: the right stays silent */
            assert_true(meter_peak_db(out_right + h, h) < -55.0);
    }
}

static void test_safe_width(void **state) {
    (void)state;
    static const double wanted = 1.4;
    for (uint64_t seed = 0; seed < 40; seed++) {
        double common = sig_uniform(7, seed), tilt = sig_uniform(8, seed);
        sig_white(left, FRAMES, 2 * seed, -20.0);
        sig_white(right, FRAMES, 2 * seed + 1, -20.0);
        for (int i = 0; i < FRAMES; i++) {
            float l = left[i];
            right[i] = (float)(tilt + 0.2) *
                       (right[i] * (float)(1.0 - common) + l * (float)common);
        }
        st_stereo_sums sums = {0};
        st_stereo_sums_add(&sums, left, right, FRAMES);
        for (double least = -0.5; least <= 0.95; least += 0.29) {
            double w = st_stereo_safe_width(&sums, wanted, least);
            double got = st_stereo_correlation(&sums, w);
            assert_true(w <= wanted && w >= 0.0 && got >= least - 1e-9);
            if (w < wanted)
                assert_close(got, least, 1e-9, "the largest one");
        }
    }
    st_stereo_sums silence = {0};
    assert_close(st_stereo_correlation(&silence, 1.0), 1.0, 0.0, "silence");
    assert_close(st_stereo_safe_width(&silence, 1.2, 0.1), 1.2, 0.0, "silence");
    sig_white(left, FRAMES, 1, -20.0);
    for (int i = 0; i < FRAMES; i++)
        right[i] = -left[i];
    st_stereo_sums out = {0};
    st_stereo_sums_add(&out, left, right, FRAMES);
    assert_close(st_stereo_correlation(&out, 1.0), -1.0, 1e-12, "opposite");
    assert_close(st_stereo_safe_width(&out, 1.0, 0.1), 0.0, 1e-6, "no mid");
}

static void test_blend_is_in_time(void **state) {
    (void)state;
    enum { LATE = 1234 };
    sig_music(left, right, FRAMES, rate_hz, 3);
    memset(mid, 0, sizeof mid);
    memcpy(mid + LATE, left, (FRAMES - LATE) * sizeof(float));
    st_spec spec = {rate_hz, 1, FRAMES};
    st_blend_params p = st_blend_defaults();
    p.wet_latency_frames = LATE;
    const float *dry[] = {left}, *wet[] = {mid};
    float *out[] = {out_left};
    for (int i = 0; i < 3; i++) {
        st_blend *u = NULL;
        if (i == 1)
            st_blend_mix(&p, 0.3); /* wet is dry, so every mix is dry */
        if (i == 2)
            p.wet_gain = -p.dry_gain; /* and the difference is nothing */
        assert_int_equal(st_blend_new(&u, &spec, &p), ST_OK);
        assert_int_equal(st_blend_latency_frames(u), LATE);
        st_blend_process(u, dry, wet, out, FRAMES);
        st_blend_free(u);
        if (i == 0)
            assert_memory_equal(out_left, mid, sizeof mid);
        if (i == 1)
            assert_true(meter_null_peak_db(out_left, mid, FRAMES, 0) < -130.0);
        if (i == 2)
            assert_true(meter_peak_db(out_left, FRAMES) < -130.0);
    }
}

static void test_bad_arguments(void **state) {
    (void)state;
    st_spec mono = {rate_hz, 1, 64};
    st_stereo_params p = st_stereo_defaults();
    st_stereo *u = NULL;
    assert_int_equal(st_stereo_new(&u, &mono, &p), ST_BAD_ARG);
    st_blend_params b = st_blend_defaults();
    b.wet_latency_frames = -1;
    st_blend *v = NULL;
    assert_int_equal(st_blend_new(&v, &mono, &b), ST_BAD_ARG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_neutral_is_the_input),
        cmocka_unit_test(test_width_is_the_side_gain),
        cmocka_unit_test(test_mono_bass),
        cmocka_unit_test(test_safe_width),
        cmocka_unit_test(test_blend_is_in_time),
        cmocka_unit_test(test_bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
