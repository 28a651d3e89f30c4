/* Faders of a mix at hand: known gains and pans come back. */
#include "support/cases.h"

#include "audio/memory.h"
#include "mix/unmix_faders.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { RATE = 22050, N = 20 * RATE, STEMS = 4, SHIFT = 4410 };

static float stem[STEMS][2][N], mix[2][N];

/* Unlike stems: noise, music of two kinds, and a click train. */
static void make_music(void) {
    sig_music(stem[0][0], stem[0][1], N, RATE, 3);
    sig_music(stem[1][0], stem[1][1], N, RATE, 11);
    for (int i = 0; i < N; i++) {
        uint32_t x = (uint32_t)i * 2654435761U;
        x ^= x >> 15;
        stem[2][0][i] = (float)(x & 0xffff) / 65536.0f - 0.5f;
        stem[2][1][i] = stem[2][0][i];
        stem[3][0][i] = i % 9000 < 40 ? 0.8f : 0.0f;
        stem[3][1][i] = stem[3][0][i];
    }
}

/* Repeating hits, notes of few bars: excerpts that are alike a beat later. */
static void make_beats(void) {
    for (int s = 0; s < STEMS; s++)
        for (int i = 0; i < N; i++) {
            int beat = i / (RATE / 2), in = i % (RATE / 2);
            int note = beat * (s + 3) % 7;
            double t = (double)in / RATE;
            double hz = 60.0 * (s + 1) * pow(2.0, note / 12.0);
            double x = s == 0 ? sin(60.0 * exp(-12 * t)) * exp(-9 * t)
                              : (sin(6.2831853 * hz * t) +
                                 0.5 * sin(12.566371 * hz * t)) *
                                    exp(-3 * t);
            stem[s][0][i] = stem[s][1][i] = (float)(0.3 * x);
        }
}

/* Made once: `of` is what makes them. */
static void fill(float kept[STEMS][2][N], void (*of)(void)) {
    if (kept[0][0][1] == 0.0f) {
        of();
        memcpy(kept, stem, sizeof stem);
    }
    memcpy(stem, kept, sizeof stem);
}

static void fill_stems(void) {
    static float kept[STEMS][2][N];
    fill(kept, make_music);
}

static void fill_beats(void) {
    static float kept[STEMS][2][N];
    fill(kept, make_beats);
}

static void add_stem(int s, double db, double pan, int late) {
    double a = (pan + 1.0) * 0.78539816339744831, g = pow(10.0, db / 20.0);
    float left = (float)(g * sqrt(2.0) * cos(a));
    float right = (float)(g * sqrt(2.0) * sin(a));
    for (int i = late; i < N; i++) {
        mix[0][i] += left * stem[s][0][i - late];
        mix[1][i] += right * stem[s][1][i - late];
    }
}

static void solve_part(int count, int64_t frames, st_unmixed *out) {
    const st_format format = {RATE, 2, frames};
    st_source *source[STEMS], *whole = NULL;
    float *planes[2] = {mix[0], mix[1]};
    for (int s = 0; s < count; s++) {
        float *its[2] = {stem[s][0], stem[s][1]};
        assert_int_equal(st_memory_source(&source[s], its, &format), ST_OK);
    }
    assert_int_equal(st_memory_source(&whole, planes, &format), ST_OK);
    assert_int_equal(st_unmix_faders(source, count, whole, out, NULL), ST_OK);
    for (int s = 0; s < count; s++)
        st_source_free(source[s]);
    st_source_free(whole);
}

static void solve(int count, st_unmixed *out) {
    solve_part(count, N, out);
}

static const double gains[STEMS] = {-3.0, 6.0, -14.0, 2.5};
static const double pans[STEMS] = {0.0, -0.4, 0.7, 0.0};

static void test_gains_and_pans_come_back(void **state) {
    (void)state;
    st_unmixed u;
    fill_stems();
    memset(mix, 0, sizeof mix);
    for (int s = 0; s < STEMS; s++)
        add_stem(s, gains[s], pans[s], 0);
    solve(STEMS, &u);
    assert_true(u.same_song);
    assert_true(u.share > 0.999);
    assert_true(u.shift_s > -1e-9 && u.shift_s < 1e-9);
    for (int s = 0; s < STEMS; s++) {
        assert_true(u.heard[s]);
        assert_close(u.gain_db[s], gains[s], 0.01, "gain");
        assert_close(u.pan[s], pans[s], 0.002, "pan");
    }
}

