/* What every back end of blobs does; run with "file", "named" (files with
 * named temporaries) or "s3" (a real server, started here). */
#include "support/cases.h"

#include "core/alloc.h"
#include "core/clock.h"
#include "store/blob.h"
#include "support/helper.h"

#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MIB = 1 << 20, THREADS = 8, PAGE = 7, BLOBS = 23 };

static struct {
    bool s3;
    bool named;
    char folder[64];
    s3_server server;
    int spaces; /* each test has a place of its own */
    char url[512];
    st_blobs *store;
} rig;

static void ok(st_status status, const st_err *err) {
    if (status != ST_OK)
        fail_msg("%s: %s", st_status_name(status), err->text);
}

static st_blobs *open_here(void) {
    st_blobs *store = NULL;
    st_err err = {0};
    ok(st_blobs_open(&store, rig.url, NULL, &err), &err);
    return store;
}

static int each_setup(void **state) {
    (void)state;
    int n = rig.spaces++;
    if (rig.s3)
        (void)snprintf(rig.url, sizeof rig.url,
                       "s3://blobs/test/%d?endpoint=http://%s&spool=%s", n,
                       rig.server.host, rig.folder);
    else
        (void)snprintf(rig.url, sizeof rig.url, "file://%s/blobs%d%s",
                       rig.folder, n, rig.named ? "?named_temps=1" : "");
    rig.store = open_here();
    return 0;
}

static int each_teardown(void **state) {
    (void)state;
    st_blobs_close(rig.store);
    return 0;
}

/* -- helpers -----------------------------------------------------------------
 */

static void fill(unsigned char *data, size_t bytes, uint64_t seed) {
    uint64_t x = seed * 0x9E3779B97F4A7C15u + 1;
    for (size_t i = 0; i < bytes; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        data[i] = (unsigned char)x;
    }
}

static void put(size_t bytes, uint64_t seed, char hash[ST_HASH_TEXT_BYTES]) {
    unsigned char *data = st_calloc(bytes, 1);
    st_err err = {0};
    fill(data, bytes, seed);
    ok(st_blob_put_all(rig.store, data, bytes, hash, &err), &err);
    st_free(data);
}

static bool has(const char *hash) {
    bool there = false;
    st_err err = {0};
    ok(st_blob_has(rig.store, hash, &there, &err), &err);
    return there;
}

static size_t count_all(void) {
    st_blob_info page[PAGE];
    char after[ST_HASH_TEXT_BYTES] = "";
    size_t total = 0, count = 0;
    st_err err = {0};
    do {
        ok(st_blob_list(rig.store, after, page, PAGE, &count, &err), &err);
        for (size_t i = 0; i < count; i++) {
            assert_true(strcmp(after, page[i].hash) < 0);
            memcpy(after, page[i].hash, sizeof after);
        }
        total += count;
    } while (count > 0);
    return total;
}

static size_t in_tmp(void) {
    char path[600];
    size_t count = 0;
    (void)snprintf(path, sizeof path, "%s/blobs%d/tmp", rig.folder,
                   rig.spaces - 1);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *at = readdir(folder); at != NULL; at = readdir(folder))
        count += at->d_name[0] != '.';
    (void)closedir(folder);
    return count;
}

/* -- tests -------------------------------------------------------------------
 */

static void test_blob_put_get(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 4096, 100001, 9 * MIB + 17};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char hash[ST_HASH_TEXT_BYTES], wanted[ST_HASH_TEXT_BYTES];
        size_t bytes = sizes[i], got = 99;
        unsigned char *data = st_calloc(bytes, 1);
        unsigned char *back = st_calloc(bytes + 8, 1);
        st_blob_reader *reader = NULL;
        st_err err = {0};
        fill(data, bytes, i);
        ok(st_blob_put_all(rig.store, data, bytes, hash, &err), &err);
        st_hash_text(data, bytes, wanted);
        assert_string_equal(hash, wanted);
        assert_true(has(hash));
        ok(st_blob_open(rig.store, hash, &reader, &err), &err);
        assert_int_equal(st_blob_size(reader), bytes);
        ok(st_blob_read(reader, back, bytes + 8, 0, &got, &err), &err);
        assert_int_equal(got, bytes);
        if (bytes > 0)
            assert_memory_equal(back, data, bytes);
        ok(st_blob_read(reader, back, 8, (int64_t)bytes + 5, &got, &err), &err);
        assert_int_equal(got, 0);
        st_blob_reader_free(reader);
        ok(st_blob_verify(rig.store, hash, &err), &err);
        st_free(data);
        st_free(back);
    }
}

