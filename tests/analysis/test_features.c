/* The table of features against the units it is made of. */
#include "support/cases.h"

#include "analysis/features.h"
#include "analysis/mel.h"
#include "analysis/mfcc.h"
#include "frames_kept.h"
#include "support/failing.h"
#include "support/signals.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

enum { N = 100 * 22050, ROWS = 1 + N / 512, COLUMNS = ST_FEATURES_COLUMNS };

static float sound[N], other[N];

static st_status make(st_features **f, st_spectra **s, int64_t n) {
    st_status status = st_features_new(f, NULL, NULL);
    if (status != ST_OK)
        return status;
    st_spectra_params params = {.rate_hz = 22050,
                                .mfcc = st_features_cepstra(*f),
                                .classes = st_features_classes(*f)};
    status = st_spectra_new(s, &params);
    if (status == ST_OK)
        status = st_spectra_process(*s, sound, n);
    if (status == ST_OK)
        status = st_spectra_finish(*s);
    if (status == ST_OK)
        status = st_features_finish(*f, st_spectra_cents(*s), NULL);
    return status;
}

/* Row t, read as any machine would read little-endian float32. */
static void row_of(const st_features *f, int64_t t, float *out) {
    unsigned char bytes[ST_FEATURES_ROW], *at = bytes;
    assert_int_equal(st_features_read(f, t, 1, bytes, NULL), ST_OK);
    for (int i = 0; i < COLUMNS; i++, at += 4) {
        uint32_t bits = (uint32_t)at[0] | (uint32_t)at[1] << 8 |
                        (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        memcpy(&out[i], &bits, sizeof bits);
    }
}

/* 16 bits of the greatest class: what the chroma keeps. */
static void same_values(const float *got, const float *want, int count) {
    for (int i = 0; i < count; i++)
        assert_true(fabsf(got[i] - want[i]) < 4e-5f);
}

static void cepstra_alone(void *ctx, int64_t frame, const float *mel) {
    (void)frame;
    st_mfcc_process(ctx, mel);
}

/* Cepstra by mel and mfcc alone, from
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
    assert_int_equal(make(&f, &s, N), ST_OK);
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
        same_values(row + ST_FEATURES_CHROMA, classes, 12);
        same_values(row + ST_FEATURES_TONNETZ, place, 6);
    }
    kept_free(&alone);
    st_mel_free(mel);
    st_mfcc_free(m);
    st_features_free(f);
    st_spectra_free(s);
}

/* Rows are the same however many are asked for at a time. */
static void test_any_count_same_rows(void **state) {
    (void)state;
    enum { COUNT = 301 };
    static unsigned char many[COUNT * ST_FEATURES_ROW];
    unsigned char one[ST_FEATURES_ROW];
    st_features *f = NULL;
    st_spectra *s = NULL;
    sig_music(sound, other, N, 22050, 6);
    assert_int_equal(make(&f, &s, N), ST_OK);
    for (int64_t first = 0; first < ROWS; first += COUNT) {
        int64_t count = ROWS - first < COUNT ? ROWS - first : COUNT;
        assert_int_equal(st_features_read(f, first, count, many, NULL), ST_OK);
        for (int64_t i = 0; i < count; i++) {
            assert_int_equal(st_features_read(f, first + i, 1, one, NULL),
                             ST_OK);
            assert_memory_equal(one, many + i * ST_FEATURES_ROW, sizeof one);
        }
    }
    assert_int_equal(st_features_read(f, ROWS, 1, one, NULL), ST_IO);
    st_features_free(f);
    st_spectra_free(s);
}

static void test_head(void **state) {
    (void)state;
    unsigned char head[ST_FEATURES_HEAD + 1] = {0};
    st_features *f = NULL;
    st_spectra *s = NULL;
    assert_int_equal(make(&f, &s, N), ST_OK);
    st_features_head(f, head);
    assert_memory_equal(head, "\x93NUMPY\x01\x00\x76\x00", 10);
    assert_non_null(strstr((char *)head + 10, "'shape': (4307, 78), }"));
    assert_int_equal(head[ST_FEATURES_HEAD - 1], '\n');
    st_features_free(f);
    st_spectra_free(s);
}

/* Every band at the floor of -100 dB: c0 alone, no slope, no class; 5e-3 is
 * the rounding of 128 terms of 100 dB. */
static void test_silence(void **state) {
    (void)state;
    st_features *f = NULL;
    st_spectra *s = NULL;
    memset(sound, 0, sizeof sound);
    assert_int_equal(make(&f, &s, 22050), ST_OK);
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

/* Half of the rows missing is a fault, not a table of zeros. */
static void test_needs_classes(void **state) {
    (void)state;
    st_features *f = NULL;
    st_spectra *s = NULL;
    st_err err = {0};
    assert_int_equal(st_features_new(&f, NULL, NULL), ST_OK);
    st_spectra_params params = {.rate_hz = 22050,
                                .mfcc = st_features_cepstra(f)};
    assert_int_equal(st_spectra_new(&s, &params), ST_OK);
    assert_int_equal(st_spectra_process(s, sound, 22050), ST_OK);
    assert_int_equal(st_spectra_finish(s), ST_OK);
    assert_int_equal(st_features_finish(f, 0, &err), ST_BAD_ARG);
    assert_string_equal(err.text, "44 frames of cepstra, 0 of pitch classes.");
    st_features_free(f);
    st_spectra_free(s);
}

static void test_no_folder(void **state) {
    (void)state;
    st_features *f = NULL;
    st_err err = {0};
    assert_int_equal(st_features_new(&f, "/nonexistent", &err), ST_IO);
    assert_non_null(strstr(err.text, "TMPDIR"));
}

/* A disk that fills up while rows come is told at the end. */
static void test_full_disk(void **state) {
    (void)state;
    struct rlimit old;
    st_features *f = NULL;
    st_err err = {0};
    float row[ST_FEATURES_MFCC] = {0};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(st_features_new(&f, NULL, NULL), ST_OK);
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, old.rlim_max}), 0);
    st_frame_sink cepstra = st_features_cepstra(f);
    st_frame_sink classes = st_features_classes(f);
    for (int64_t i = 0; i < 10000; i++) {
        cepstra.frame(cepstra.ctx, i, row);
        classes.frame(classes.ctx, i, row);
    }
    st_status status = st_features_finish(f, 0, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, before);
    assert_int_equal(status, ST_IO);
    assert_non_null(strstr(err.text, "free some space"));
    st_features_free(f);
}

static st_status whole_life(void *ctx) {
    (void)ctx;
    st_features *f = NULL;
    st_spectra *s = NULL;
    st_status status = make(&f, &s, N);
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
        cmocka_unit_test(test_any_count_same_rows),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_needs_classes),
        cmocka_unit_test(test_no_folder),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
