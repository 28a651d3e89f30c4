/* The parts of rhythm on activations made by hand: no network. */
#include "support/cases.h"

#include "analysis/bar_path.h"
#include "analysis/bar_phase.h"
#include "analysis/beat_path.h"
#include "analysis/beat_times.h"
#include "analysis/onset.h"
#include "analysis/rhythm_front.h"
#include "analysis/tempo.h"
#include "core/alloc.h"
#include "models/beat/beat.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { FRAMES = 3000, TEMPI = ST_BEAT_TEMPI + 1, SECONDS = FRAMES / 50 };

static float act[FRAMES], tempo[SECONDS * TEMPI];

static void quiet(void) {
    for (int i = 0; i < FRAMES; i++)
        act[i] = 0.02f;
}

static void peak(double time_s, float height) {
    int64_t f = llround(time_s * 50.0);
    for (int64_t k = -1; k <= 1; k++)
        if (f + k >= 0 && f + k < FRAMES)
            act[f + k] = fmaxf(act[f + k], k == 0 ? height : 0.4f * height);
}

static void say_tempo(double bpm, float mass) {
    int c = (int)lround(st_beat_bpm_class(bpm));
    for (int s = 0; s < SECONDS; s++)
        tempo[s * TEMPI + c] += mass;
}

static st_beat_path find(double low, double high, bool with_tempo) {
    st_beat_path p = {0};
    st_beat_path_input in = {act, with_tempo ? tempo : NULL, FRAMES, low, high};
    assert_int_equal(st_beat_path_find(&p, &in), ST_OK);
    return p;
}

static void test_path_bridges_missing_beats(void **state) {
    (void)state;
    quiet();
    for (int k = 0; k < 100; k++)
        if (k % 7 != 3 && (k < 40 || k > 43))
            peak(0.4 + 0.57 * k, 0.9f);
    st_beat_path p = find(50.0, 215.0, false);
    assert_int_equal(p.count, 100);
    for (int k = 0; k < 100; k++)
        assert_close(p.time_s[k], 0.4 + 0.57 * k, 0.03, "beat");
    st_free(p.time_s);
}

static void test_path_ignores_false_beats(void **state) {
    (void)state;
    quiet();
    for (int k = 0; k < 100; k++)
        peak(0.4 + 0.55 * k, 0.9f);
    for (uint64_t k = 0; k < 40; k++)
        peak(55.0 * sig_uniform(3, k), 0.3f);
    st_beat_path p = find(50.0, 215.0, false);
    assert_int_equal(p.count, 100);
    st_free(p.time_s);
}

static void test_path_follows_steps(void **state) {
    (void)state;
    double t = 0.5, want[120];
    int n = 0;
    quiet();
    while (t < 59.0) {
        want[n++] = t;
        peak(t, 0.9f);
        t += t < 20.0 ? 0.5 : t < 40.0 ? 0.6 : 0.41;
    }
    st_beat_path p = find(50.0, 215.0, false);
    assert_int_equal(p.count, n);
    for (int k = 0; k < n; k++)
        assert_close(p.time_s[k], want[k], 0.03, "beat");
    st_free(p.time_s);
}

/* The same activations at two levels; the tempo that is heard decides, and
 * so does a range. */
static void test_path_takes_the_level_that_is_heard(void **state) {
    (void)state;
    quiet();
    for (int k = 0; k < 130; k++)
        peak(0.4 + 0.45 * k, k % 2 ? 0.35f : 0.7f);
    memset(tempo, 0, sizeof tempo);
    say_tempo(60.0 / 0.45, 0.7f);
    st_beat_path fast = find(50.0, 215.0, true);
    memset(tempo, 0, sizeof tempo);
    say_tempo(30.0 / 0.45, 0.7f);
    st_beat_path slow = find(50.0, 215.0, true);
    assert_in_range(fast.count, 125, 131);
    assert_in_range(slow.count, 62, 66);
    st_free(fast.time_s);
    st_free(slow.time_s);
    slow = find(55.0, 90.0, false);
    assert_in_range(slow.count, 62, 66);
    st_free(slow.time_s);
}

static void test_path_of_nothing(void **state) {
    (void)state;
    memset(act, 0, sizeof act);
    st_beat_path p = find(50.0, 215.0, false);
    assert_int_equal(p.count, 0);
    st_free(p.time_s);
    for (int64_t frames = 0; frames < 4; frames++) {
        st_beat_path_input in = {act, NULL, frames, 50.0, 215.0};
        assert_int_equal(st_beat_path_find(&p, &in), ST_OK);
        assert_int_equal(p.count, 0);
        st_free(p.time_s);
    }
}

