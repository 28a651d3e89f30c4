/* compressor and multiband: static curve, times, alignment, meter, nulls. */
#include "support/cases.h"

#include "dsp/compressor.h"
#include "dsp/multiband.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { FRAMES = 96000 };

static const double rate_hz = 48000.0;
static float left[FRAMES], right[FRAMES], out_left[FRAMES], out_right[FRAMES];

static void compress(const st_compressor_params *p, int channels,
                     st_reduction *r) {
    st_spec spec = {rate_hz, channels, FRAMES};
    st_compressor *u = NULL;
    assert_int_equal(st_compressor_new(&u, &spec, p), ST_OK);
    const float *in[] = {left, right};
    float *out[] = {out_left, out_right};
    st_compressor_process(u, in, out, FRAMES);
    if (r != NULL)
        *r = st_compressor_reduction(u);
    st_compressor_free(u);
}

static st_compressor_params curve(double threshold_db, double ratio) {
    st_compressor_params p = st_compressor_defaults();
    p.curve.threshold_db = threshold_db;
    p.curve.ratio = ratio;
    p.curve.attack_ms = 5.0;
    return p;
}

/* The curve as a user would draw it, apart from the implementation. */
static double drawn_db(const st_dynamics_params *p, double level_db) {
    double over = level_db - p->threshold_db, half = 0.5 * p->knee_db;
    double slope = 1.0 - 1.0 / p->ratio;
    if (p->upward)
        over = -over;
    double cut = 0.0;
    if (over > half)
        cut = slope * over;
    else if (over > -half)
        cut = slope * (over + half) * (over + half) / (4.0 * half);
    cut = fmin(cut, p->range_db);
    if (!p->upward)
        return -cut;
    return fmin(cut, fmax(level_db - p->floor_db, 0.0));
}

static void test_static_curve(void **state) {
    (void)state;
    static const st_dynamics_params cases[] = {
        {ST_DETECT_PEAK, 10, -30, 4, 0, 100, 5, 100, 5, 0, 1, false, -70},
        {ST_DETECT_PEAK, 10, -30, 2, 12, 100, 5, 100, 5, 0, 1, false, -70},
        {ST_DETECT_RMS, 40, -30, 4, 6, 100, 5, 100, 5, 0, 1, false, -70},
        {ST_DETECT_RMS, 40, -40, 1000, 6, 9, 5, 100, 5, 0, 1, false, -70},
        {ST_DETECT_PEAK, 10, -20, 2, 6, 12, 5, 100, 5, 0, 1, true, -50},
    };
    static const double tones[] = {100.0, 997.0, 6000.0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int k = 0; k < 3; k++)
            for (double level = -55.0; level <= 0.0; level += 5.0) {
                st_compressor_params p = st_compressor_defaults();
                p.curve = cases[i];
                sig_sine(left, FRAMES, rate_hz, tones[k], level, 0.1);
                compress(&p, 1, NULL);
                double got = meter_tone_db(out_left + FRAMES / 2, FRAMES / 2,
                                           rate_hz, tones[k]) -
                             level;
                assert_close(got, drawn_db(&p.curve, level), 0.1, "curve");
                assert_close(st_dynamics_curve_db(&p.curve, level),
                             drawn_db(&p.curve, level), 1e-9, "curve_db");
            }
}

/* Gain in dB at frame i of a tone whose level is known: a DC input makes the
 * gain itself visible. */
static double gain_db(int i, double level) {
    return meter_db(fabs((double)out_left[i]) / level);
}

static void test_attack_and_release_times(void **state) {
    (void)state;
    static const double attack[] = {1.0, 10.0, 50.0};
    static const double release[] = {60.0, 200.0, 400.0};
    for (int k = 0; k < 3; k++) {
        st_compressor_params p = curve(-40.0, 4.0);
        p.curve.knee_db = 0.0;
        p.curve.attack_ms = attack[k];
        p.curve.release_ms = release[k];
        p.curve.hold_ms = 20.0;
        int up = 4800, down = 48000;
        for (int i = 0; i < FRAMES; i++)
            left[i] = i >= up && i < down ? 0.1f : 1e-4f;
        compress(&p, 1, NULL);
        /* 20 dB over 4:1 is 15 dB; 63 % is 9.48 dB. */
        double share = 1.0 - exp(-1.0);
        int i = up;
        while (gain_db(i, 0.1) > -15.0 * share)
            i++;
        /* one control step of delay, half a step of the line */
        double lag_ms = 1000.0 * 12.0 / rate_hz;
        assert_close((i - up) * 1000.0 / rate_hz, attack[k] + lag_ms,
                     0.02 * attack[k] + 0.1, "attack");
        /* Down: hold, then release with the attack in series. */
        i = down;
        while (gain_db(i, 1e-4) < -15.0 * (1.0 - share))
            i++;
        double got = (i - down) * 1000.0 / rate_hz - 20.0 - lag_ms;
        double a = attack[k], r = release[k], t = r;
        for (int n = 0; n < 100; n++) /* (r e^-t/r - a e^-t/a)/(r-a) = 1/e */
            t = -r * log((exp(-1.0) * (r - a) + a * exp(-t / a)) / r);
        assert_close(got, t, 0.02 * r + 0.3, "release");
    }
}

