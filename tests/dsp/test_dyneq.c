/* dyneq: depth against the curve, shape against static filters, nulls. */
#include "support/cases.h"

#include "dsp/dyneq.h"
#include "dsp/svf.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { FRAMES = 65536, HALF = FRAMES / 2 };

static const double rate_hz = 48000.0;
static float left[FRAMES], right[FRAMES], key[FRAMES];
static float out_left[FRAMES], out_right[FRAMES];

static st_dyneq_params one(st_dyneq_type type, double hz, double q) {
    st_dyneq_params p = st_dyneq_defaults();
    p.bands = 1;
    p.band[0].type = type;
    p.band[0].hz = hz;
    p.band[0].q = q;
    p.band[0].curve.threshold_db = -40.0;
    p.band[0].curve.ratio = 2.0;
    p.band[0].curve.hold_ms = 10.0;
    return p;
}

/* Cuts by range_db whatever the key, as long as there is one. */
static st_dyneq_params deep(st_dyneq_type type, double hz, double q,
                            double range_db) {
    st_dyneq_params p = one(type, hz, q);
    p.band[0].curve.threshold_db = -90.0;
    p.band[0].curve.ratio = 1000.0;
    p.band[0].curve.range_db = range_db;
    return p;
}

static void equalise(const st_dyneq_params *p, int channels, const float *keyed,
                     st_reduction *r) {
    st_spec spec = {rate_hz, channels, FRAMES};
    st_dyneq *u = NULL;
    assert_int_equal(st_dyneq_new(&u, &spec, p), ST_OK);
    assert_int_equal(st_dyneq_latency_frames(u), 0);
    const float *in[] = {left, right};
    const float *keys[] = {keyed, keyed, keyed, keyed};
    float *out[] = {out_left, out_right};
    st_dyneq_process_keyed(u, in, keys, out, FRAMES);
    for (int b = 0; r != NULL && b < p->bands; b++)
        r[b] = st_dyneq_reduction(u, b);
    st_dyneq_free(u);
}

static double level(const float *x, double hz) {
    return meter_tone_db(x + HALF, FRAMES - HALF, rate_hz, hz);
}