/* --- bars --- */

static void test_bars_of_each_metre(void **state) {
    (void)state;
    float down[97];
    int position[97];
    for (int metre = ST_BAR_MIN; metre <= ST_BAR_MAX; metre++)
        for (int first = 0; first < metre; first++) {
            for (int i = 0; i < 97; i++)
                down[i] = i % metre == first ? (i % 5 ? 0.8f : 0.3f) : 0.1f;
            st_bar_answer a = {0};
            st_bar_input in = {.downbeat = down, .count = 97};
            assert_int_equal(st_bar_find(&in, position, &a), ST_OK);
            assert_int_equal(a.metre, metre);
            assert_true(a.confidence > 0.3 && a.confidence <= 1.0);
            for (int i = 0; i < 97; i++)
                assert_int_equal(position[i], (i - first + metre) % metre + 1);
        }
}

static void test_bars_begin_anew(void **state) {
    (void)state;
    float down[80];
    int position[80];
    for (int i = 0; i < 80; i++) /* two beats too many in the middle */
        down[i] = (i < 42 ? i % 4 == 0 : (i - 42) % 4 == 0) ? 0.9f : 0.05f;
    st_bar_answer a = {0};
    st_bar_input in = {.downbeat = down, .count = 80};
    assert_int_equal(st_bar_find(&in, position, &a), ST_OK);
    assert_int_equal(a.metre, 4);
    assert_int_equal(position[0], 1);
    assert_int_equal(position[42], 1);
    assert_int_equal(position[79], 2);
}

static void test_bars_need_beats_and_heed_the_network(void **state) {
    (void)state;
    float down[64];
    int position[64];
    st_bar_answer a = {0};
    st_bar_input in = {.downbeat = down, .count = 3};
    for (int i = 0; i < 64; i++)
        down[i] = i % 4 == 0 ? 0.6f : i % 2 == 0 ? 0.5f : 0.1f;
    assert_int_equal(st_bar_find(&in, position, &a), ST_OK);
    assert_true(a.metre == 0 && a.confidence == 0.0 && position[2] == 0);
    float two[] = {0.9f, 0, 0.1f, 0, 0, 0}, four[] = {0.1f, 0, 0.9f, 0, 0, 0};
    in = (st_bar_input){.downbeat = down, .metre = two, .count = 64};
    assert_int_equal(st_bar_find(&in, position, &a), ST_OK);
    assert_int_equal(a.metre, 2);
    in.metre = four;
    assert_int_equal(st_bar_find(&in, position, &a), ST_OK);
    assert_int_equal(a.metre, 4);
}

/* A chord that changes each `every` seconds, from `first` on. */
typedef struct {
    double every, first;
} harmonies;

static st_status change(void *ctx, const double *at_s, int64_t n, float *out) {
    const harmonies *c = ctx;
    for (int64_t i = 0; i < n; i++) {
        double bars = (at_s[i] - c->first) / c->every;
        out[i] = fabs(bars - round(bars)) * c->every < 0.05 ? 5.0f : 0.3f;
    }
    return ST_OK;
}

static void test_chords_settle_bars(void **state) {
    (void)state;
    float down[64], changes[64];
    double time_s[64];
    int position[64];
    for (int i = 0; i < 64; i++) { /* the network is for the third beat */
        down[i] = i % 4 == 2 ? 0.45f : i % 4 == 0 ? 0.35f : 0.1f;
        time_s[i] = 0.5 * i;
    }
    st_bar_answer a = {0};
    st_bar_input in = {.downbeat = down, .count = 64};
    assert_int_equal(st_bar_find(&in, position, &a), ST_OK);
    assert_true(a.metre == 4 && position[0] == 3);
    st_change_ear ear = {change, &(harmonies){2.0, 0.0}};
    assert_int_equal(
        st_bar_changes(time_s, 64, &st_phase_fitted, &ear, changes), ST_OK);
    in.change = changes;
    assert_int_equal(st_bar_find(&in, position, &a), ST_OK);
    assert_true(a.metre == 4 && position[0] == 1 && position[5] == 2);
    ear.ctx = &(harmonies){1e6, -500.0}; /* never: nothing is said */
    assert_int_equal(
        st_bar_changes(time_s, 64, &st_phase_fitted, &ear, changes), ST_OK);
    for (int i = 0; i < 64; i++)
        assert_true(fabsf(changes[i]) < 1e-6f);
}