static void test_blob_ranges(void **state) {
    (void)state;
    enum { BYTES = 6 * MIB + 333 };
    char hash[ST_HASH_TEXT_BYTES];
    unsigned char *data = st_calloc(BYTES, 1);
    unsigned char *back = st_calloc(BYTES, 1);
    st_blob_reader *reader = NULL;
    st_err err = {0};
    uint64_t x = 7;
    fill(data, BYTES, 5);
    ok(st_blob_put_all(rig.store, data, BYTES, hash, &err), &err);
    ok(st_blob_open(rig.store, hash, &reader, &err), &err);
    for (int i = 0; i < 60; i++) {
        size_t got = 0;
        x = x * 6364136223846793005u + 1442695040888963407u;
        size_t from = (size_t)(x >> 20) % BYTES;
        size_t bytes = i % 10 == 0 ? 5 * MIB : (size_t)(x >> 50) + 1;
        size_t wanted = BYTES - from < bytes ? BYTES - from : bytes;
        ok(st_blob_read(reader, back, bytes, (int64_t)from, &got, &err), &err);
        assert_int_equal(got, wanted);
        assert_memory_equal(back, data + from, wanted);
    }
    for (size_t at = 0, got = 0; at < BYTES; at += got) { /* in order */
        ok(st_blob_read(reader, back, 10007, (int64_t)at, &got, &err), &err);
        assert_memory_equal(back, data + at, got);
    }
    st_blob_reader_free(reader);
    st_free(data);
    st_free(back);
}

static void test_blob_not_there(void **state) {
    (void)state;
    char hash[ST_HASH_TEXT_BYTES];
    st_blob_reader *reader = NULL;
    st_blob_info info;
    st_err err = {0};
    st_hash_text("never put", 9, hash);
    assert_false(has(hash));
    assert_int_equal(st_blob_open(rig.store, hash, &reader, &err),
                     ST_NOT_FOUND);
    assert_non_null(strstr(err.text, st_blobs_name(rig.store)));
    assert_int_equal(st_blob_about(rig.store, hash, &info, &err), ST_NOT_FOUND);
    assert_int_equal(st_blob_verify(rig.store, hash, &err), ST_NOT_FOUND);
    ok(st_blob_remove(rig.store, hash, &err), &err);
}

static void test_blob_names_refused(void **state) {
    (void)state;
    static const char *const names[] = {
        "",
        "..",
        "../../../etc/passwd",
        "abc",
        "ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef0123456789",
        "../cdef0123456789abcdef0123456789abcdef0123456789abcdef012345678",
        "abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567890",
        "abcdef0123456789abcdef0123456789/bcdef0123456789abcdef0123456789",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        st_blob_reader *reader = NULL;
        st_blob_info info;
        char text[ST_BLOB_URL_BYTES];
        bool there = true;
        size_t count = 0;
        st_err err = {0};
        assert_int_equal(st_blob_open(rig.store, names[i], &reader, &err),
                         ST_BAD_ARG);
        assert_int_equal(st_blob_about(rig.store, names[i], &info, &err),
                         ST_BAD_ARG);
        assert_int_equal(st_blob_has(rig.store, names[i], &there, &err),
                         ST_BAD_ARG);
        assert_int_equal(st_blob_remove(rig.store, names[i], &err), ST_BAD_ARG);
        assert_int_equal(st_blob_verify(rig.store, names[i], &err), ST_BAD_ARG);
        assert_int_equal(
            st_blob_path(rig.store, names[i], text, sizeof text, &err),
            ST_BAD_ARG);
        assert_int_equal(
            st_blob_url(rig.store, names[i], 60, text, sizeof text, &err),
            ST_BAD_ARG);
        if (names[i][0] != '\0')
            assert_int_equal(
                st_blob_list(rig.store, names[i], &info, 1, &count, &err),
                ST_BAD_ARG);
    }
}

