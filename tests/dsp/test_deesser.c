/* deesser: bursts of S between vowels; what is taken, and what is left. */
#include "support/cases.h"

#include "dsp/deesser.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { FRAMES = 96000, PERIOD = 24000, MS = 48 };
/* In each period of half a second, ms: a vowel, then an S. */
enum { VOWEL_TO = 300, S_FROM = 300, S_TO = 430 };

static const double rate_hz = 48000.0;
static float voice[FRAMES], sharp[FRAMES];
static float left[FRAMES], right[FRAMES], out_left[FRAMES], out_right[FRAMES];

/* Harmonics of 140 Hz that fall by 9 dB an octave, with three formants. */
static void vowel(float *out) {
    static const double formants[] = {600.0, 1200.0, 2600.0};
    sig_silence(out, FRAMES);
    for (int k = 1; k * 140.0 < 5000.0; k++) {
        double db = -18.0 - 9.0 * log2((double)k);
        for (int f = 0; f < 3; f++) {
            double away = (k * 140.0 - formants[f]) / 150.0;
            db += 12.0 / (1.0 + away * away);
        }
        sig_add_sine(out, FRAMES, rate_hz, k * 140.0, db, 0.3 * k * k);
    }
}

/* Noise of 6 to 9 kHz: 120 tones of -42 dB, -24 dBFS RMS. */
static void sibilant(float *out) {
    sig_silence(out, FRAMES);
    for (int k = 0; k < 120; k++)
        sig_add_sine(out, FRAMES, rate_hz, 6000.0 + 25.1 * k, -42.0,
                     6.28 * sig_uniform(9, (uint64_t)k));
}

/* 0..1, `fade_ms` wide at both ends. */
static double gate(double ms, double from, double to, double fade_ms) {
    double w = fmin((ms - from) / fade_ms, (to - ms) / fade_ms);
    return w < 0.0 ? 0.0 : w > 1.0 ? 1.0 : w;
}

static void make_voice(void) {
    vowel(voice);
    sibilant(sharp);
    for (int i = 0; i < FRAMES; i++) {
        double ms = (double)(i % PERIOD) / MS;
        voice[i] *= (float)gate(ms, 0.0, VOWEL_TO, 8.0);
        voice[i] += sharp[i] * (float)gate(ms, S_FROM, S_TO, 0.2);
    }
}

static st_deesser_params with_range(double range_db) {
    st_deesser_params p = st_deesser_defaults();
    p.range_db = range_db;
    return p;
}

static int latency;

static void deess(const st_deesser_params *p, int channels, st_reduction *r) {
    st_spec spec = {rate_hz, channels, FRAMES};
    st_deesser *u = NULL;
    assert_int_equal(st_deesser_new(&u, &spec, p), ST_OK);
    latency = st_deesser_latency_frames(u);
    const float *in[] = {left, right};
    float *out[] = {out_left, out_right};
    st_deesser_process(u, in, out, FRAMES);
    if (r != NULL)
        *r = st_deesser_reduction(u);
    st_deesser_free(u);
}

/* Level out over level in between two times of period `k`, dB. */
static double moved_db(int k, double from_ms, double to_ms) {
    int from = k * PERIOD + (int)(from_ms * MS);
    size_t n = (size_t)((to_ms - from_ms) * MS);
    return meter_rms_db(out_left + from + latency, n) -
           meter_rms_db(left + from, n);
}

static void test_bursts_fall_by_the_range(void **state) {
    (void)state;
    memcpy(left, voice, sizeof left);
    for (double range = 3.0; range < 10.0; range += 3.0) {
        st_deesser_params p = with_range(range);
        p.ratio = 4.0;
        deess(&p, 1, NULL);
        for (int k = 0; k < 4; k++)
            assert_close(moved_db(k, S_FROM, S_TO), -range, 1.0, "burst");
    }
}

static void test_vowels_stay(void **state) {
    (void)state;
    memcpy(left, voice, sizeof left);
    st_deesser_params p = with_range(9.0);
    deess(&p, 1, NULL);
    for (int k = 0; k < 4; k++) {
        double to = k < 3 ? VOWEL_TO : VOWEL_TO - 20;
        assert_close(moved_db(k, 0.0, to), 0.0, 0.1, "vowel");
    }
    /* And one that never stops is not touched at all. */
    vowel(left);
    deess(&p, 1, NULL);
    int after = 4800; /* its onset is a click */
    assert_memory_equal(out_left + after + latency, left + after,
                        (size_t)(FRAMES - after - latency) * sizeof *left);
}

