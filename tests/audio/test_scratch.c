/* Scratch bytes: all that was appended comes back, in any pieces. */
#include "support/cases.h"

#include "audio/scratch.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

enum { SIZE = 1 << 20 };

static unsigned char mark(int64_t at) {
    return (unsigned char)(at * 2654435761U >> 13);
}

static void check(const st_scratch *s, int64_t from, size_t count) {
    static unsigned char bytes[SIZE];
    assert_int_equal(st_scratch_read(s, from, bytes, count, NULL), ST_OK);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(bytes[i], mark(from + (int64_t)i));
}

/* Pieces smaller and larger than what is gathered, and appends after a
 * flush. */
static void test_gives_back_what_it_took(void **state) {
    (void)state;
    static const size_t pieces[] = {0, 1, 384, 65535, 65536, 65537, 200000};
    static unsigned char bytes[SIZE];
    for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
        st_scratch *s = NULL;
        assert_int_equal(st_scratch_new(&s, NULL, NULL), ST_OK);
        int64_t size = 0;
        for (int round = 0; round < 900 && size < SIZE - 300000; round++) {
            size_t count = round % 5 == 4 ? 70 : pieces[p];
            for (size_t i = 0; i < count; i++)
                bytes[i] = mark(size + (int64_t)i);
            assert_int_equal(st_scratch_append(s, bytes, count, NULL), ST_OK);
            size += (int64_t)count;
            assert_int_equal(st_scratch_size(s), size);
            if (round % 7 == 6)
                assert_int_equal(st_scratch_flush(s, NULL), ST_OK);
        }
        assert_int_equal(st_scratch_flush(s, NULL), ST_OK);
        assert_int_equal(st_scratch_size(s), size);
        check(s, 0, (size_t)size);
        check(s, size / 3, (size_t)(size / 3));
        check(s, size, 0);
        st_scratch_free(s);
    }
}

static void test_behind_the_end(void **state) {
    (void)state;
    st_scratch *s = NULL;
    st_err err = {0};
    char bytes[8] = {0};
    assert_int_equal(st_scratch_new(&s, NULL, NULL), ST_OK);
    assert_int_equal(st_scratch_append(s, "12345678", 8, NULL), ST_OK);
    assert_int_equal(st_scratch_flush(s, NULL), ST_OK);
    assert_int_equal(st_scratch_read(s, 1, bytes, 8, &err), ST_IO);
    assert_non_null(strstr(err.text, "too short"));
    st_scratch_free(s);
    st_scratch_free(NULL);
}

static void test_says_where_it_cannot_write(void **state) {
    (void)state;
    st_scratch *s = NULL;
    st_err err = {0};
    assert_int_equal(st_scratch_new(&s, "/nonexistent", &err), ST_IO);
    assert_non_null(strstr(err.text, "TMPDIR"));
}

static void test_full_disk_is_a_sentence(void **state) {
    (void)state;
    static unsigned char bytes[SIZE];
    struct rlimit old;
    st_scratch *s = NULL;
    st_err err = {0};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(st_scratch_new(&s, NULL, NULL), ST_OK);
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){SIZE / 2, old.rlim_max}), 0);
    st_status status = st_scratch_append(s, bytes, SIZE, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, before);
    assert_int_equal(status, ST_IO);
    assert_non_null(strstr(err.text, "free some space"));
    st_scratch_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gives_back_what_it_took),
        cmocka_unit_test(test_behind_the_end),
        cmocka_unit_test(test_says_where_it_cannot_write),
        cmocka_unit_test(test_full_disk_is_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
