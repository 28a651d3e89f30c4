/* ducker: depth in the band, what stays outside it, times, nulls. */
#include "support/cases.h"

#include "dsp/ducker.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { FRAMES = 131072, TAIL = FRAMES / 2 };

static float signal[FRAMES], key[FRAMES], out[FRAMES], change[FRAMES];
static int latency;

static const double rates[] = {44100.0, 48000.0, 96000.0};

/* 40 to 120 Hz, down by `depth_db` as soon as the key is there. */
static st_ducker_params band(double depth_db) {
    st_ducker_params p = st_ducker_defaults();
    p.curve.threshold_db = -60.0;
    p.curve.ratio = 1000.0;
    p.curve.range_db = depth_db;
    p.curve.attack_ms = 5.0;
    return p;
}

static void duck(const st_ducker_params *p, double rate_hz, st_reduction *r) {
    st_spec spec = {rate_hz, 1, FRAMES};
    st_ducker *u = NULL;
    assert_int_equal(st_ducker_new(&u, &spec, p), ST_OK);
    latency = st_ducker_latency_frames(u);
    const float *in[] = {signal}, *keys[] = {key};
    float *to[] = {out};
    st_ducker_process_keyed(u, in, keys, 1, to, FRAMES);
    if (r != NULL)
        *r = st_ducker_reduction(u);
    st_ducker_free(u);
    memset(change, 0, sizeof change);
    for (int i = latency; i < FRAMES; i++)
        change[i] = out[i] - signal[i - latency];
}

static double level(const float *x, double rate_hz, double hz) {
    return meter_tone_db(x + TAIL, FRAMES - TAIL, rate_hz, hz);
}

/* What is taken away from a steady tone of -6 dB, as a part of it, in dB. */
static double changed_db(const st_ducker_params *p, double rate_hz, double hz) {
    sig_sine(signal, FRAMES, rate_hz, hz, -6.0, 0.3);
    duck(p, rate_hz, NULL);
    return level(change, rate_hz, hz) + 6.0;
}

static void test_band_falls_by_the_depth(void **state) {
    (void)state;
    static const double depths[] = {1.0, 2.0, 3.0}, ahead[] = {5.0, 8.0, 10.0};
    for (int k = 0; k < 3; k++)
        for (int d = 0; d < 3; d++) {
            st_ducker_params p = band(depths[d]);
            p.lookahead_ms = ahead[d];
            sig_sine(key, FRAMES, rates[k], 997.0, -6.0, 0.0);
            sig_sine(signal, FRAMES, rates[k], 80.0, -12.0, 0.0);
            sig_add_sine(signal, FRAMES, rates[k], 1000.0, -12.0, 1.0);
            duck(&p, rates[k], NULL);
            assert_close(level(out, rates[k], 80.0), -12.0 - depths[d], 0.1,
                         "80 Hz");
            assert_close(level(out, rates[k], 1000.0), -12.0, 0.02, "1 kHz");
        }
}

static void test_above_the_band_nothing_changes(void **state) {
    (void)state;
    static const double tones[] = {250.0, 300.0, 500.0, 1000.0, 2920.0, 9000.0};
    for (int k = 0; k < 3; k++)
        for (double depth = 1.0; depth <= 3.0; depth += 2.0) {
            st_ducker_params p = band(depth);
            sig_sine(key, FRAMES, rates[k], 997.0, -6.0, 0.0);
            double inside = changed_db(&p, rates[k], 80.0);
            for (int t = 0; t < 6; t++)
                assert_true(changed_db(&p, rates[k], tones[t]) < inside - 30.0);
        }
}

/* The transfer at k times the low rate +- 80 Hz is where folding would show. */
static void test_nothing_folds(void **state) {
    (void)state;
    st_ducker_params p = band(3.0);
    sig_sine(key, FRAMES, 48000.0, 997.0, -6.0, 0.0);
    for (double hz = 2920.0; hz < 10000.0; hz += 3000.0) {
        sig_sine(signal, FRAMES, 48000.0, hz, -6.0, 0.3);
        duck(&p, 48000.0, NULL);
        assert_true(level(out, 48000.0, 80.0) < -80.0);
    }
    sig_sine(signal, FRAMES, 48000.0, 80.0, -6.0, 0.3);
    duck(&p, 48000.0, NULL);
    assert_true(meter_thd_n_db(out + TAIL, FRAMES - TAIL, 48000.0, 80.0) <
                -80.0);
}