static void test_lookahead_aligns(void **state) {
    (void)state;
    st_compressor_params p = curve(-40.0, 20.0);
    p.lookahead_ms = 5.0;
    p.curve.attack_ms = 0.5;
    st_spec spec = {rate_hz, 2, FRAMES};
    st_compressor *u = NULL;
    assert_int_equal(st_compressor_new(&u, &spec, &p), ST_OK);
    assert_int_equal(st_compressor_latency_frames(u), 240);
    st_compressor_free(u);
    /* The step leaves 240 frames late, the gain is down before it. */
    for (int i = 0; i < FRAMES; i++)
        left[i] = right[i] = i >= 5000 ? 0.5f : 1e-5f;
    compress(&p, 2, NULL);
    assert_true(fabsf(out_left[5239]) < 1e-4f);
    double settled = gain_db(FRAMES - 1, 0.5);
    assert_close(gain_db(5240, 0.5), settled, 0.05, "already down");
    p.lookahead_ms = 0.0;
    compress(&p, 2, NULL);
    assert_close(gain_db(5000, 0.5), 0.0, 0.1, "not yet without look-ahead");
}

static void test_linking_and_key(void **state) {
    (void)state;
    sig_sine(left, FRAMES, rate_hz, 997.0, -6.0, 0.0);
    sig_sine(right, FRAMES, rate_hz, 997.0, -46.0, 0.0);
    st_compressor_params p = curve(-26.0, 2.0);
    compress(&p, 2, NULL);
    int h = FRAMES / 2;
    assert_close(meter_tone_db(out_right + h, (size_t)h, rate_hz, 997.0), -56.0,
                 0.1, "linked right");
    p.linked = false;
    compress(&p, 2, NULL);
    assert_close(meter_tone_db(out_right + h, (size_t)h, rate_hz, 997.0), -46.0,
                 0.01, "free right");
    assert_close(meter_tone_db(out_left + h, (size_t)h, rate_hz, 997.0), -16.0,
                 0.1, "free left");
    st_spec spec = {rate_hz, 1, FRAMES};
    st_compressor *u = NULL;
    assert_int_equal(st_compressor_new(&u, &spec, &p), ST_OK);
    const float *in[] = {right}, *key[] = {left};
    float *out[] = {out_right};
    st_compressor_process_keyed(u, in, key, 1, out, FRAMES);
    assert_close(meter_tone_db(out_right + h, (size_t)h, rate_hz, 997.0), -56.0,
                 0.1, "keyed");
    st_compressor_free(u);
}

static void test_detector_highpass(void **state) {
    (void)state;
    sig_sine(left, FRAMES, rate_hz, 50.0, -6.0, 0.0);
    st_compressor_params p = curve(-26.0, 4.0);
    p.detector_hp_hz = 500.0; /* 50 Hz falls by 40 dB */
    compress(&p, 1, NULL);
    int h = FRAMES / 2;
    assert_close(meter_tone_db(out_left + h, (size_t)h, rate_hz, 50.0), -6.0,
                 0.05, "bass passes");
}

static void test_reduction_meter(void **state) {
    (void)state;
    /* One second at -10 dBFS, 15 dB over 4:1 = 11.25 dB; then 1 s at -70,
     * which does not count. */
    sig_sine(left, FRAMES, rate_hz, 997.0, -10.0, 0.0);
    for (int i = FRAMES / 2; i < FRAMES; i++)
        left[i] *= 1e-3f;
    st_compressor_params p = curve(-25.0, 4.0);
    p.curve.knee_db = 0.0;
    p.curve.attack_ms = 0.1;
    st_reduction r;
    compress(&p, 1, &r);
    assert_close(r.mean_db, 11.25, 0.1, "mean");
    assert_close(r.max_db, 11.25, 0.05, "max");
    assert_close(r.now_db, 0.0, 0.01, "now");
    assert_in_range(r.blocks, 99, 102);
    p.curve.mix = 0.5;
    compress(&p, 1, &r);
    assert_close(r.mean_db, -meter_db(0.5 + 0.5 * pow(10.0, -11.25 / 20.0)),
                 0.1, "mean of the real gain");
    sig_silence(left, FRAMES);
    compress(&p, 1, &r);
    assert_close(r.mean_db, 0.0, 0.0, "silence");
    assert_int_equal(r.blocks, 0);
}

static void test_neutral_is_the_input(void **state) {
    (void)state;
    sig_music(left, right, FRAMES, rate_hz, 5);
    st_compressor_params p = st_compressor_defaults();
    p.lookahead_ms = 3.0;
    compress(&p, 2, NULL);
    assert_memory_equal(out_left + 144, left, (FRAMES - 144) * sizeof(float));
    assert_memory_equal(out_right + 144, right, (FRAMES - 144) * sizeof(float));
}