/* 0.2 s late: found to the sample, gains as before. */
static void test_a_late_mix(void **state) {
    (void)state;
    st_unmixed u;
    fill_stems();
    memset(mix, 0, sizeof mix);
    for (int s = 0; s < STEMS; s++)
        add_stem(s, gains[s], pans[s], SHIFT);
    solve(STEMS, &u);
    assert_true(u.same_song);
    assert_close(u.shift_s, (double)SHIFT / RATE, 0.5 / RATE, "shift");
    for (int s = 0; s < STEMS; s++)
        assert_close(u.gain_db[s], gains[s], 0.1, "gain");
}

/* mix = sign times itself, `late` frames (or early, below 0) of what it was. */
static void move_mix(int late, float sign) {
    static float was[2][N];
    memcpy(was, mix, sizeof was);
    for (int c = 0; c < 2; c++)
        for (int i = 0; i < N; i++) {
            int from = i - late;
            mix[c][i] = from >= 0 && from < N ? sign * was[c][from] : 0.0f;
        }
}

static void try_excerpt(int64_t frames, int late, int sign) {
    st_unmixed u;
    memset(mix, 0, sizeof mix);
    for (int s = 0; s < STEMS; s++)
        add_stem(s, gains[s], pans[s], 0);
    move_mix(late, (float)sign);
    solve_part(STEMS, frames, &u);
    if (!u.same_song || u.upside_down != (sign < 0))
        fail_msg("%d s, %d late, sign %d: %.2f", (int)(frames / RATE), late,
                 sign, u.share);
    assert_close(u.shift_s, (double)late / RATE, 0.5 / RATE, "shift");
    for (int s = 0; s < STEMS; s++)
        assert_close(u.gain_db[s], gains[s], 0.3, "gain");
}

/* However short, early or late, and upside down. */
static void test_short_excerpts(void **state) {
    (void)state;
    static const int lates[] = {0, 4410, -15000, 28000};
    for (int material = 0; material < 2; material++) {
        material == 0 ? fill_beats() : fill_stems();
        for (int k = 0; k < 4; k++) {
            try_excerpt(4 * RATE, lates[k], k % 2 == 0 ? 1 : -1);
            try_excerpt(11 * RATE, lates[k], k % 2 == 0 ? -1 : 1);
        }
    }
}

/* Other music in the same tempo is no mix of these, whichever way up. */
static void test_foreign_records(void **state) {
    (void)state;
    for (int n = 4; n <= 20; n += 8)
        for (int sign = -1; sign <= 1; sign += 2) {
            st_unmixed u;
            fill_beats();
            memset(mix, 0, sizeof mix);
            for (int s = 0; s < STEMS; s++)
                add_stem(s, gains[s], pans[s], 0);
            move_mix(3 * n * n, (float)sign);
            fill_stems();
            solve_part(STEMS, (int64_t)n * RATE, &u);
            if (u.same_song)
                fail_msg("%d s, sign %d: %.2f", n, sign, u.share);
        }
}

/* A stem that is not in the mix has no fader there, and what no stem explains
 * does not move the others far. */
static void test_missing_and_foreign(void **state) {
    (void)state;
    st_unmixed u;
    fill_stems();
    memset(mix, 0, sizeof mix);
    add_stem(0, -3.0, 0.0, 0);
    add_stem(2, -20.0, 0.0, 0);
    solve(2, &u);
    assert_true(u.same_song);
    assert_true(u.heard[0]);
    assert_close(u.gain_db[0], -3.0, 0.3, "gain");
    assert_true(!u.heard[1] || u.gain_db[1] < -20.0);
}

static void test_another_song(void **state) {
    (void)state;
    st_unmixed u;
    fill_stems();
    memset(mix, 0, sizeof mix);
    add_stem(2, 0.0, 0.0, 0);
    solve(1, &u);
    assert_false(u.same_song);
    memset(mix, 0, sizeof mix);
    solve(STEMS, &u);
    assert_false(u.same_song);
    for (int s = 0; s < STEMS; s++)
        assert_false(u.heard[s]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gains_and_pans_come_back),
        cmocka_unit_test(test_a_late_mix),
        cmocka_unit_test(test_short_excerpts),
        cmocka_unit_test(test_foreign_records),
        cmocka_unit_test(test_missing_and_foreign),
        cmocka_unit_test(test_another_song),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