static void test_first_millisecond(void **state) {
    (void)state;
    memcpy(left, voice, sizeof left);
    st_deesser_params p = with_range(6.0);
    deess(&p, 1, NULL);
    assert_int_equal(latency, 2 * MS);
    for (int k = 0; k < 3; k++)
        assert_true(moved_db(k, S_FROM, S_FROM + 1) < -4.5);
    p.lookahead_ms = 0.0;
    deess(&p, 1, NULL);
    for (int k = 0; k < 3; k++)
        assert_true(moved_db(k, S_FROM, S_FROM + 1) > -4.0);
}

static void test_loudness_does_not_matter(void **state) {
    (void)state;
    static float loud[FRAMES];
    st_deesser_params p = with_range(6.0);
    p.floor_dbfs = -100.0;
    /* Something is always there, as in any room: else the floor says when an S
     * is over. */
    vowel(sharp);
    for (int i = 0; i < FRAMES; i++)
        sharp[i] = voice[i] + 0.003f * sharp[i];
    memcpy(left, sharp, sizeof left);
    deess(&p, 1, NULL);
    memcpy(loud, out_left, sizeof loud);
    for (int i = 0; i < FRAMES; i++)
        left[i] = sharp[i] * 0.1f;
    deess(&p, 1, NULL);
    for (int i = 0; i < FRAMES; i++)
        out_left[i] *= 10.0f;
    assert_true(meter_null_peak_db(loud, out_left, FRAMES, 0) < -100.0);
    assert_true(meter_null_peak_db(loud, sharp, FRAMES, 0) > -30.0);
}

static void test_under_the_floor_nothing(void **state) {
    (void)state;
    for (int i = 0; i < FRAMES; i++)
        left[i] = voice[i] * 0.01f;
    st_deesser_params p = with_range(6.0);
    deess(&p, 1, NULL);
    assert_memory_equal(out_left + latency, left,
                        (size_t)(FRAMES - latency) * sizeof *left);
}

/* 8 kHz stands 12 dB over 300 Hz: 2:1 over 0 dB takes half of that. */
static void test_ratio(void **state) {
    (void)state;
    st_deesser_params p = with_range(24.0);
    p.threshold_db = 0.0;
    p.ratio = 2.0;
    p.hz = 3000.0;
    sig_sine(left, FRAMES, rate_hz, 8000.0, -12.0, 0.0);
    sig_add_sine(left, FRAMES, rate_hz, 300.0, -24.0, 0.0);
    st_reduction r;
    deess(&p, 1, &r);
    double got =
        meter_tone_db(out_left + FRAMES / 2, FRAMES / 2, rate_hz, 8000.0) +
        12.0;
    assert_close(got, -6.0, 0.3, "half of it");
    assert_close(r.now_db, 6.0, 0.3, "meter");
    assert_close(r.mean_db, 6.0, 0.3, "meter, mean");
    double low =
        meter_tone_db(out_left + FRAMES / 2, FRAMES / 2, rate_hz, 300.0);
    assert_close(low, -24.0, 0.02, "300 Hz");
}

static void test_channels_share_one_gain(void **state) {
    (void)state;
    memcpy(left, voice, sizeof left);
    sig_sine(right, FRAMES, rate_hz, 12000.0, -60.0, 0.0);
    st_deesser_params p = with_range(6.0);
    deess(&p, 2, NULL);
    const float *s = out_right + 2 * PERIOD + latency;
    assert_close(meter_rms_db(s + (S_FROM + 5) * MS, 100 * MS), -69.0, 0.2,
                 "right in an S");
    assert_close(meter_rms_db(s + 190 * MS, 100 * MS), -63.0, 0.1,
                 "right in a vowel");
}

static void test_neutral_is_the_input(void **state) {
    (void)state;
    sig_music(left, right, FRAMES, rate_hz, 6);
    for (int i = 0; i < 2; i++) {
        st_deesser_params p = with_range(i == 0 ? 0.0 : 12.0);
        p.ratio = i == 0 ? 3.0 : 1.0;
        p.threshold_db = -30.0;
        p.lookahead_ms = 3.0;
        deess(&p, 2, NULL);
        assert_int_equal(latency, 3 * MS);
        assert_memory_equal(out_left + latency, left,
                            (size_t)(FRAMES - latency) * sizeof *left);
        assert_memory_equal(out_right + latency, right,
                            (size_t)(FRAMES - latency) * sizeof *left);
    }
}

int main(void) {
    make_voice();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bursts_fall_by_the_range),
        cmocka_unit_test(test_vowels_stay),
        cmocka_unit_test(test_first_millisecond),
        cmocka_unit_test(test_loudness_does_not_matter),
        cmocka_unit_test(test_under_the_floor_nothing),
        cmocka_unit_test(test_ratio),
        cmocka_unit_test(test_channels_share_one_gain),
        cmocka_unit_test(test_neutral_is_the_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
