#include "support/cases.h"

#include "analysis/peaks.h"
#include "support/signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 100000 };

static st_peaks *peaks_of(const float *l, const float *r, int64_t n,
                          int64_t block) {
    st_peaks *p = NULL;
    assert_int_equal(st_peaks_new(&p, r != NULL ? 2 : 1, 48000), ST_OK);
    for (int64_t at = 0; at < n; at += block) {
        const float *in[] = {l + at, r != NULL ? r + at : NULL};
        assert_int_equal(
            st_peaks_process(p, in, n - at < block ? n - at : block), ST_OK);
    }
    assert_int_equal(st_peaks_finish(p), ST_OK);
    return p;
}

/* Every entry of every level against its own frames. */
static void check_channel(const st_peaks *p, int channel, const float *x,
                          int64_t n) {
    for (int l = 0; l < st_peaks_levels(p); l++) {
        int64_t step = (int64_t)ST_PEAKS_FIRST << l;
        assert_int_equal(st_peaks_entries(p, l), (n + step - 1) / step);
        for (int64_t i = 0; i < st_peaks_entries(p, l); i++) {
            st_peak e = st_peaks_get(p, l, channel)[i];
            int64_t end = (i + 1) * step < n ? (i + 1) * step : n;
            double low = (double)x[i * step], high = low, square = 0.0;
            for (int64_t k = i * step; k < end; k++) {
                low = fmin(low, (double)x[k]);
                high = fmax(high, (double)x[k]);
                square += (double)x[k] * (double)x[k];
            }
            assert_int_equal(e.low, (int)floor(low * 32767.0));
            assert_int_equal(e.high, (int)ceil(high * 32767.0));
            assert_close(e.rms,
                         sqrt(square / (double)(end - i * step)) * 32767.0,
                         0.51, "rms");
        }
    }
}

static void test_peaks_every_level(void **state) {
    (void)state;
    static float l[N], r[N];
    static const int64_t lengths[] = {1, 255, 256, 257, 512, 513, 65536, N};
    sig_music(l, r, N, 48000, 1);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        st_peaks *p = peaks_of(l, r, lengths[i], 1000);
        int top = st_peaks_levels(p) - 1;
        assert_int_equal(st_peaks_entries(p, top), 1);
        assert_true(top == 0 || st_peaks_entries(p, top - 1) == 2);
        check_channel(p, 0, l, lengths[i]);
        check_channel(p, 1, r, lengths[i]);
        st_peaks_free(p);
    }
}

static void test_peaks_any_block_same(void **state) {
    (void)state;
    static float x[N];
    static const int64_t blocks[] = {1, 255, 256, 9999};
    sig_white(x, N, 3, -12);
    static const int64_t expected[] = {1, 1000, N, 3 * N};
    st_peaks *want = peaks_of(x, NULL, N, N);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const float *in[] = {x};
        st_peaks *got = NULL;
        assert_int_equal(st_peaks_new(&got, 1, 48000), ST_OK);
        assert_int_equal(st_peaks_expect(got, expected[i]), ST_OK);
        assert_int_equal(st_peaks_process(got, in, N), ST_OK);
        assert_int_equal(st_peaks_finish(got), ST_OK);
        assert_int_equal(st_peaks_levels(got), st_peaks_levels(want));
        for (int l = 0; l < st_peaks_levels(want); l++)
            assert_memory_equal(
                st_peaks_get(got, l, 0), st_peaks_get(want, l, 0),
                (size_t)st_peaks_entries(want, l) * sizeof(st_peak));
        st_peaks_free(got);
    }
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        st_peaks *got = peaks_of(x, NULL, N, blocks[i]);
        assert_int_equal(st_peaks_levels(got), st_peaks_levels(want));
        for (int l = 0; l < st_peaks_levels(want); l++)
            assert_memory_equal(
                st_peaks_get(got, l, 0), st_peaks_get(want, l, 0),
                (size_t)st_peaks_entries(want, l) * sizeof(st_peak));
        st_peaks_free(got);
    }
    st_peaks_free(want);
}

static void test_peaks_edges(void **state) {
    (void)state;
    static float x[600];
    st_peaks *p = peaks_of(x, NULL, 0, 1);
    assert_int_equal(st_peaks_levels(p), 0);
    st_peaks_free(p);
    x[3] = NAN;
    x[4] = 2.5f;   /* over full scale */
    x[5] = -1e-7f; /* far under a step: still drawn */
    p = peaks_of(x, NULL, 256, 256);
    st_peak e = st_peaks_get(p, 0, 0)[0];
    assert_int_equal(e.high, 32767);
    assert_int_equal(e.low, -1);
    st_peaks_free(p);
    for (int i = 0; i < 600; i++)
        x[i] = 0.25f; /* DC: 0 is not among its samples */
    p = peaks_of(x, NULL, 600, 600);
    e = st_peaks_get(p, 2, 0)[0];
    assert_int_equal(e.low, 8191);
    assert_int_equal(e.high, 8192);
    assert_int_equal(e.rms, 8192);
    st_peaks_free(p);
    assert_int_equal(st_peaks_new(&p, 0, 48000), ST_BAD_ARG);
    assert_int_equal(st_peaks_new(&p, 9, 48000), ST_BAD_ARG);
    assert_int_equal(st_peaks_new(&p, 1, 0), ST_BAD_ARG);
}

