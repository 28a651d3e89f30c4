#include "support/cases.h"

#include "core/alloc.h"
#include "nn/weights.h"
#include "support/failing.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    _Alignas(64) uint8_t bytes[2048];
    size_t size;
} blob;

/* A file of this header and `room` bytes of data, 4-byte values counting
 * from 1.0 up; `shift` moves it off its alignment. */
static const uint8_t *make(blob *f, const char *header, size_t room,
                           size_t shift) {
    uint64_t n = strlen(header);
    uint8_t *p = f->bytes + shift;
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(n >> (8 * i));
    memcpy(p + 8, header, n);
    for (size_t i = 0; i < room / 4; i++) {
        float v = 1.0f + (float)i;
        memcpy(p + 8 + n + 4 * i, &v, 4);
    }
    f->size = 8 + n + room;
    return p;
}

#define T(NAME, TYPE, SHAPE, FROM, TO)                                         \
    "\"" NAME "\":{\"dtype\":\"" TYPE "\",\"shape\":" SHAPE                    \
    ",\"data_offsets\":[" #FROM "," #TO "]}"
#define GOOD                                                                   \
    "{\"__metadata__\":{\"a\":\"b\"}," T("w", "F32", "[2,3]", 0, 24) "," T(    \
        "b", "F32", "[]", 24, 28) "}       "

static void test_weights_read(void **state) {
    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        blob f;
        st_err err = {0};
        st_weights *w = NULL;
        const uint8_t *p = make(&f, GOOD, 28, shift);
        assert_int_equal(st_weights_open_memory(&w, p, f.size, &err), ST_OK);
        assert_int_equal(st_weights_count(w), 2);
        assert_string_equal(st_weights_at(w, 0)->name, "b");
        assert_string_equal(st_weights_note(w, "a"), "b");
        assert_null(st_weights_note(w, "c"));
        const float *v = NULL;
        assert_int_equal(
            st_weights_get(w, "w", 2, (int64_t[]){2, -1}, &v, &err), ST_OK);
        for (int i = 0; i < 6; i++)
            assert_true(v[i] == 1.0f + (float)i);
        assert_int_equal(st_weights_get(w, "b", 0, NULL, &v, &err), ST_OK);
        assert_true(v[0] == 7.0f);
        char hash[65];
        st_weights_hash(w, hash);
        assert_int_equal(strlen(hash), 64);
        st_weights_free(w);
    }
}

static void test_weights_get_says_what_it_found(void **state) {
    (void)state;
    blob f;
    st_err err = {0};
    st_weights *w = NULL;
    const float *v = NULL;
    const uint8_t *p = make(
        &f,
        "{" T("w", "F32", "[2,3]", 0, 24) "," T("i", "I32", "[1]", 24, 28) "}",
        28, 0);
    assert_int_equal(st_weights_open_memory(&w, p, f.size, &err), ST_OK);
    assert_int_equal(st_weights_get(w, "w", 2, (int64_t[]){3, 2}, &v, &err),
                     ST_BAD_DATA);
    assert_string_equal(err.text, "Tensor w has the shape [2, 3], not [3, 2].");
    assert_int_equal(st_weights_get(w, "w", 1, (int64_t[]){6}, &v, &err),
                     ST_BAD_DATA);
    assert_int_equal(st_weights_get(w, "x", 0, NULL, &v, &err), ST_NOT_FOUND);
    assert_int_equal(st_weights_get(w, "i", 1, (int64_t[]){1}, &v, &err),
                     ST_BAD_DATA);
    assert_string_equal(err.text, "Tensor i is I32, not float.");
    assert_null(v);
    assert_null(st_weights_find(w, "i")->data);
    st_weights_free(w);
}