static void test_blob_abandoned(void **state) {
    (void)state;
    st_blob_writer *writer = NULL;
    unsigned char data[5000];
    st_err err = {0};
    fill(data, sizeof data, 1);
    ok(st_blob_begin(rig.store, &writer, &err), &err);
    ok(st_blob_append(writer, data, sizeof data, &err), &err);
    st_blob_writer_free(writer);
    assert_int_equal(count_all(), 0);
    if (!rig.s3)
        assert_int_equal(in_tmp(), 0);
}

static void test_blob_list_pages(void **state) {
    (void)state;
    char hash[BLOBS][ST_HASH_TEXT_BYTES];
    st_blob_info page[PAGE];
    size_t count = 0;
    st_err err = {0};
    assert_int_equal(count_all(), 0);
    int64_t start = st_clock_utc_us();
    for (int i = 0; i < BLOBS; i++)
        put((size_t)i + 1, (uint64_t)i, hash[i]);
    put(1, 0, hash[0]); /* once more: still one */
    assert_int_equal(count_all(), BLOBS);
    ok(st_blob_list(rig.store, NULL, page, PAGE, &count, &err), &err);
    assert_int_equal(count, PAGE);
    for (size_t i = 0; i < count; i++) {
        st_blob_info about;
        ok(st_blob_about(rig.store, page[i].hash, &about, &err), &err);
        assert_int_equal(about.bytes, page[i].bytes);
        assert_true(page[i].time_us > start - 2000000);
        assert_true(page[i].time_us < st_clock_utc_us() + 2000000);
    }
    ok(st_blob_remove(rig.store, hash[3], &err), &err);
    assert_false(has(hash[3]));
    assert_int_equal(count_all(), BLOBS - 1);
}

/* -- many threads ------------------------------------------------------------
 */

typedef struct {
    pthread_t thread;
    int number;
    st_status status;
    st_err err;
} putter;

static void *put_and_read(void *ctx) {
    putter *p = ctx;
    enum { BYTES = 70000 };
    char hash[ST_HASH_TEXT_BYTES];
    unsigned char *data = st_calloc(BYTES, 1);
    for (uint64_t i = 0; i < 6 && p->status == ST_OK; i++) {
        /* the same from all, then one's own */
        fill(data, BYTES, i % 2 == 0 ? i : 100 * (uint64_t)p->number + i);
        p->status = st_blob_put_all(rig.store, data, BYTES, hash, &p->err);
        if (p->status == ST_OK)
            p->status = st_blob_verify(rig.store, hash, &p->err);
    }
    st_free(data);
    return NULL;
}

