/* What files hold before anything is done to them. */
#include "support/cases.h"

#include "audio/memory.h"
#include "mix/scan.h"
#include "support/signals.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, N = 2 * RATE };

static float wave[2][N];

static st_source *source_of(int channels, int64_t frames) {
    float *planes[2] = {wave[0], wave[1]};
    const st_format format = {RATE, channels, frames};
    st_source *source = NULL;
    assert_int_equal(st_memory_source(&source, planes, &format), ST_OK);
    return source;
}

static st_scan scan(int channels, int64_t frames) {
    st_scan s = {0};
    st_source *source = source_of(channels, frames);
    assert_int_equal(st_scan_source(&s, source, NULL), ST_OK);
    assert_int_equal(s.frames, frames);
    st_source_free(source);
    return s;
}

static void sines(double db) {
    for (int c = 0; c < 2; c++)
        sig_sine(wave[c], N, RATE, 220 + 110 * c, db, 0);
}

static void clip_at(float top) {
    for (int i = 0; i < N; i++)
        wave[0][i] = fminf(fmaxf(wave[0][i], -top), top);
}

/* Peaks over full scale are a level; tops that are flat are cut off. */
static void test_scan_tells_loud_from_clipped(void **state) {
    (void)state;
    sines(3.1);
    st_scan s = scan(1, N);
    assert_close(s.peak_dbfs, 3.1, 0.01, "peak");
    assert_int_equal(s.flat_runs, 0);
    assert_int_equal(s.wild_samples, 0);
    assert_true(s.gain == 1.0f);
    sines(6);
    clip_at(1.4f);
    assert_in_range(scan(1, N).flat_runs, 800, 882);
    sines(6);
    clip_at(1.0f);
    assert_in_range(scan(1, N).flat_runs, 800, 882);
    sines(-6);
    assert_int_equal(scan(1, N).flat_runs, 0);
    memset(wave, 0, sizeof wave);
    s = scan(2, N);
    assert_true(isinf(s.peak_dbfs) && s.flat_runs == 0 && s.wild_samples == 0);
    s = scan(1, 0);
    assert_true(s.frames == 0 && s.wild_samples == 0);
}

/* All of it from `from` on, in pieces. */
static void read_from(st_source *source, int64_t from, int64_t piece,
                      float *left, float *right) {
    int64_t at = from, got = 1;
    assert_int_equal(st_source_seek(source, from, NULL), ST_OK);
    while (got > 0 && at < N) {
        float *out[2] = {left + at, right + at};
        int64_t want = piece < N - at ? piece : N - at;
        assert_int_equal(st_source_read(source, out, want, &got, NULL), ST_OK);
        at += got;
    }
    assert_int_equal(at, N);
}

/* Single ones, a run, no numbers, the first and the last sample: all bridged,
 * what is beside them as it was, wherever reading begins. */
static void test_wild_samples_are_bridged(void **state) {
    (void)state;
    static const int at[] = {0, 500, 4095, 4096, 9000, 9001, 9002, N - 1};
    static const float bad[] = {1e9f, -1e9f, 1e30f,    -40.0f,
                                NAN,  900,   INFINITY, 33.0f};
    static float clean[2][N], whole[2][N], part[2][N];
    sines(-3);
    memcpy(clean, wave, sizeof wave);
    for (int i = 0; i < 8; i++)
        wave[0][at[i]] = bad[i];
    st_scan s = scan(2, N);
    assert_int_equal(s.wild_samples, 8);
    assert_close(s.peak_dbfs, -3, 0.01, "peak");
    assert_true(isinf(s.wild_dbfs));
    st_source *mended = NULL;
    assert_int_equal(st_mended_source_new(&mended, source_of(2, N), &s, NULL),
                     ST_OK);
    read_from(mended, 0, 1000, whole[0], whole[1]);
    assert_memory_equal(whole[1], clean[1], sizeof clean[1]);
    for (int i = 0, k = 0; i < N; i++) {
        bool was = k < 8 && at[k] == i;
        k += was;
        if (was)
            assert_true(fabsf(whole[0][i] - clean[0][i]) < 0.08f);
        else
            assert_true(whole[0][i] == clean[0][i]);
    }
    for (int64_t from = 1; from < N; from += 4999) {
        memcpy(part, whole, sizeof part);
        read_from(mended, from, 777, part[0], part[1]);
        assert_memory_equal(part, whole, sizeof whole);
    }
    st_source_free(mended);
}

/* Loud is not wild: up to +12 dBFS nothing is touched, nor is a sample that
 * stands 25 dB over a loud file; nothing to mend gives the source itself. */
static void test_loud_samples_are_left(void **state) {
    (void)state;
    sines(-3);
    wave[0][100] = 15.0f;
    assert_int_equal(scan(1, N).wild_samples, 0);
    sines(-28);
    wave[0][100] = 3.9f;
    assert_int_equal(scan(1, N).wild_samples, 0);
    wave[0][100] = 4.1f;
    assert_int_equal(scan(1, N).wild_samples, 1);
    sines(0);
    for (int i = 0; i < N; i++)
        wave[0][i] *= 2.0f;
    wave[0][100] = 36.0f;
    st_scan s = scan(1, N);
    assert_int_equal(s.wild_samples, 0);
    sines(-3);
    s = scan(1, N);
    st_source *source = source_of(1, N), *same = NULL;
    assert_int_equal(st_mended_source_new(&same, source, &s, NULL), ST_OK);
    assert_ptr_equal(same, source);
    st_source_free(same);
}

/* Whole numbers in a float file come to full scale; they are no wild ones. */
static void test_whole_numbers_are_scaled(void **state) {
    (void)state;
    static float whole[2][N];
    sines(-6);
    for (int i = 0; i < N; i++)
        wave[0][i] = rintf(wave[0][i] * 32768.0f * 2 - 0.5f);
    st_scan s = scan(1, N);
    assert_int_equal(s.wild_samples, 0);
    assert_true(s.gain == 1.0f / 32768.0f || s.gain == 1.0f / 65536.0f);
    st_source *mended = NULL;
    assert_int_equal(st_mended_source_new(&mended, source_of(1, N), &s, NULL),
                     ST_OK);
    read_from(mended, 0, 5000, whole[0], whole[1]);
    for (int i = 0; i < N; i++)
        assert_true(whole[0][i] == wave[0][i] * s.gain &&
                    fabsf(whole[0][i]) <= 1.0f);
    st_source_free(mended);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scan_tells_loud_from_clipped),
        cmocka_unit_test(test_wild_samples_are_bridged),
        cmocka_unit_test(test_loud_samples_are_left),
        cmocka_unit_test(test_whole_numbers_are_scaled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