static void test_tones_do_not_modulate_each_other(void **state) {
    (void)state;
    st_ducker_params p = band(3.0);
    p.curve.detect = ST_DETECT_RMS;
    sig_sine(key, FRAMES, 48000.0, 60.0, -6.0, 0.0);
    sig_sine(signal, FRAMES, 48000.0, 80.0, -12.0, 0.0);
    sig_add_sine(signal, FRAMES, 48000.0, 1000.0, -12.0, 1.0);
    duck(&p, 48000.0, NULL);
    for (double hz = 240.0; hz < 4000.0; hz += 20.0)
        if (hz != 1000.0)
            assert_true(level(out, 48000.0, hz) < -12.0 - 60.0);
}

/* Bands, and what dsp/ducker.h says of their upper side. */
static void test_shape_of_any_band(void **state) {
    (void)state;
    static const double bands[][3] = {
        {40.0, 120.0, 8.0}, {30.0, 100.0, 8.0},  {60.0, 250.0, 20.0},
        {20.0, 60.0, 0.0},  {150.0, 400.0, 8.0}, {100.0, 1000.0, 5.0}};
    sig_sine(key, FRAMES, 48000.0, 997.0, -6.0, 0.0);
    double whole = meter_db(1.0 - pow(10.0, -3.0 / 20.0));
    for (size_t i = 0; i < sizeof bands / sizeof *bands; i++) {
        st_ducker_params p = band(3.0);
        p.low_hz = bands[i][0];
        p.high_hz = bands[i][1];
        p.lookahead_ms = bands[i][2];
        for (double part = 0.7; part < 0.95; part += 0.1)
            assert_close(changed_db(&p, 48000.0, part * p.high_hz), whole, 0.1,
                         "pass band");
        for (double part = 2.1; part < 12.0; part *= 1.3)
            assert_true(changed_db(&p, 48000.0, part * p.high_hz) <
                        whole - 30.0);
        assert_true(latency >= 0.001 * p.lookahead_ms * 48000.0);
    }
}

/* A long look-ahead leaves room for a lower side. */
static void test_lower_side(void **state) {
    (void)state;
    st_ducker_params p = band(3.0);
    p.lookahead_ms = 20.0;
    sig_sine(key, FRAMES, 48000.0, 997.0, -6.0, 0.0);
    double whole = meter_db(1.0 - pow(10.0, -3.0 / 20.0));
    assert_close(changed_db(&p, 48000.0, 40.0), whole, 1.0, "edge");
    assert_true(changed_db(&p, 48000.0, 15.0) < whole - 9.0);
}

/* What is taken from an impulse lies evenly around where it leaves (but for
 * images, which are 46 dB and more under it even here). */
static void test_band_is_linear_phase(void **state) {
    (void)state;
    for (int k = 0; k < 3; k++) {
        st_ducker_params p = band(3.0);
        sig_sine(key, FRAMES, rates[k], 997.0, -6.0, 0.0);
        int at = 60007;
        sig_impulse(signal, FRAMES, (size_t)at, 1.0);
        duck(&p, rates[k], NULL);
        const float *middle = change + at + latency;
        for (int i = 0; i < latency; i++)
            assert_close(middle[i] / middle[0], middle[-i] / middle[0], 0.005,
                         "even");
    }
}

static int first_change(void) {
    for (int i = 0; i < FRAMES; i++)
        if (change[i] != 0.0f)
            return i;
    return -1;
}

static void test_gain_falls_before_the_sound(void **state) {
    (void)state;
    static const double ahead[] = {5.0, 8.0, 10.0};
    for (int k = 0; k < 3; k++)
        for (int a = 0; a < 6; a++) {
            st_ducker_params p = band(3.0);
            p.lookahead_ms = ahead[a / 2];
            if (a % 2 == 1) {
                p.low_hz = p.high_hz = 0.0;
                p.curve.detect = ST_DETECT_RMS;
            }
            int onset = 40003;
            sig_sine(key, FRAMES, rates[k], 997.0, -6.0, 1.5);
            memset(key, 0, (size_t)onset * sizeof *key);
            sig_sine(signal, FRAMES, rates[k], 80.0, -6.0, 0.0);
            duck(&p, rates[k], NULL);
            double ms = 1000.0 * (onset + latency - first_change()) / rates[k];
            assert_close(ms, p.lookahead_ms, 0.35, "look-ahead");
        }
}