static void test_blob_threads(void **state) {
    (void)state;
    putter all[THREADS] = {{0}};
    for (int i = 0; i < THREADS; i++) {
        all[i].number = i + 1;
        assert_int_equal(
            pthread_create(&all[i].thread, NULL, put_and_read, &all[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(all[i].thread, NULL), 0);
        ok(all[i].status, &all[i].err);
    }
    assert_int_equal(count_all(), 3 + 3 * THREADS);
    if (!rig.s3)
        assert_int_equal(in_tmp(), 0);
}

/* -- much --------------------------------------------------------------------
 */

/* The peak counts from here on. */
static void forget_peak(void) {
    int fd = open("/proc/self/clear_refs", O_WRONLY);
    if (fd >= 0) {
        (void)!write(fd, "5", 1);
        (void)close(fd);
    }
}

static long peak_kib(void) {
    FILE *status = fopen("/proc/self/status", "re");
    char line[128];
    long kib = 0;
    while (fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "VmHWM: %ld", &kib) == 1)
            break;
    (void)fclose(status);
    return kib;
}

static void test_blob_streams(void **state) {
    (void)state;
    char hash[ST_HASH_TEXT_BYTES];
    static unsigned char chunk[MIB];
    int64_t chunks = rig.s3 ? 64 : 1024;
    st_blob_writer *writer = NULL;
    st_blob_info info;
    st_err err = {0};
    fill(chunk, sizeof chunk, 3);
    if (rig.named)
        chunks = 16;
    (void)malloc_trim(0);
    forget_peak();
    long before = peak_kib();
    int64_t start = st_clock_ns();
    ok(st_blob_begin(rig.store, &writer, &err), &err);
    for (int64_t i = 0; i < chunks; i++) {
        memcpy(chunk, &i, sizeof i);
        ok(st_blob_append(writer, chunk, sizeof chunk, &err), &err);
    }
    ok(st_blob_finish(writer, hash, &err), &err);
    st_blob_writer_free(writer);
    int64_t middle = st_clock_ns();
    ok(st_blob_verify(rig.store, hash, &err), &err);
    ok(st_blob_about(rig.store, hash, &info, &err), &err);
    assert_int_equal(info.bytes, chunks * MIB);
    long grown = peak_kib() - before;
    print_message("%d MiB: put %.2f s, verify %.2f s, peak +%ld KiB\n",
                  (int)chunks, st_clock_seconds(start, middle),
                  st_clock_seconds(middle, st_clock_ns()), grown);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(grown < 24 * 1024 || getenv("STEMMA_SANITIZED") != NULL);
#endif
    ok(st_blob_remove(rig.store, hash, &err), &err);
}

static void test_blob_check(void **state) {
    (void)state;
    st_err err = {0};
    ok(st_blobs_check(rig.store, &err), &err);
    assert_int_equal(count_all(), 0);
}

static void test_blob_ways_past(void **state) {
    (void)state;
    char hash[ST_HASH_TEXT_BYTES], text[ST_BLOB_URL_BYTES];
    struct stat about;
    st_err err = {0};
    put(1234, 9, hash);
    if (rig.s3) {
        assert_int_equal(st_blob_path(rig.store, hash, text, sizeof text, &err),
                         ST_UNSUPPORTED);
        return;
    }
    ok(st_blob_path(rig.store, hash, text, sizeof text, &err), &err);
    assert_int_equal(stat(text, &about), 0);
    assert_int_equal(about.st_size, 1234);
    assert_int_equal(about.st_mode & 0222, 0);
    assert_int_equal(st_blob_path(rig.store, hash, text, 20, &err), ST_LIMIT);
    assert_int_equal(st_blob_url(rig.store, hash, 60, text, sizeof text, &err),
                     ST_UNSUPPORTED);
}

/* A limit on file sizes stands for a full disk: the same path, for any user. */
static void test_blob_disk_full(void **state) {
    (void)state;
    static unsigned char data[2 * MIB];
    struct rlimit old, small;
    st_blob_writer *writer = NULL;
    char hash[ST_HASH_TEXT_BYTES];
    st_err err = {0};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){.rlim_cur = MIB, .rlim_max = old.rlim_max};
    ok(st_blob_begin(rig.store, &writer, &err), &err);
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    st_status status = st_blob_append(writer, data, sizeof data, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    (void)signal(SIGXFSZ, before);
    assert_int_equal(status, ST_IO);
    assert_non_null(strstr(err.text, "free some space"));
    st_blob_writer_free(writer);
    assert_int_equal(count_all(), 0);
    ok(st_blob_put_all(rig.store, data, sizeof data, hash, &err), &err);
}

/* -- files only
 * ----------------------------------------------------------------
 */

static void test_blob_damage_found(void **state) {
    (void)state;
    char hash[ST_HASH_TEXT_BYTES], path[600];
    st_err err = {0};
    if (rig.s3)
        return;
    put(5000, 77, hash);
    ok(st_blob_path(rig.store, hash, path, sizeof path, &err), &err);
    assert_int_equal(chmod(path, 0644), 0);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "X!", 2, 2500), 2);
    (void)close(fd);
    assert_int_equal(st_blob_verify(rig.store, hash, &err), ST_BAD_DATA);
    assert_non_null(strstr(err.text, "damaged"));
    put(5000, 77, hash); /* heals it */
    ok(st_blob_verify(rig.store, hash, &err), &err);
    ok(st_blob_path(rig.store, hash, path, sizeof path, &err), &err);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_false(has(hash));
    st_blob_reader *reader = NULL;
    assert_int_equal(st_blob_open(rig.store, hash, &reader, &err),
                     ST_NOT_FOUND);
}

