#include "support/cases.h"

#include "analysis/groove.h"
#include "analysis/rhythm.h"
#include "core/alloc.h"
#include "support/signals.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RATE = ST_RHYTHM_RATE_HZ, MOST = 60 * RATE, BEATS = 400 };

static float x[MOST];
static double truth[BEATS];

static st_rhythm *make(void) {
    st_rhythm *r = NULL;
    st_err err = {0};
    if (st_rhythm_new(&r, &err) != ST_OK)
        fail_msg("%s", err.text);
    return r;
}

static const st_rhythm_result *hear(st_rhythm *r, const float *in, int64_t n) {
    assert_int_equal(st_rhythm_process(r, in, n), ST_OK);
    assert_int_equal(st_rhythm_finish(r), ST_OK);
    return st_rhythm_get(r);
}

/* Beats of the truth from `from` on that have one within 40 ms; F measure. */
static double beats_f(const st_rhythm_result *a, int beats, int step) {
    double hits = 0.0, found = 0.0, wanted = 0.0;
    for (int64_t i = 0; i < a->beats; i++)
        found += step == 1 || a->beat[i].position == 1;
    for (int k = 0; k < beats; k += step) {
        wanted++;
        for (int64_t i = 0; i < a->beats; i++)
            if ((step == 1 || a->beat[i].position == 1) &&
                fabs(a->beat[i].time_s - truth[k]) <= 0.04) {
                hits++;
                break;
            }
    }
    return found + wanted > 0.0 ? 2.0 * hits / (found + wanted) : 0.0;
}

static void test_rhythm_finds_tempo_beats_and_bars(void **state) {
    (void)state;
    static const groove rows[] = {
        {4, 0.7, 64, 64, 0, 30},   {4, 0.3, 84, 84, 0, 44},
        {4, 0.0, 100, 100, 0, 60}, {4, 1.1, 121.7, 121.7, 0, 64},
        {4, 0.2, 138, 138, 0, 80}, {3, 0.5, 96, 96, 0, 48},
        {3, 0.4, 150, 150, 0, 90},
    };
    st_rhythm *r = make();
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const groove *g = &rows[k];
        int64_t n =
            (int64_t)((g->start_s + 60.0 * (g->beats + 1) / g->from_bpm) *
                      RATE);
        groove_fill(x, n, g, truth);
        st_rhythm_reset(r);
        const st_rhythm_result *a = hear(r, x, n);
        assert_true(a->has_tempo);
        assert_null(a->reason);
        assert_close(a->bpm / g->from_bpm, 1.0, 0.01, "tempo");
        assert_true(beats_f(a, g->beats, 1) >= 0.95);
        assert_int_equal(a->metre, g->metre);
        assert_true(beats_f(a, g->beats, g->metre) >= 0.9);
        assert_true(a->confidence > 0.5 && a->confidence <= 1.0);
        assert_true(a->candidates >= 1 && a->candidates <= 4);
        double sum = 0.0;
        for (int c = 0; c < a->candidates; c++)
            sum += a->candidate[c].probability;
        assert_true(sum <= 1.0 + 1e-9);
        assert_int_equal(a->segments, 1);
        assert_close(a->segment[0].bpm / g->from_bpm, 1.0, 0.01, "segment");
    }
    st_rhythm_free(r);
}

static void test_rhythm_follows_a_ramp(void **state) {
    (void)state;
    groove g = {4, 0.5, 92, 128, 0, 90};
    int64_t n = 52 * RATE;
    groove_fill(x, n, &g, truth);
    st_rhythm *r = make();
    const st_rhythm_result *a = hear(r, x, n);
    assert_true(a->has_tempo);
    assert_true(beats_f(a, g.beats, 1) >= 0.95);
    assert_true(a->segments >= 3);
    for (int64_t i = 1; i < a->segments; i++) {
        assert_true(a->segment[i].bpm > a->segment[i - 1].bpm);
        assert_true(a->segment[i].start_s > a->segment[i - 1].start_s);
    }
    st_rhythm_free(r);
}

static void test_rhythm_follows_a_jump(void **state) {
    (void)state;
    groove g = {4, 0.5, 100, 100, 118, 96};
    int64_t n = 55 * RATE;
    groove_fill(x, n, &g, truth);
    st_rhythm *r = make();
    const st_rhythm_result *a = hear(r, x, n);
    assert_true(a->has_tempo);
    assert_true(beats_f(a, g.beats, 1) >= 0.93);
    assert_true(a->segments >= 2);
    assert_close(a->segment[0].bpm, 100.0, 1.5, "before");
    assert_close(a->segment[a->segments - 1].bpm, 118.0, 1.5, "after");
    assert_close(a->segment[a->segments - 1].start_s, truth[48], 1.5, "when");
    st_rhythm_free(r);
}