static void test_cut_follows_the_curve(void **state) {
    (void)state;
    static const double places[][2] = {
        {80.0, 1.0}, {300.0, 4.0}, {1000.0, 0.5}, {3000.0, 1.4}, {9000.0, 2.0}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (int rms = 0; rms < 2; rms++)
            for (double db = -50.0; db <= 0.0; db += 10.0) {
                double hz = places[i][0];
                st_dyneq_params p = one(ST_DYNEQ_BELL, hz, places[i][1]);
                p.band[0].curve.detect = rms ? ST_DETECT_RMS : ST_DETECT_PEAK;
                p.band[0].curve.rms_ms = 50.0;
                p.band[0].curve.range_db = 15.0;
                sig_sine(key, FRAMES, rate_hz, hz, db, 0.0);
                sig_sine(left, FRAMES, rate_hz, hz, -20.0, 1.0);
                equalise(&p, 1, key, NULL);
                assert_close(level(out_left, hz) + 20.0,
                             st_dynamics_curve_db(&p.band[0].curve, db), 0.2,
                             "cut");
            }
}

static double static_db(st_svf_type type, double hz, double q, double gain_db,
                        double tone_hz) {
    st_spec spec = {rate_hz, 1, FRAMES};
    st_svf_params p = {type, hz, q, gain_db};
    st_svf *u = NULL;
    assert_int_equal(st_svf_new(&u, &spec, &p), ST_OK);
    const float *in[] = {left};
    float *out[] = {out_right};
    st_svf_process(u, in, out, FRAMES);
    st_svf_free(u);
    return level(out_right, tone_hz);
}

/* At its full cut a band is the static filter, and nowhere more. */
static void test_full_cut_is_the_static_filter(void **state) {
    (void)state;
    static const struct {
        st_dyneq_type type;
        st_svf_type same;
        double hz, q, range_db;
    } cases[] = {
        {ST_DYNEQ_BELL, ST_SVF_BELL, 1000.0, 4.0, 6.0},
        {ST_DYNEQ_BELL, ST_SVF_BELL, 250.0, 1.0, 12.0},
        {ST_DYNEQ_LOW_SHELF, ST_SVF_LOW_SHELF, 200.0, 0.70710678, 4.0},
        {ST_DYNEQ_HIGH_SHELF, ST_SVF_HIGH_SHELF, 4000.0, 0.70710678, 9.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double range = cases[i].range_db, hz = cases[i].hz, most = 0.0;
        st_dyneq_params p = deep(cases[i].type, hz, 3.0, range);
        p.band[0].q = cases[i].q;
        sig_sine(key, FRAMES, rate_hz, hz, -6.0, 0.0);
        for (int step = -20; step <= 20; step++) {
            double tone = hz * pow(1.25, step);
            if (tone < 40.0 || tone > 20000.0)
                continue;
            sig_sine(left, FRAMES, rate_hz, tone, -6.0, 0.0);
            equalise(&p, 1, key, NULL);
            double got = level(out_left, tone) + 6.0;
            double want =
                static_db(cases[i].same, hz, cases[i].q, -range, tone) + 6.0;
            assert_close(got, want, 0.05, "shape");
            assert_true(got > -range - 0.02 && got < 0.02);
            most = fmin(most, got);
        }
        assert_close(most, -range, 0.25, "somewhere all of it");
    }
}

static void test_an_octave_away_is_left(void **state) {
    (void)state;
    st_dyneq_params p = deep(ST_DYNEQ_BELL, 1000.0, 6.0, 6.0);
    sig_sine(key, FRAMES, rate_hz, 1000.0, -6.0, 0.0);
    for (int down = 0; down < 2; down++) {
        double tone = down ? 450.0 : 2200.0;
        sig_sine(left, FRAMES, rate_hz, tone, -6.0, 0.0);
        equalise(&p, 1, key, NULL);
        assert_close(level(out_left, tone), -6.0, 0.1, "octave");
    }
}

/* A band hears only what plays at its own frequency. */
static void test_ears(void **state) {
    (void)state;
    static const struct {
        st_dyneq_type type;
        double key_hz, want_db;
    } cases[] = {
        {ST_DYNEQ_BELL, 1000.0, -10.0},    {ST_DYNEQ_BELL, 30.0, 0.0},
        {ST_DYNEQ_BELL, 19000.0, 0.0},     {ST_DYNEQ_LOW_SHELF, 100.0, -10.0},
        {ST_DYNEQ_LOW_SHELF, 9000.0, 0.0}, {ST_DYNEQ_HIGH_SHELF, 9000.0, -10.0},
        {ST_DYNEQ_HIGH_SHELF, 100.0, 0.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        st_dyneq_params p = one(cases[i].type, 1000.0, 2.0);
        p.band[0].curve.threshold_db = -30.0;
        p.band[0].curve.knee_db = 0.0;
        sig_sine(key, FRAMES, rate_hz, cases[i].key_hz, -10.0, 0.0);
        double tone = cases[i].type == ST_DYNEQ_BELL        ? 1000.0
                      : cases[i].type == ST_DYNEQ_LOW_SHELF ? 50.0
                                                            : 15000.0;
        sig_sine(left, FRAMES, rate_hz, tone, -6.0, 0.0);
        equalise(&p, 1, key, NULL);
        assert_close(level(out_left, tone) + 6.0, cases[i].want_db, 0.2, "ear");
    }
}

static void test_own_level_and_linking(void **state) {
    (void)state;
    st_dyneq_params p = one(ST_DYNEQ_BELL, 5000.0, 2.0);
    p.band[0].curve.knee_db = 0.0;
    sig_sine(left, FRAMES, rate_hz, 100.0, -10.0, 0.0);
    sig_add_sine(left, FRAMES, rate_hz, 5000.0, -45.0, 0.0);
    sig_sine(right, FRAMES, rate_hz, 5000.0, -20.0, 0.0);
    equalise(&p, 2, NULL, NULL);
    assert_close(level(out_right, 5000.0), -30.0, 0.1, "right");
    assert_close(level(out_left, 5000.0), -55.0, 0.1, "linked left");
    assert_close(level(out_left, 100.0), -10.0, 0.02, "bass");
    sig_silence(right, FRAMES);
    equalise(&p, 2, NULL, NULL);
    assert_close(level(out_left, 5000.0), -45.0, 0.02, "under it");
}

/* Every band hears the input, not what the one before leaves of it. */
static void test_bands_in_a_row(void **state) {
    (void)state;
    st_dyneq_params p = one(ST_DYNEQ_BELL, 1000.0, 2.0);
    p.bands = 3;
    p.band[1] = p.band[0];
    p.band[2] = p.band[0];
    p.band[0].curve.knee_db = p.band[1].curve.knee_db = 0.0;
    p.band[2].curve.ratio = 1.0;
    sig_sine(left, FRAMES, rate_hz, 1000.0, -20.0, 0.0);
    st_reduction r[3];
    equalise(&p, 1, NULL, r);
    assert_close(level(out_left, 1000.0), -40.0, 0.1, "two bands");
    assert_close(r[0].mean_db, 10.0, 0.2, "first");
    assert_close(r[1].now_db, 10.0, 0.05, "second");
    assert_close(r[2].max_db, 0.0, 0.0, "third");
}

static void test_neutral_is_the_input(void **state) {
    (void)state;
    sig_music(left, right, FRAMES, rate_hz, 4);
    sig_sine(key, FRAMES, rate_hz, 1000.0, -6.0, 0.0);
    for (int i = 0; i < 3; i++) {
        st_dyneq_params p = deep(ST_DYNEQ_HIGH_SHELF, 1000.0, 1.0, 6.0);
        p.bands = i == 0 ? 0 : 1;
        if (i == 1)
            p.band[0].curve.ratio = 1.0;
        else
            p.band[0].curve.range_db = 0.0;
        equalise(&p, 2, key, NULL);
        assert_memory_equal(out_left, left, sizeof left);
        assert_memory_equal(out_right, right, sizeof right);
    }
}

static void test_silent_key_is_the_input(void **state) {
    (void)state;
    for (int type = 0; type < ST_DYNEQ_TYPE_COUNT; type++) {
        st_dyneq_params p = deep((st_dyneq_type)type, 300.0, 1.0, 6.0);
        p.band[0].curve.release_ms = 20.0;
        sig_music(left, right, FRAMES, rate_hz, 4);
        sig_sine(key, FRAMES, rate_hz, 300.0, -6.0, 0.0);
        for (int i = 0; i < FRAMES; i++)
            key[i] = i < 10000 || i >= 20000 ? 0.0f : key[i];
        equalise(&p, 2, key, NULL);
        assert_memory_equal(out_left, left, 10000 * sizeof *left);
        assert_true(meter_null_db(left + 15000, out_left + 15000, 5000, 0) >
                    -50.0);
        int late = 50000; /* 22 time constants of 6 dB, and the ear's ringing */
        assert_memory_equal(out_left + late, left + late,
                            (size_t)(FRAMES - late) * sizeof *left);
        assert_memory_equal(out_right + late, right + late,
                            (size_t)(FRAMES - late) * sizeof *left);
    }
}

/* The gain of a low tone moves without clicks: what a fast key leaves in the
 * treble of it lies far down. */
static void test_moves_without_clicks(void **state) {
    (void)state;
    st_dyneq_params p = deep(ST_DYNEQ_BELL, 100.0, 1.0, 12.0);
    p.band[0].curve.attack_ms = 5.0;
    p.band[0].curve.release_ms = 20.0;
    sig_sine(left, FRAMES, rate_hz, 100.0, -6.0, 0.0);
    sig_bursts(key, FRAMES, rate_hz, 100.0, 0.1, 0.2, -6.0);
    equalise(&p, 1, key, NULL);
    for (double hz = 4000.0; hz < 20000.0; hz += 1000.0)
        assert_true(level(out_left, hz) < -100.0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_follows_the_curve),
        cmocka_unit_test(test_full_cut_is_the_static_filter),
        cmocka_unit_test(test_an_octave_away_is_left),
        cmocka_unit_test(test_ears),
        cmocka_unit_test(test_own_level_and_linking),
        cmocka_unit_test(test_bands_in_a_row),
        cmocka_unit_test(test_neutral_is_the_input),
        cmocka_unit_test(test_silent_key_is_the_input),
        cmocka_unit_test(test_moves_without_clicks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