static void test_chords_settle_phase(void **state) {
    (void)state;
    double time_s[60];
    for (int i = 0; i < 60; i++)
        time_s[i] = 1.0 + 0.5 * i;
    for (int sure = 0; sure < 2; sure++) {
        quiet();
        for (int i = 0; i < 60; i++) { /* loud where the beats are said */
            peak(time_s[i], 0.9f);
            peak(time_s[i] + 0.25, sure ? 0.0f : 0.6f);
        }
        st_phase_input in = {time_s, 60, act, FRAMES, 4};
        st_change_ear ear = {change, &(harmonies){2.0, 1.25}};
        bool between = false;
        assert_int_equal(st_bar_phase(&in, &st_phase_fitted, &ear, &between),
                         ST_OK);
        assert_true(between);
        ear.ctx = &(harmonies){2.0, 1.0}; /* on the beats */
        assert_int_equal(st_bar_phase(&in, &st_phase_fitted, &ear, &between),
                         ST_OK);
        assert_false(between);
        ear.ctx = &(harmonies){1e6, -500.0}; /* one chord for ever */
        assert_int_equal(st_bar_phase(&in, &st_phase_fitted, &ear, &between),
                         ST_OK);
        assert_false(between);
    }
}

/* --- times --- */

static void test_times_are_centred_and_smoothed(void **state) {
    (void)state;
    double t[90];
    quiet();
    for (int k = 0; k < 90; k++) {
        t[k] = 0.5 + 0.4637 * k;
        peak(t[k], 0.9f);
        t[k] = round(t[k] * 100.0) / 100.0 + (k % 2 ? 0.01 : -0.01);
    }
    assert_int_equal(st_beat_times_refine(t, 90, act, FRAMES), ST_OK);
    for (int k = 0; k < 90; k++)
        assert_close(t[k], 0.5 + 0.4637 * k, 0.012, "beat");
    double length = 0.0;
    assert_int_equal(st_tempo_median(t, 90, &length), ST_OK);
    assert_close(length, 0.4637, 0.004, "median");
}

static void test_segments(void **state) {
    (void)state;
    double t[100];
    t[0] = 1.0;
    for (int i = 1; i < 100; i++)
        t[i] = t[i - 1] + (i <= 40 ? 0.5 : 0.4);
    st_rhythm_segment s[100];
    assert_int_equal(st_beat_times_segments(t, 100, NULL), 2);
    assert_int_equal(st_beat_times_segments(t, 100, s), 2);
    assert_close(s[0].start_s, 1.0, 1e-9, "start");
    assert_close(s[0].bpm, 120.0, 2.0, "first");
    assert_close(s[1].start_s, t[40], 2.1, "second starts");
    assert_close(s[1].bpm, 150.0, 2.0, "second");
    assert_int_equal(st_beat_times_segments(t, 2, s), 1);
    assert_close(s[0].bpm, 120.0, 1e-6, "two beats");
}

/* --- candidates --- */

static void test_candidates_weigh_what_is_heard(void **state) {
    (void)state;
    double t[95], p[ST_TEMPO_RATIOS];
    st_tempo_evidence e;
    for (int heard = 0; heard < 3; heard++) {
        quiet();
        memset(tempo, 0, sizeof tempo);
        for (int k = 0; k < 95; k++) {
            t[k] = 0.5 + 0.58 * k;
            peak(t[k], heard == 2 && k % 2 ? 0.05f : 0.9f);
            if (heard == 1)
                peak(t[k] + 0.29, 0.9f);
        }
        say_tempo(60.0 / 0.58 *
                      (heard == 1   ? 2.0
                       : heard == 2 ? 0.5
                                    : 1.0),
                  0.8f);
        st_tempo_input in = {act, tempo, FRAMES, t, 95};
        assert_int_equal(st_tempo_evidence_of(&e, &in), ST_OK);
        assert_close(e.bpm, 60.0 / 0.58, 1e-6, "median");
        st_tempo_shares(&e, p);
        double sum = 0.0;
        int best = 0;
        for (int r = 0; r < ST_TEMPO_RATIOS; r++) {
            assert_true(p[r] >= 0.0 && (e.possible[r] || p[r] == 0.0));
            sum += p[r];
            best = p[r] > p[best] ? r : best;
        }
        assert_true(sum <= 1.0 + 1e-9);
        assert_int_equal(best, heard);
    }
}

