/* The table of features against the units it is made of. */
#include "support/cases.h"

#include "analysis/features.h"
#include "analysis/mel.h"
#include "analysis/mfcc.h"
#include "frames_kept.h"
#include "support/failing.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { N = 100 * 22050, ROWS = 1 + N / 512, COLUMNS = ST_FEATURES_COLUMNS };

static float sound[N], other[N];

static st_status make(st_features **f, st_spectra **s, int64_t n,
                      int64_t rows) {
    st_status status = st_features_new(f, rows);
    if (status != ST_OK)
        return status;
    st_spectra_params params = {.rate_hz = 22050, .mfcc = st_features_sink(*f)};
    status = st_spectra_new(s, &params);
    if (status == ST_OK)
        status = st_spectra_process(*s, sound, n);
    if (status == ST_OK)
        status = st_spectra_finish(*s);
    if (status == ST_OK)
        status = st_features_finish(*f, *s);
    return status;
}

/* Row t, read as any machine would read little-endian float32. */
static void row_of(const st_features *f, int64_t t, float *out) {
    size_t size;
    const unsigned char *at =
        st_features_npy(f, &size) + ST_FEATURES_HEAD + (size_t)t * COLUMNS * 4;
    for (int i = 0; i < COLUMNS; i++, at += 4) {
        uint32_t bits = (uint32_t)at[0] | (uint32_t)at[1] << 8 |
                        (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        memcpy(&out[i], &bits, sizeof bits);
    }
}

static void cepstra_alone(void *ctx, int64_t frame, const float *mel) {
    (void)frame;
    st_mfcc_process(ctx, mel);
}

/* More rows than expected: it grows. Cepstra by mel and mfcc alone, from
 * their own power spectrum. */
static void test_columns_are_the_units(void **state) {
    (void)state;
    st_features *f = NULL;
    st_spectra *s = NULL;
    st_mel *mel = NULL;
    st_mfcc *m = NULL;
    kept alone = {.values = ST_FEATURES_MFCC};
    st_mel_params params = st_mel_defaults(22050);
    sig_music(sound, other, N, 22050, 5);
    assert_int_equal(make(&f, &s, N, 10), ST_OK);
    assert_int_equal(st_features_rows(f), ROWS);
    assert_int_equal(st_mfcc_new(&m, ST_SPECTRA_MELS, ST_SPECTRA_MFCC,
                                 (st_frame_sink){keep_frame, &alone}),
                     ST_OK);
    assert_int_equal(
        st_mel_new(&mel, &params, (st_frame_sink){cepstra_alone, m}), ST_OK);
    st_mel_process(mel, sound, N);
    st_mel_finish(mel);
    st_mfcc_finish(m);
    assert_int_equal(alone.frames, ROWS);
    for (int64_t t = 0; t < ROWS; t++) {
        float row[COLUMNS], classes[12], place[6];
        row_of(f, t, row);
        assert_memory_equal(row, kept_frame(&alone, t),
                            ST_FEATURES_MFCC * sizeof(float));
        st_chroma_get(st_spectra_chroma(s), ST_CHROMA_ALL, st_spectra_cents(s),
                      ST_CHROMA_MAX, t, 1, classes);
        st_tonnetz(classes, place);
        assert_memory_equal(row + ST_FEATURES_CHROMA, classes, sizeof classes);
        assert_memory_equal(row + ST_FEATURES_TONNETZ, place, sizeof place);
    }
    kept_free(&alone);
    st_mel_free(mel);
    st_mfcc_free(m);
    st_features_free(f);
    st_spectra_free(s);
}

/* The bytes do not depend on what length was expected. */
static void test_expected_rows_do_not_show(void **state) {
    (void)state;
    static const int64_t rows[] = {0, 12000, INT64_MAX};
    sig_music(sound, other, N, 22050, 6);
    st_features *one = NULL;
    st_spectra *s = NULL;
    size_t want = 0, got = 0;
    assert_int_equal(make(&one, &s, N, ROWS), ST_OK);
    st_spectra_free(s);
    const unsigned char *bytes = st_features_npy(one, &want);
    assert_int_equal(want, ST_FEATURES_HEAD + ROWS * COLUMNS * 4);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        st_features *f = NULL;
        assert_int_equal(make(&f, &s, N, rows[r]), ST_OK);
        assert_memory_equal(st_features_npy(f, &got), bytes, want);
        assert_int_equal(got, want);
        st_spectra_free(s);
        st_features_free(f);
    }
    st_features_free(one);
}

/* Every band at the floor of -100 dB: c0 alone, no slope, no class; 5e-3 is
 * the rounding of 128 terms of 100 dB. */
static void test_silence(void **state) {
    (void)state;
    st_features *f = NULL;
    st_spectra *s = NULL;
    memset(sound, 0, sizeof sound);
    assert_int_equal(make(&f, &s, 22050, 0), ST_OK);
    assert_int_equal(st_features_rows(f), 44);
    for (int64_t t = 0; t < 44; t++) {
        float row[COLUMNS];
        row_of(f, t, row);
        assert_true(fabs((double)row[0] + 100 * sqrt(128)) < 5e-3);
        for (int i = 1; i < COLUMNS; i++)
            assert_true(fabsf(row[i]) < 5e-3f);
    }
    st_features_free(f);
    st_spectra_free(s);
}

/* Chroma that was thrown away is a fault, not a table of zeros. */
static void test_needs_chroma(void **state) {
    (void)state;
    st_features *f = NULL;
    st_spectra *s = NULL;
    assert_int_equal(st_features_new(&f, 0), ST_OK);
    st_spectra_params params = {
        .rate_hz = 22050, .no_chroma = true, .mfcc = st_features_sink(f)};
    assert_int_equal(st_spectra_new(&s, &params), ST_OK);
    assert_int_equal(st_spectra_process(s, sound, 22050), ST_OK);
    assert_int_equal(st_spectra_finish(s), ST_OK);
    assert_int_equal(st_features_finish(f, s), ST_BAD_ARG);
    st_features_free(f);
    st_spectra_free(s);
}

static st_status whole_life(void *ctx) {
    (void)ctx;
    st_features *f = NULL;
    st_spectra *s = NULL;
    st_status status = make(&f, &s, N, 0);
    st_features_free(f);
    st_spectra_free(s);
    return status;
}

static void test_no_memory(void **state) {
    (void)state;
    assert_true(failing_run(whole_life, NULL) > 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_are_the_units),
        cmocka_unit_test(test_expected_rows_do_not_show),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_needs_chroma),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