/* No gain line may add tones of its own: a 997 Hz tone under heavy, fast
 * compression keeps its inharmonic products down. */
static void test_steady_tone_stays_clean(void **state) {
    (void)state;
    st_compressor_params p = curve(-30.0, 4.0);
    p.curve.attack_ms = 10.0;
    sig_sine(left, FRAMES, rate_hz, 997.0, -6.0, 0.0);
    compress(&p, 1, NULL);
    assert_true(meter_thd_n_db(out_left + FRAMES / 2, FRAMES / 2, rate_hz,
                               997.0) < -90.0);
}

static void squeeze(const st_multiband_params *p, st_reduction *r) {
    st_spec spec = {rate_hz, 2, FRAMES};
    st_multiband *u = NULL;
    assert_int_equal(st_multiband_new(&u, &spec, p), ST_OK);
    const float *in[] = {left, right};
    float *out[] = {out_left, out_right};
    st_multiband_process(u, in, out, FRAMES);
    for (int band = 0; r != NULL && band < 5; band++)
        r[band] = st_multiband_reduction(u, band - 1);
    st_multiband_free(u);
}

static void test_multiband_neutral_is_the_input(void **state) {
    (void)state;
    sig_music(left, right, FRAMES, rate_hz, 5);
    st_multiband_params p = st_multiband_defaults();
    p.lookahead_ms = 2.0;
    squeeze(&p, NULL);
    assert_memory_equal(out_left + 96, left, (FRAMES - 96) * sizeof(float));
}

static void test_multiband_idle_is_flat(void **state) {
    (void)state;
    for (int bands = 2; bands <= 4; bands++) {
        st_multiband_params p = st_multiband_defaults();
        p.crossover.bands = bands;
        for (int b = 0; b < bands; b++) {
            p.band[b].ratio = 4.0; /* engaged, yet never reached */
            p.band[b].threshold_db = 20.0;
        }
        for (double hz = 40.0; hz < 20000.0; hz *= 2.1) {
            sig_sine(left, FRAMES, rate_hz, hz, -6.0, 0.0);
            sig_sine(right, FRAMES, rate_hz, hz, -6.0, 0.0);
            squeeze(&p, NULL);
            assert_close(
                meter_tone_db(out_right + FRAMES / 2, FRAMES / 2, rate_hz, hz),
                -6.0, 0.002, "idle");
        }
    }
}

/* Each band moves alone, and its meter says so. */
static void test_multiband_bands_are_apart(void **state) {
    (void)state;
    static const double tones[] = {40.0, 320.0, 2000.0, 12000.0};
    for (int band = 0; band < 4; band++) {
        st_multiband_params p = st_multiband_defaults();
        p.band[band].ratio = 2.0;
        p.band[band].threshold_db = -26.0;
        double levels[] = {-12.0, -12.0, -12.0, -12.0};
        sig_tones(left, FRAMES, rate_hz, tones, levels, 4);
        memcpy(right, left, sizeof right);
        st_reduction r[5];
        squeeze(&p, r);
        for (int t = 0; t < 4; t++) {
            double got = meter_tone_db(out_left + FRAMES / 2, FRAMES / 2,
                                       rate_hz, tones[t]);
            assert_close(got, t == band ? -19.0 : -12.0, 0.6, "tone");
            assert_close(r[t + 1].mean_db, t == band ? 7.0 : 0.0, 0.5, "meter");
        }
    }
}

/* Where every band lifts, the reading of all says so. */
static void test_multiband_meter_of_all_lifts(void **state) {
    (void)state;
    static const double tones[] = {40.0, 320.0, 2000.0, 12000.0};
    static const double levels[] = {-40.0, -40.0, -40.0, -40.0};
    st_multiband_params p = st_multiband_defaults();
    for (int band = 0; band < 4; band++) {
        p.band[band].upward = true;
        p.band[band].ratio = 2.0;
        p.band[band].threshold_db = -20.0;
    }
    sig_tones(left, FRAMES, rate_hz, tones, levels, 4);
    memcpy(right, left, sizeof right);
    st_reduction r[5];
    squeeze(&p, r);
    double least_lift = -INFINITY;
    for (int band = 1; band < 5; band++)
        least_lift = fmax(least_lift, r[band].now_db);
    assert_true(least_lift < -3.0);
    assert_true(r[0].now_db == least_lift);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_static_curve),
        cmocka_unit_test(test_attack_and_release_times),
        cmocka_unit_test(test_lookahead_aligns),
        cmocka_unit_test(test_linking_and_key),
        cmocka_unit_test(test_detector_highpass),
        cmocka_unit_test(test_reduction_meter),
        cmocka_unit_test(test_neutral_is_the_input),
        cmocka_unit_test(test_steady_tone_stays_clean),
        cmocka_unit_test(test_multiband_neutral_is_the_input),
        cmocka_unit_test(test_multiband_idle_is_flat),
        cmocka_unit_test(test_multiband_bands_are_apart),
        cmocka_unit_test(test_multiband_meter_of_all_lifts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