static void write_until_killed(int ready) {
    static unsigned char data[300000];
    st_blobs *store = open_here();
    (void)!write(ready, "r", 1);
    for (uint64_t i = 0;; i++) {
        char hash[ST_HASH_TEXT_BYTES];
        st_blob_writer *writer = NULL;
        fill(data, sizeof data, 1000 * (uint64_t)getpid() + i);
        if (st_blob_begin(store, &writer, NULL) != ST_OK ||
            st_blob_append(writer, data, sizeof data / 2, NULL) != ST_OK ||
            st_blob_append(writer, data + sizeof data / 2, sizeof data / 2,
                           NULL) != ST_OK ||
            st_blob_finish(writer, hash, NULL) != ST_OK)
            _exit(1);
        st_blob_writer_free(writer);
    }
}

static void kill_one(useconds_t after_us) {
    int ready[2];
    char byte = 0;
    int status = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0)
        write_until_killed(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)usleep(after_us);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status)); /* it did not end by itself */
    (void)close(ready[0]);
    (void)close(ready[1]);
}

static void test_blob_survives_kill(void **state) {
    (void)state;
    st_blob_info page[100];
    char after[ST_HASH_TEXT_BYTES] = "";
    st_blob_writer *alive = NULL;
    size_t count = 0, blobs = 0;
    int64_t removed = 0;
    st_err err = {0};
    if (rig.s3)
        return;
    ok(st_blob_begin(rig.store, &alive, &err), &err);
    for (int i = 0; i < 12; i++)
        kill_one((useconds_t)(i * 1700 + 100));
    size_t left = in_tmp();
    ok(st_blobs_sweep(rig.store, 3600, &removed, &err), &err);
    assert_int_equal(removed, 0); /* too young */
    ok(st_blobs_sweep(rig.store, 0, &removed, &err), &err);
    assert_int_equal(in_tmp(), rig.named ? 1 : 0); /* whose writer lives */
    assert_int_equal(removed, left - in_tmp());
    do {
        ok(st_blob_list(rig.store, after, page, 100, &count, &err), &err);
        for (size_t i = 0; i < count; i++)
            ok(st_blob_verify(rig.store, page[i].hash, &err), &err);
        if (count > 0)
            memcpy(after, page[count - 1].hash, sizeof after);
        blobs += count;
    } while (count > 0);
    print_message("12 kills: %zu whole blobs, %zu leftovers\n", blobs, left);
    st_blob_writer_free(alive);
    assert_int_equal(in_tmp(), 0);
}

static void test_blob_bad_addresses(void **state) {
    (void)state;
    static const char *const urls[] = {"",
                                       "ftp://host/x",
                                       "file://relative",
                                       "file:///tmp/x?colour=1",
                                       "file:///tmp/%zz",
                                       "/proc/version/blobs",
                                       "/proc/no-such-folder"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        st_blobs *store = NULL;
        st_err err = {0};
        assert_int_not_equal(st_blobs_open(&store, urls[i], NULL, &err), ST_OK);
        assert_true(strlen(err.text) > 20);
    }
}

static int all_setup(void **state) {
    (void)state;
    if (rig.s3)
        s3_server_start(&rig.server);
    return 0;
}

static int all_teardown(void **state) {
    (void)state;
    char command[128];
    if (rig.s3)
        s3_server_stop(&rig.server);
    (void)snprintf(command, sizeof command, "rm -rf %s", rig.folder);
    return system(command);
}

#define CASE(NAME)                                                             \
    cmocka_unit_test_setup_teardown(NAME, each_setup, each_teardown)

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        CASE(test_blob_put_get),       CASE(test_blob_ranges),
        CASE(test_blob_not_there),     CASE(test_blob_names_refused),
        CASE(test_blob_abandoned),     CASE(test_blob_list_pages),
        CASE(test_blob_threads),       CASE(test_blob_streams),
        CASE(test_blob_check),         CASE(test_blob_ways_past),
        CASE(test_blob_damage_found),  CASE(test_blob_survives_kill),
        CASE(test_blob_bad_addresses), CASE(test_blob_disk_full),
    };
    (void)snprintf(rig.folder, sizeof rig.folder, "/tmp/stemma-blob-XXXXXX");
    if (argc != 2 || mkdtemp(rig.folder) == NULL)
        return 1;
    rig.s3 = strcmp(argv[1], "s3") == 0;
    rig.named = strcmp(argv[1], "named") == 0;
    return cmocka_run_group_tests(tests, all_setup, all_teardown);
}