static void test_latency(void **state) {
    (void)state;
    sig_silence(signal, FRAMES);
    sig_silence(key, FRAMES);
    for (int k = 0; k < 3; k++) {
        st_ducker_params p = band(3.0);
        duck(&p, rates[k], NULL);
        assert_close(1000.0 * latency / rates[k], 9.7, 0.2, "band");
        p.lookahead_ms = 10.0;
        duck(&p, rates[k], NULL);
        assert_close(1000.0 * latency / rates[k], 10.2, 0.2, "look-ahead");
        p.low_hz = p.high_hz = 0.0;
        duck(&p, rates[k], NULL);
        assert_int_equal(latency, (int)rint(0.01 * rates[k]));
    }
}

static void test_not_ducked_is_the_input(void **state) {
    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        st_ducker_params p = band(3.0);
        if (wide)
            p.low_hz = p.high_hz = 0.0;
        p.curve.release_ms = 50.0;
        sig_music(signal, change, FRAMES, 48000.0, 3);
        sig_sine(key, FRAMES, 48000.0, 60.0, -6.0, 0.0);
        for (int i = 0; i < FRAMES; i++)
            key[i] *= i < 20000 || i > 30000 ? 0.0f : 1.0f;
        duck(&p, 48000.0, NULL);
        assert_memory_equal(out + latency, signal,
                            (size_t)(20000 - 480) * sizeof *out);
        assert_true(meter_peak_db(change + 25000, 5000) > -40.0);
        /* 3 dB take some 20 time constants to go down to nothing */
        int late = 90000;
        assert_memory_equal(out + late, signal + late - latency,
                            (size_t)(FRAMES - late) * sizeof *out);
    }
}

static void test_whole_signal(void **state) {
    (void)state;
    st_ducker_params p = band(6.0);
    p.low_hz = p.high_hz = 0.0;
    p.curve.detect = ST_DETECT_RMS;
    sig_sine(key, FRAMES, 48000.0, 997.0, -6.0, 0.0);
    for (double hz = 50.0; hz < 20000.0; hz *= 3.1) {
        sig_sine(signal, FRAMES, 48000.0, hz, -6.0, 0.0);
        duck(&p, 48000.0, NULL);
        assert_close(level(out, 48000.0, hz), -12.0, 0.02, "whole");
    }
}

/* -30 dBFS of key, 10 dB over 2:1, is 5 dB; the meter says so. */
static void test_curve_and_meter(void **state) {
    (void)state;
    st_ducker_params p = band(100.0);
    p.curve.threshold_db = -40.0;
    p.curve.ratio = 2.0;
    p.curve.knee_db = 0.0;
    st_reduction r;
    sig_sine(signal, FRAMES, 48000.0, 80.0, -6.0, 0.0);
    sig_sine(key, FRAMES, 48000.0, 500.0, -30.0, 0.0);
    duck(&p, 48000.0, &r);
    assert_close(level(out, 48000.0, 80.0), -11.0, 0.1, "curve");
    assert_close(r.mean_db, 5.0, 0.1, "mean");
    assert_close(r.now_db, 5.0, 0.05, "now");
    sig_silence(key, FRAMES);
    duck(&p, 48000.0, &r);
    assert_int_equal(r.blocks, 0);
}

static void test_key_lowpass(void **state) {
    (void)state;
    st_ducker_params p = band(3.0);
    p.curve.threshold_db = -20.0;
    p.key_high_hz = 200.0;
    sig_sine(signal, FRAMES, 48000.0, 80.0, -6.0, 0.0);
    sig_sine(key, FRAMES, 48000.0, 8000.0, -6.0, 0.0);
    duck(&p, 48000.0, NULL);
    assert_close(level(out, 48000.0, 80.0), -6.0, 0.001, "8 kHz");
    sig_sine(key, FRAMES, 48000.0, 100.0, -6.0, 0.0);
    duck(&p, 48000.0, NULL);
    assert_close(level(out, 48000.0, 80.0), -9.0, 0.1, "100 Hz");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_band_falls_by_the_depth),
        cmocka_unit_test(test_above_the_band_nothing_changes),
        cmocka_unit_test(test_nothing_folds),
        cmocka_unit_test(test_tones_do_not_modulate_each_other),
        cmocka_unit_test(test_shape_of_any_band),
        cmocka_unit_test(test_lower_side),
        cmocka_unit_test(test_band_is_linear_phase),
        cmocka_unit_test(test_gain_falls_before_the_sound),
        cmocka_unit_test(test_latency),
        cmocka_unit_test(test_not_ducked_is_the_input),
        cmocka_unit_test(test_whole_signal),
        cmocka_unit_test(test_curve_and_meter),
        cmocka_unit_test(test_key_lowpass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
