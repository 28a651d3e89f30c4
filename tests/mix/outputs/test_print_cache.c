#include "support/cases.h"

#include "mix/print_cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 6, BYTES = 1 << 16 };

typedef struct {
    char root[40], folder[64];
} rig;

static int set_up(void **state) {
    static rig r;
    snprintf(r.root, sizeof r.root, "/var/tmp/stemma-prints-XXXXXX");
    if (mkdtemp(r.root) == NULL ||
        !st_print_cache_folder(r.root, "prints", r.folder, sizeof r.folder))
        return 1;
    *state = &r;
    return 0;
}

static int tear_down(void **state) {
    const rig *r = *state;
    st_print_cache_trim(r->folder, 0);
    return rmdir(r->folder) != 0 || rmdir(r->root) != 0;
}

static void path_of(const rig *r, int i, char *path, size_t bytes) {
    snprintf(path, bytes, "%s/print%d", r->folder, i);
}

/* Print i was used at second 1000 + i. */
static void put_old(const rig *r, int i) {
    static const char zeros[BYTES];
    const struct timespec at[2] = {{1000 + i, 0}, {1000 + i, 0}};
    char path[96];
    path_of(r, i, path, sizeof path);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, zeros, BYTES), BYTES);
    assert_int_equal(futimens(fd, at), 0);
    assert_int_equal(close(fd), 0);
}

static bool is_there(const rig *r, int i) {
    char path[96];
    path_of(r, i, path, sizeof path);
    return access(path, F_OK) == 0;
}

static void test_the_oldest_go_first(void **state) {
    const rig *r = *state;
    for (int i = FILES; i-- > 0;)
        put_old(r, i);
    st_print_cache_trim(r->folder, (int64_t)FILES * BYTES);
    for (int i = 0; i < FILES; i++)
        assert_true(is_there(r, i));
    st_print_cache_trim(r->folder, 2 * BYTES + BYTES / 2);
    for (int i = 0; i < FILES; i++)
        assert_int_equal(is_there(r, i), i >= FILES - 2);
}

static void make(const rig *r, st_print *print) {
    st_sink *sink = NULL;
    float wave[64] = {0.5f};
    const float *const block[1] = {wave};
    memset(print, 0, sizeof *print);
    assert_int_equal(st_spool_new(&print->spool, r->folder, 48000, 1, NULL),
                     ST_OK);
    assert_int_equal(st_spool_sink(print->spool, &sink, NULL), ST_OK);
    assert_int_equal(st_sink_write(sink, block, 64, NULL), ST_OK);
    assert_int_equal(st_sink_finish(sink, NULL), ST_OK);
    st_sink_free(sink);
    print->meter.compressor.mean_db = 1.25;
}

static void test_using_makes_young(void **state) {
    const rig *r = *state;
    const struct timespec old[2] = {{1000, 0}, {1000, 0}};
    st_print print, again = {0};
    char path[96];
    path_of(r, 0, path, sizeof path);
    make(r, &print);
    assert_false(st_print_cache_load(r->folder, "print0", &again));
    assert_true(st_print_cache_store(r->folder, "print0", &print));
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    put_old(r, 5);
    assert_true(st_print_cache_load(r->folder, "print0", &again));
    assert_true(again.meter.compressor.mean_db == 1.25);
    assert_int_equal(st_spool_frames(again.spool), 64);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    st_print_cache_trim(r->folder, about.st_blocks * 512);
    assert_true(is_there(r, 0));
    assert_false(is_there(r, 5));
    st_print_deinit(&print);
    st_print_deinit(&again);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_oldest_go_first, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_using_makes_young, set_up,
                                        tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
