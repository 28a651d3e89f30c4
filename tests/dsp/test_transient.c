/* transient: what it does to attacks and tails, and to what has neither. */
#include "support/cases.h"

#include "dsp/transient.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { FRAMES = 96000, HIT = 24000, HITS = FRAMES / HIT, MS = 48 };

static const double rate_hz = 48000.0;
static float left[FRAMES], right[FRAMES], out_left[FRAMES], out_right[FRAMES];

/* A drum every half second, from `lead_ms` on: a tone or noise that dies away
 * by 8.7 dB in each decay_ms. */
typedef struct {
    double hz, decay_ms; /* 0 Hz: noise */
} drum;

static const drum drums[] = {
    {60.0, 100.0}, {180.0, 60.0}, {400.0, 40.0}, {0.0, 50.0}, {0.0, 100.0}};
enum { DRUMS = sizeof drums / sizeof *drums, LEAD = 10 * MS };

static void play(const drum *d, float *out) {
    if (d->hz > 0.0)
        sig_sine(out, FRAMES, rate_hz, d->hz, -3.0, 1.0);
    else
        sig_white(out, FRAMES, 3, -14.0);
    for (int i = 0; i < FRAMES; i++) {
        double ms = (double)(i % HIT - LEAD) / MS;
        out[i] *= ms < 0.0 ? 0.0f : (float)exp(-ms / d->decay_ms);
    }
}

static st_transient_params with(double attack_db, double sustain_db) {
    st_transient_params p = st_transient_defaults();
    p.attack_db = attack_db;
    p.sustain_db = sustain_db;
    p.floor_dbfs = -80.0;
    return p;
}

static int latency;

static st_transient_meter shape(const st_transient_params *p, int channels) {
    st_spec spec = {rate_hz, channels, FRAMES};
    st_transient *u = NULL;
    assert_int_equal(st_transient_new(&u, &spec, p), ST_OK);
    latency = st_transient_latency_frames(u);
    const float *in[] = {left, right};
    float *out[] = {out_left, out_right};
    st_transient_process(u, in, out, FRAMES);
    st_transient_meter m = st_transient_read(u);
    st_transient_free(u);
    return m;
}

/* Level out over level in between two times after a hit, dB. */
static double moved_db(int hit, double from_ms, double to_ms) {
    int from = hit * HIT + LEAD + (int)(from_ms * MS);
    size_t n = (size_t)((to_ms - from_ms) * MS);
    return meter_rms_db(out_left + from + latency, n) -
           meter_rms_db(left + from, n);
}

static void test_attacks_rise_and_tails_stay(void **state) {
    (void)state;
    for (int d = 0; d < DRUMS; d++)
        for (double db = -6.0; db <= 6.0; db += 12.0) {
            play(&drums[d], left);
            st_transient_params p = with(db, 0.0);
            shape(&p, 1);
            for (int hit = 0; hit < HITS; hit++) {
                assert_close(fabs(moved_db(hit, 0.0, 10.0)), 5.0, 1.0,
                             "first 10 ms");
                assert_true(moved_db(hit, 0.0, 10.0) * db > 0.0);
                assert_close(moved_db(hit, 50.0, 300.0), 0.0, 0.5, "tail");
            }
        }
}

static void test_tails_are_shortened(void **state) {
    (void)state;
    for (int d = 0; d < DRUMS; d++)
        for (double db = -6.0; db <= 6.0; db += 12.0) {
            play(&drums[d], left);
            st_transient_params p = with(0.0, db);
            p.release_ms = 300.0;
            shape(&p, 1);
            for (int hit = 0; hit < HITS; hit++) {
                assert_close(moved_db(hit, 0.0, 10.0), 0.0, 0.5, "attack");
                assert_close(moved_db(hit, 250.0, 350.0), db, 1.0, "tail");
            }
        }
}

static void test_loudness_does_not_matter(void **state) {
    (void)state;
    for (int d = 0; d < DRUMS; d++) {
        double before[3];
        for (int soft = 0; soft < 2; soft++) {
            play(&drums[d], left);
            for (int i = 0; soft && i < FRAMES; i++)
                left[i] *= 0.0316228f;
            st_transient_params p = with(6.0, -6.0);
            p.floor_dbfs = -100.0;
            shape(&p, 1);
            for (int i = 0; i < 3; i++) {
                double got = moved_db(2, i * 70.0, i * 70.0 + 20.0);
                if (soft)
                    assert_close(got, before[i], 0.05, "30 dB less");
                before[i] = got;
            }
        }
    }
}