static void test_peaks_blob_there_and_back(void **state) {
    (void)state;
    static float l[N], r[N];
    sig_music(l, r, N, 48000, 2);
    st_peaks *p = peaks_of(l, r, N, N);
    for (int level = 0; level < st_peaks_levels(p); level++) {
        size_t bytes = st_peaks_blob_bytes(p, level);
        unsigned char *blob = malloc(bytes);
        st_peaks_view v = {0};
        st_peaks_blob_write(p, level, blob);
        assert_int_equal(st_peaks_view_open(&v, blob, bytes), ST_OK);
        assert_int_equal(v.channels, 2);
        assert_int_equal(v.level, level);
        assert_int_equal(v.rate_hz, 48000);
        assert_int_equal(v.frames, N);
        for (int c = 0; c < 2; c++)
            for (uint32_t i = 0; i < v.entries; i++) {
                st_peak e = st_peaks_view_get(&v, c, i);
                assert_memory_equal(&e, &st_peaks_get(p, level, c)[i],
                                    sizeof e);
            }
        free(blob);
    }
    st_peaks_free(p);
}

/* A blob with any one byte of its head changed, or cut, is refused, unless
 * what it says still fits (the rate). */
static void test_peaks_blob_refused(void **state) {
    (void)state;
    static float x[5000];
    st_peaks_view v = {0};
    st_peaks *p = peaks_of(x, NULL, 5000, 5000);
    size_t bytes = st_peaks_blob_bytes(p, 1);
    unsigned char *blob = malloc(bytes);
    st_peaks_blob_write(p, 1, blob);
    for (size_t i = 0; i < bytes; i++)
        assert_int_equal(st_peaks_view_open(&v, blob, i), ST_BAD_DATA);
    for (size_t i = 0; i < ST_PEAKS_HEAD_BYTES; i++) {
        bool rate = i >= 8 && i < 11, frames = i == 16;
        blob[i] ^= 0x81;
        if (!rate && !frames)
            assert_int_equal(st_peaks_view_open(&v, blob, bytes), ST_BAD_DATA);
        blob[i] ^= 0x81;
    }
    assert_int_equal(st_peaks_view_open(&v, blob, bytes), ST_OK);
    free(blob);
    st_peaks_free(p);
}

/* The file: blob after blob, each found by the length of those before. */
static void test_peaks_file_and_its_document(void **state) {
    (void)state;
    static float l[N], r[N];
    char hash[ST_HASH_TEXT_BYTES], key[ST_HASH_TEXT_BYTES];
    sig_music(l, r, N, 48000, 3);
    st_hash_text("sound", 5, hash);
    st_peaks *p = peaks_of(l, r, N, N);
    size_t bytes = st_peaks_file_bytes(p), at = 0;
    unsigned char *file = malloc(bytes);
    st_peaks_file_write(p, file);
    json_t *about = st_peaks_json(p, hash);
    const json_t *levels = json_object_get(about, "levels");
    assert_int_equal(json_array_size(levels), st_peaks_levels(p));
    for (int level = 0; level < st_peaks_levels(p); level++) {
        const json_t *entry = json_array_get(levels, (size_t)level);
        size_t size = st_peaks_blob_bytes(p, level);
        st_peaks_view v = {0};
        assert_int_equal(st_peaks_view_open(&v, file + at, size), ST_OK);
        assert_int_equal(v.level, level);
        assert_int_equal(st_peaks_key(hash, level, key), ST_OK);
        assert_string_equal(json_string_value(json_object_get(entry, "key")),
                            key);
        assert_int_equal(
            json_integer_value(json_object_get(entry, "offset_bytes")), at);
        at += size;
    }
    assert_int_equal(at, bytes);
    json_decref(about);
    free(file);
    assert_null(st_peaks_json(p, "../x"));
    st_peaks_free(p);
    p = peaks_of(l, r, 0, 1);
    assert_int_equal(st_peaks_file_bytes(p), 0);
    about = st_peaks_json(p, hash);
    assert_int_equal(json_array_size(json_object_get(about, "levels")), 0);
    json_decref(about);
    st_peaks_free(p);
}

static void test_peaks_key(void **state) {
    (void)state;
    char hash[ST_HASH_TEXT_BYTES], a[ST_HASH_TEXT_BYTES];
    char b[ST_HASH_TEXT_BYTES];
    st_hash_text("sound", 5, hash);
    assert_int_equal(st_peaks_key(hash, 0, a), ST_OK);
    assert_int_equal(st_peaks_key(hash, 1, b), ST_OK);
    assert_true(st_hash_valid(a) && strcmp(a, b) != 0);
    assert_int_equal(st_peaks_key(hash, 0, b), ST_OK);
    assert_string_equal(a, b);
    assert_int_equal(st_peaks_key("../x", 0, b), ST_BAD_ARG);
    assert_int_equal(st_peaks_key(hash, -1, b), ST_BAD_ARG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_peaks_every_level),
        cmocka_unit_test(test_peaks_any_block_same),
        cmocka_unit_test(test_peaks_edges),
        cmocka_unit_test(test_peaks_blob_there_and_back),
        cmocka_unit_test(test_peaks_blob_refused),
        cmocka_unit_test(test_peaks_file_and_its_document),
        cmocka_unit_test(test_peaks_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