static void test_weights_refuse(void **state) {
    (void)state;
    static const struct {
        const char *header;
        size_t room;
        const char *says;
    } rows[] = {
        {"{" T("w", "F32", "[2]", 0, 8) "," T("v", "F32", "[2]", 4, 12) "}", 12,
         "overlaps"},
        {"{" T("w", "F32", "[1]", 0, 4) "," T("v", "F32", "[1]", 8, 12) "}", 12,
         "hole"},
        {"{" T("w", "F32", "[1]", 4, 8) "}", 8, "hole"},
        {"{" T("w", "F32", "[2]", 0, 8) "}", 12, "behind"},
        {"{" T("w", "F32", "[2]", 0, 8) "}", 4, "inside"},
        {"{" T("w", "F32", "[2]", 8, 0) "}", 8, "inside"},
        {"{" T("w", "F32", "[2]", -8, 0) "}", 8, "inside"},
        {"{" T("w", "F32", "[3]", 0, 8) "}", 8, "bytes than"},
        {"{" T("w", "F32", "[2147483647,2147483647,2147483647]", 0, 8) "}", 8,
         "impossible"},
        {"{" T("w", "F64", "[2147483647,2147483647,2]", 0, 8) "}", 8,
         "bytes than"},
        {"{" T("w", "F32", "[-2]", 0, 8) "}", 8, "impossible"},
        {"{" T("w", "F32", "[2.0]", 0, 8) "}", 8, "impossible"},
        {"{" T("w", "F32", "8", 0, 8) "}", 8, "list"},
        {"{" T("w", "F32", "[1,1,1,1,1,1,1,1,2]", 0, 8) "}", 8, "list"},
        {"{" T("w", "F33", "[2]", 0, 8) "}", 8, "dtype"},
        {"{\"w\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "dtype"},
        {"{\"w\":4}", 0, "dtype"},
        {"{" T("w", "F32", "[1]", 0, 4) "," T("w", "F32", "[1]", 4, 8) "}", 8,
         "duplicate"},
        {"{\"__metadata__\":{\"a\":1}}", 0, "texts"},
        {"{\"__metadata__\":[]}", 0, "texts"},
        {"[]", 0, "object"},
        {"{", 0, "line 1"},
        {"", 0, "line 1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        blob f;
        st_err err = {0};
        st_weights *w = NULL;
        const uint8_t *p = make(&f, rows[i].header, rows[i].room, 0);
        assert_int_not_equal(st_weights_open_memory(&w, p, f.size, &err),
                             ST_OK);
        assert_null(w);
        if (strstr(err.text, rows[i].says) == NULL)
            fail_msg("%s: %s", rows[i].header, err.text);
    }
}

static void test_weights_refuse_cut_files_and_bad_values(void **state) {
    (void)state;
    blob f;
    st_err err = {0};
    st_weights *w = NULL;
    const uint8_t *p = make(&f, GOOD, 28, 0);
    for (size_t n = 0; n < f.size; n++)
        assert_int_not_equal(st_weights_open_memory(&w, p, n, &err), ST_OK);
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        memcpy(f.bytes + f.size - 4, &bad[i], 4);
        assert_int_equal(st_weights_open_memory(&w, p, f.size, &err),
                         ST_BAD_DATA);
        assert_non_null(strstr(err.text, "finite"));
    }
    f.bytes[7] = 0xFF; /* a header of 2^63 bytes */
    assert_int_equal(st_weights_open_memory(&w, p, f.size, &err), ST_BAD_DATA);
}

static void test_weights_convert(void **state) {
    (void)state;
    static const struct {
        const char *type;
        uint16_t bits;
        float value;
    } rows[] = {
        {"F16", 0x3C00, 1.0f},          {"F16", 0xC000, -2.0f},
        {"F16", 0x7BFF, 65504.0f},      {"F16", 0x0001, 0x1p-24f},
        {"F16", 0x83FF, -0x1.ff8p-15f}, {"F16", 0x0400, 0x1p-14f},
        {"F16", 0x8000, -0.0f},         {"F16", 0x3555, 0x1.554p-2f},
        {"BF16", 0x3F80, 1.0f},         {"BF16", 0xC040, -3.0f},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        blob f;
        char header[200];
        st_err err = {0};
        st_weights *w = NULL;
        const float *v = NULL;
        snprintf(header, sizeof header,
                 "{\"w\":{\"dtype\":\"%s\",\"shape\":[1],"
                 "\"data_offsets\":[0,2]}}",
                 rows[i].type);
        const uint8_t *p = make(&f, header, 2, 0);
        f.bytes[f.size - 2] = (uint8_t)rows[i].bits;
        f.bytes[f.size - 1] = (uint8_t)(rows[i].bits >> 8);
        assert_int_equal(st_weights_open_memory(&w, p, f.size, &err), ST_OK);
        assert_int_equal(st_weights_get(w, "w", 1, (int64_t[]){1}, &v, &err),
                         ST_OK);
        assert_memory_equal(v, &rows[i].value, 4);
        st_weights_free(w);
    }
}

static st_status whole_life(void *ctx) {
    st_weights *w = NULL;
    st_err err = {0};
    st_status status = st_weights_open(&w, ctx, &err);
    st_weights_free(w);
    return status;
}

static void test_weights_from_a_file(void **state) {
    (void)state;
    char path[] = "/tmp/stemma-weights-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    blob f;
    const uint8_t *p = make(&f, "{" T("w", "BF16", "[4]", 0, 8) "}", 8, 0);
    assert_true(write(fd, p, f.size) == (ssize_t)f.size);
    close(fd);
    json_set_alloc_funcs(malloc, free);
    assert_true(failing_run(whole_life, path) > 3);
    st_weights *w = NULL;
    st_err err = {0};
    assert_int_equal(truncate(path, 3), 0);
    assert_int_equal(st_weights_open(&w, path, &err), ST_BAD_DATA);
    assert_non_null(strstr(err.text, path));
    unlink(path);
    assert_int_equal(st_weights_open(&w, path, &err), ST_NOT_FOUND);
    assert_int_equal(st_weights_open(&w, "/tmp", &err), ST_BAD_DATA);
    assert_null(w);
    st_weights_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_read),
        cmocka_unit_test(test_weights_get_says_what_it_found),
        cmocka_unit_test(test_weights_refuse),
        cmocka_unit_test(test_weights_refuse_cut_files_and_bad_values),
        cmocka_unit_test(test_weights_convert),
        cmocka_unit_test(test_weights_from_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