/* --- onsets --- */

static void test_onsets_of_a_curve(void **state) {
    (void)state;
    float s[200] = {0};
    st_rhythm_onset o[200];
    assert_int_equal(st_onset_pick(s, 200, NULL), 0);
    assert_int_equal(st_onset_pick(s, 0, NULL), 0);
    s[50] = 1.0f;
    s[51] = 0.5f;
    s[100] = 0.6f;
    s[102] = 0.5f; /* within 60 ms of a greater one */
    s[150] = 0.01f;
    assert_int_equal(st_onset_pick(s, 200, o), 2);
    assert_close(o[0].time_s, 1.0, 0.01, "first");
    assert_close(o[1].time_s, 2.0, 0.01, "second");
    assert_close((double)o[1].strength, 0.6, 1e-6, "strength");
    for (int i = 0; i < 200; i++)
        s[i] = 0.3f + 0.01f * (float)(i % 3);
    assert_int_equal(st_onset_pick(s, 200, o), 0);
}

/* --- the front end --- */

static void test_front_says_what_sounds(void **state) {
    (void)state;
    enum { N = 22050 };
    static float x[N];
    static float rows[51][ST_RHYTHM_INPUTS];
    sig_silence(x, N);
    sig_sine(x + N / 2, N / 2, 22050.0, 440.0, -6.0, 0.0);
    st_rhythm_front *f = NULL;
    assert_int_equal(st_rhythm_front_new(&f, 99), ST_BAD_ARG);
    assert_int_equal(st_rhythm_front_new(&f, ST_RHYTHM_HOP), ST_OK);
    assert_int_equal(st_rhythm_front_process(f, x, N), ST_OK);
    assert_int_equal(st_rhythm_front_finish(f), ST_OK);
    assert_int_equal(st_rhythm_front_frames(f), 51);
    st_rhythm_front_fill(f, 0, 51, rows[0]);
    int loud = 0, pitch = 2 * ST_RHYTHM_BANDS;
    for (int b = 1; b < ST_RHYTHM_BANDS; b++)
        loud = rows[40][b] > rows[40][loud] ? b : loud;
    assert_int_equal(loud, 16); /* 12 * 2^(6 / 8) = bin 20.2 */
    for (int c = 1; c < 12; c++)
        pitch = rows[40][2 * ST_RHYTHM_BANDS + c] > rows[40][pitch]
                    ? 2 * ST_RHYTHM_BANDS + c
                    : pitch;
    assert_int_equal(pitch - 2 * ST_RHYTHM_BANDS, 9); /* A */
    assert_true(rows[10][loud] < 0.01f && rows[40][loud] > 3.0f);
    assert_true(rows[40][ST_RHYTHM_BANDS + loud] < 0.05f);
    assert_true(rows[25][ST_RHYTHM_BANDS + loud] > 0.5f ||
                rows[24][ST_RHYTHM_BANDS + loud] > 0.5f);
    float outside[2][ST_RHYTHM_INPUTS];
    st_rhythm_front_fill(f, -1, 1, outside[0]);
    st_rhythm_front_fill(f, 51, 1, outside[1]);
    for (int i = 0; i < ST_RHYTHM_INPUTS; i++)
        assert_true(outside[0][i] == 0.0f && outside[1][i] == 0.0f);
    st_rhythm_front_free(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path_bridges_missing_beats),
        cmocka_unit_test(test_path_ignores_false_beats),
        cmocka_unit_test(test_path_follows_steps),
        cmocka_unit_test(test_path_takes_the_level_that_is_heard),
        cmocka_unit_test(test_path_of_nothing),
        cmocka_unit_test(test_bars_of_each_metre),
        cmocka_unit_test(test_bars_begin_anew),
        cmocka_unit_test(test_bars_need_beats_and_heed_the_network),
        cmocka_unit_test(test_chords_settle_bars),
        cmocka_unit_test(test_chords_settle_phase),
        cmocka_unit_test(test_times_are_centred_and_smoothed),
        cmocka_unit_test(test_segments),
        cmocka_unit_test(test_candidates_weigh_what_is_heard),
        cmocka_unit_test(test_onsets_of_a_curve),
        cmocka_unit_test(test_front_says_what_sounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
