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
static void fill_stems(void) {
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

static void add_stem(int s, double db, double pan, int late) {
    double a = (pan + 1.0) * 0.78539816339744831, g = pow(10.0, db / 20.0);
    float left = (float)(g * sqrt(2.0) * cos(a));
    float right = (float)(g * sqrt(2.0) * sin(a));
    for (int i = late; i < N; i++) {
        mix[0][i] += left * stem[s][0][i - late];
        mix[1][i] += right * stem[s][1][i - late];
    }
}

static void solve(int count, st_unmixed *out) {
    const st_format format = {RATE, 2, N};
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
        cmocka_unit_test(test_missing_and_foreign),
        cmocka_unit_test(test_another_song),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