/* --- what has no tempo --- */

static void silence(float *out, int64_t n) {
    sig_silence(out, (size_t)n);
}

static void white(float *out, int64_t n) {
    sig_white(out, (size_t)n, 3, -20.0);
}

static void pink(float *out, int64_t n) {
    sig_pink(out, (size_t)n, 4, -20.0);
}

static void tone(float *out, int64_t n) {
    sig_sine(out, (size_t)n, RATE, 440.0, -6.0, 0.0);
}

static void chord(float *out, int64_t n) {
    static const double hz[] = {220.0, 277.2, 329.6}, db[] = {-14, -14, -14};
    sig_tones(out, (size_t)n, RATE, hz, db, 3);
}

static void dc(float *out, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        out[i] = 0.5f;
}

static void nan_only(float *out, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        out[i] = NAN;
}

static void one_click(float *out, int64_t n) {
    sig_impulse(out, (size_t)n, (size_t)n / 2, 1.0);
}

static void sweep(float *out, int64_t n) {
    sig_sweep(out, (size_t)n, RATE, 60.0, 8000.0, -6.0);
}

/* Bursts at moments that follow no grid. */
static void scattered(float *out, int64_t n) {
    double at = 0.3;
    memset(out, 0, (size_t)n * sizeof *out);
    for (uint64_t k = 0;; k++) {
        at += 0.15 + 1.7 * sig_uniform(8, k) * sig_uniform(9, k);
        int64_t from = (int64_t)(at * RATE);
        if (from + 2000 > n)
            return;
        for (int i = 0; i < 2000; i++)
            out[from + i] += (float)(0.4 * (sig_uniform(k, (uint64_t)i) - 0.5) *
                                     exp(-i / 400.0));
    }
}

static void test_rhythm_says_that_there_is_none(void **state) {
    (void)state;
    static const struct {
        const char *name;
        void (*fill)(float *, int64_t);
    } rows[] = {
        {"silence", silence},     {"white", white},     {"pink", pink},
        {"tone", tone},           {"chord", chord},     {"dc", dc},
        {"nan", nan_only},        {"click", one_click}, {"sweep", sweep},
        {"scattered", scattered},
    };
    st_rhythm *r = make();
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        rows[k].fill(x, 30 * RATE);
        st_rhythm_reset(r);
        const st_rhythm_result *a = hear(r, x, 30 * RATE);
        if (a->has_tempo)
            fail_msg("%s has a tempo of %.1f (%.2f)", rows[k].name, a->bpm,
                     a->confidence);
        assert_non_null(a->reason);
        assert_true(a->bpm == 0.0 && a->confidence == 0.0 && a->beats == 0 &&
                    a->segments == 0 && a->candidates == 0 && a->metre == 0);
        assert_true(a->frames == 1 + 30 * RATE / 441);
    }
    st_rhythm_free(r);
}

static void test_rhythm_short_input(void **state) {
    (void)state;
    static const int64_t lengths[] = {0, 1, 440, 441, 1023, 5000, 30000};
    st_rhythm *r = make();
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        sig_white(x, (size_t)lengths[k], k, -10.0);
        st_rhythm_reset(r);
        const st_rhythm_result *a = hear(r, x, lengths[k]);
        assert_false(a->has_tempo);
        assert_non_null(a->reason);
        assert_true(a->frames == (lengths[k] ? 1 + lengths[k] / 441 : 0));
    }
    st_rhythm_free(r);
}

/* --- equal answers --- */

static void assert_equal(const st_rhythm_result *a, const st_rhythm_result *b) {
    assert_true(a->bpm == b->bpm && a->confidence == b->confidence);
    assert_true(a->beats == b->beats && a->onsets == b->onsets &&
                a->frames == b->frames && a->metre == b->metre);
    for (int64_t i = 0; i < a->beats; i++)
        assert_true(a->beat[i].time_s == b->beat[i].time_s &&
                    a->beat[i].position == b->beat[i].position);
    assert_memory_equal(a->strength, b->strength,
                        (size_t)a->frames * sizeof(float));
    assert_memory_equal(a->beat_activation, b->beat_activation,
                        (size_t)a->frames * sizeof(float));
}