static void test_under_the_floor_nothing(void **state) {
    (void)state;
    play(&drums[1], left);
    for (int i = 0; i < FRAMES; i++)
        left[i] *= 0.001f;
    st_transient_params p = with(6.0, -6.0);
    p.floor_dbfs = -60.0;
    shape(&p, 1);
    assert_memory_equal(out_left + latency, left,
                        (size_t)(FRAMES - latency) * sizeof *left);
}

/* Away from its onset nothing steady is an attack or a tail. */
static void test_steady_signals_stay(void **state) {
    (void)state;
    static const double tones[] = {28.0, 55.0, 110.0, 1000.0, 9000.0};
    for (int i = 0; i < 7; i++) {
        if (i < 5)
            sig_sine(left, FRAMES, rate_hz, tones[i], -6.0, 0.0);
        else if (i == 5)
            sig_white(left, FRAMES, 5, -20.0);
        else
            sig_pink(left, FRAMES, 5, -20.0);
        for (double db = -9.0; db <= 9.0; db += 18.0) {
            st_transient_params p = with(db, 0.0);
            shape(&p, 1);
            assert_close(moved_db(0, 100.0, 1800.0), 0.0, 0.5, "attack");
            p = with(0.0, db);
            shape(&p, 1);
            assert_close(moved_db(0, 100.0, 1800.0), 0.0, 0.5, "sustain");
            if (i < 5)
                assert_true(meter_thd_n_db(out_left + FRAMES / 2, FRAMES / 2,
                                           rate_hz, tones[i]) < -90.0);
        }
    }
}

/* Largest |y| / |x| where x can be told from nothing. */
static double most_db(void) {
    double most = -100.0;
    for (int i = 0; i + latency < FRAMES; i++)
        if (fabsf(left[i]) > 1e-4f)
            most = fmax(most, meter_db((double)out_left[i + latency] /
                                       (double)left[i]));
    return most;
}

static void test_gains_are_bounded(void **state) {
    (void)state;
    static const double settings[][2] = {
        {12.0, 12.0}, {6.0, -6.0}, {-6.0, 6.0}, {-12.0, -3.0}};
    sig_drums(left, right, FRAMES, rate_hz, 2);
    for (int i = 0; i < 4; i++) {
        double a = settings[i][0], s = settings[i][1];
        st_transient_params p = with(a, s);
        st_transient_meter m = shape(&p, 1);
        double high = fmax(0.0, fmax(a, s)), low = fmin(0.0, fmin(a, s));
        assert_true(m.greatest_db < high + 0.001 && m.least_db > low - 0.001);
        assert_true(m.greatest_db >= 0.7 * high && m.least_db <= 0.7 * low);
        assert_true(most_db() < high + 0.01);
    }
}

/* With look-ahead the gain is up when the hit leaves. */
static void test_lookahead(void **state) {
    (void)state;
    play(&drums[1], left);
    st_transient_params p = with(6.0, 0.0);
    shape(&p, 1);
    assert_int_equal(latency, MS);
    assert_close(moved_db(1, 0.0, 0.5), 5.8, 0.4, "half a millisecond");
    p.lookahead_ms = 0.0;
    shape(&p, 1);
    assert_int_equal(latency, 0);
    assert_true(moved_db(1, 0.0, 0.5) < 4.5);
}

static void test_channels_share_one_gain(void **state) {
    (void)state;
    play(&drums[1], left);
    sig_sine(right, FRAMES, rate_hz, 3000.0, -50.0, 0.0);
    st_transient_params p = with(6.0, 0.0);
    shape(&p, 2);
    const float *at = out_right + 2 * HIT + LEAD + latency;
    assert_close(meter_rms_db(at, 8 * MS), -47.0, 0.5, "in the attack");
    assert_close(meter_rms_db(at + 60 * MS, 100 * MS), -53.0, 0.1, "later");
}

static void test_neutral_is_the_input(void **state) {
    (void)state;
    sig_drums(left, right, FRAMES, rate_hz, 2);
    st_transient_params p = st_transient_defaults();
    p.lookahead_ms = 2.0;
    shape(&p, 2);
    assert_int_equal(latency, 2 * MS);
    assert_memory_equal(out_left + latency, left,
                        (size_t)(FRAMES - latency) * sizeof *left);
    assert_memory_equal(out_right + latency, right,
                        (size_t)(FRAMES - latency) * sizeof *left);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attacks_rise_and_tails_stay),
        cmocka_unit_test(test_tails_are_shortened),
        cmocka_unit_test(test_loudness_does_not_matter),
        cmocka_unit_test(test_under_the_floor_nothing),
        cmocka_unit_test(test_steady_signals_stay),
        cmocka_unit_test(test_gains_are_bounded),
        cmocka_unit_test(test_lookahead),
        cmocka_unit_test(test_channels_share_one_gain),
        cmocka_unit_test(test_neutral_is_the_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