static void test_rhythm_does_not_see_the_division(void **state) {
    (void)state;
    groove g = {4, 0.5, 110, 110, 0, 40};
    const int64_t n = 22 * RATE;
    groove_fill(x, n, &g, truth);
    st_rhythm *r = make(), *s = make();
    const st_rhythm_result *a = hear(r, x, n);
    assert_int_equal(st_rhythm_process(s, x + 777, 100000), ST_OK);
    st_rhythm_reset(s);
    for (int64_t at = 0, step = 1; at < n; at += step) {
        step = step * 7 % 9973;
        step = step > n - at ? n - at : step;
        assert_int_equal(st_rhythm_process(s, x + at, step), ST_OK);
    }
    const st_rhythm_result *b = hear(s, x, 0);
    assert_true(a->has_tempo);
    assert_equal(a, b);
    st_rhythm_free(r);
    st_rhythm_free(s);
}

static void test_rhythm_does_not_mind_the_level(void **state) {
    (void)state;
    groove g = {4, 0.5, 104, 104, 0, 48};
    const int64_t n = 28 * RATE;
    groove_fill(x, n, &g, truth);
    st_rhythm *r = make(), *s = make();
    const st_rhythm_result *a = hear(r, x, n);
    for (int64_t i = 0; i < n; i++)
        x[i] *= 0.01f;
    const st_rhythm_result *b = hear(s, x, n);
    assert_true(a->has_tempo && b->has_tempo);
    assert_close(b->bpm, a->bpm, 0.2, "tempo 40 dB down");
    assert_true(a->beats == b->beats && a->metre == b->metre);
    for (int64_t i = 0; i < a->beats; i++)
        assert_close(b->beat[i].time_s, a->beat[i].time_s, 0.005, "beat");
    st_rhythm_free(r);
    st_rhythm_free(s);
}

static void test_rhythm_places_between_beats(void **state) {
    (void)state;
    groove g = {4, 0.5, 120, 120, 0, 48};
    const int64_t n = 25 * RATE;
    groove_fill(x, n, &g, truth);
    st_rhythm *r = make();
    const st_rhythm_result *a = hear(r, x, n);
    assert_true(a->beats > 40);
    for (double beat = -3.0; beat < (double)a->beats + 4.0; beat += 0.37)
        assert_close(st_rhythm_beat_at(a, st_rhythm_time_s(a, beat)), beat,
                     1e-6, "there and back");
    assert_close(st_rhythm_time_s(a, 5.0), a->beat[5].time_s, 1e-12, "anchor");
    assert_close(st_rhythm_time_s(a, 0.0) - st_rhythm_time_s(a, -1.0),
                 a->beat[1].time_s - a->beat[0].time_s, 1e-9, "before");
    st_rhythm_result none = {0};
    assert_true(st_rhythm_time_s(&none, 3.0) == 0.0);
    assert_true(st_rhythm_beat_at(&none, 3.0) == 0.0);
    st_rhythm_free(r);
}

static void test_rhythm_onsets(void **state) {
    (void)state;
    sig_silence(x, 10 * RATE);
    for (int k = 0; k < 18; k++)
        for (int i = 0; i < 3000; i++)
            x[(int)((0.5 + 0.5 * k) * RATE) + i] =
                (float)((sig_uniform(5, (uint64_t)(k * 3000 + i)) - 0.5) *
                        exp(-i / 700.0));
    st_rhythm *r = make();
    const st_rhythm_result *a = hear(r, x, 10 * RATE);
    assert_int_equal(a->onsets, 18);
    for (int k = 0; k < 18; k++) {
        assert_close(a->onset[k].time_s, 0.5 + 0.5 * k, 0.02, "onset");
        assert_true(a->onset[k].strength > 0.3f);
    }
    st_rhythm_free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rhythm_finds_tempo_beats_and_bars),
        cmocka_unit_test(test_rhythm_follows_a_ramp),
        cmocka_unit_test(test_rhythm_follows_a_jump),
        cmocka_unit_test(test_rhythm_says_that_there_is_none),
        cmocka_unit_test(test_rhythm_short_input),
        cmocka_unit_test(test_rhythm_does_not_see_the_division),
        cmocka_unit_test(test_rhythm_does_not_mind_the_level),
        cmocka_unit_test(test_rhythm_places_between_beats),
        cmocka_unit_test(test_rhythm_onsets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
