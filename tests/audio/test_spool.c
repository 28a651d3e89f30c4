#include "support/cases.h"

#include "audio/memory.h"
#include "audio/spool.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A value that tells channel and frame apart, exact in float. */
static float mark(int channel, int64_t frame) {
    return (float)(frame % 1000003) + (float)channel * 0.125f;
}

static void fill(st_buffer *block, int64_t first, int64_t frames) {
    for (int c = 0; c < block->channels; c++)
        for (int64_t i = 0; i < frames; i++)
            block->channel[c][i] = mark(c, first + i);
}

static void check(const st_buffer *block, int64_t first, int64_t frames) {
    for (int c = 0; c < block->channels; c++)
        for (int64_t i = 0; i < frames; i++)
            if (block->channel[c][i] != mark(c, first + i))
                fail_msg("channel %d frame %lld differs", c,
                         (long long)(first + i));
}

static void put(st_sink *sink, int64_t total, int64_t block_frames) {
    st_buffer block = {0};
    assert_int_equal(
        st_buffer_init(&block, sink->format.channels, block_frames), ST_OK);
    for (int64_t at = 0; at < total; at += block_frames) {
        int64_t count = total - at < block_frames ? total - at : block_frames;
        fill(&block, at, count);
        assert_int_equal(st_sink_write(sink,
                                       (const float *const *)block.channel,
                                       count, NULL),
                         ST_OK);
    }
    st_buffer_deinit(&block);
}

static void get(st_source *source, int64_t from, int64_t block_frames) {
    st_buffer block = {0};
    assert_int_equal(
        st_buffer_init(&block, source->format.channels, block_frames), ST_OK);
    assert_int_equal(st_source_seek(source, from, NULL), ST_OK);
    for (int64_t at = from;;) {
        int64_t got = -1;
        assert_int_equal(
            st_source_read(source, block.channel, block_frames, &got, NULL),
            ST_OK);
        check(&block, at, got);
        at += got;
        if (got < block_frames) {
            assert_int_equal(at, source->format.frames);
            break;
        }
    }
    st_buffer_deinit(&block);
}

static void test_spool_gives_back_what_it_took(void **state) {
    (void)state;
    static const int64_t totals[] = {0, 1, 16383, 16384, 16385, 100000};
    static const int64_t blocks[] = {1, 63, 4096, 16384, 30000};
    for (int channels = 1; channels <= ST_MAX_CHANNELS; channels += 7)
        for (size_t t = 0; t < sizeof totals / sizeof *totals; t++) {
            int64_t total = totals[t];
            st_spool *spool = NULL;
            st_sink *sink = NULL;
            st_source *source = NULL;
            st_err err = {0};
            assert_int_equal(st_spool_new(&spool, NULL, 48000, channels, &err),
                             ST_OK);
            assert_int_equal(st_spool_sink(spool, &sink, &err), ST_OK);
            assert_int_equal(st_spool_source(spool, &source, &err), ST_BAD_ARG);
            put(sink, total, 777);
            assert_int_equal(st_sink_finish(sink, &err), ST_OK);
            st_sink_free(sink);
            assert_int_equal(st_spool_source(spool, &source, &err), ST_OK);
            st_spool_free(spool); /* the source keeps it alive */
            assert_int_equal(source->format.frames, total);
            for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
                if (blocks[b] > 1 || total < 20000)
                    get(source, 0, blocks[b]);
                get(source, total / 2, blocks[b] + 2);
            }
            assert_int_equal(st_source_seek(source, total + 1, &err),
                             ST_BAD_ARG);
            st_source_free(source);
        }
}

static void test_spool_readers_do_not_disturb_each_other(void **state) {
    (void)state;
    st_spool *spool = NULL;
    st_sink *sink = NULL;
    st_source *a = NULL;
    st_source *b = NULL;
    assert_int_equal(st_spool_new(&spool, NULL, 44100, 2, NULL), ST_OK);
    assert_int_equal(st_spool_sink(spool, &sink, NULL), ST_OK);
    put(sink, 50000, 5000);
    assert_int_equal(st_sink_finish(sink, NULL), ST_OK);
    st_sink_free(sink);
    assert_int_equal(st_spool_source(spool, &a, NULL), ST_OK);
    assert_int_equal(st_spool_source(spool, &b, NULL), ST_OK);
    st_buffer block = {0};
    assert_int_equal(st_buffer_init(&block, 2, 100), ST_OK);
    assert_int_equal(st_source_seek(b, 20000, NULL), ST_OK);
    for (int64_t at = 0; at < 5000; at += 100) {
        int64_t got = 0;
        assert_int_equal(st_source_read(a, block.channel, 100, &got, NULL),
                         ST_OK);
        check(&block, at, got);
        assert_int_equal(st_source_read(b, block.channel, 100, &got, NULL),
                         ST_OK);
        check(&block, 20000 + at, got);
    }
    st_buffer_deinit(&block);
    st_source_free(a);
    st_source_free(b);
    st_spool_free(spool);
}

static void test_spool_says_where_it_cannot_write(void **state) {
    (void)state;
    st_spool *spool = NULL;
    st_err err = {0};
    assert_int_equal(st_spool_new(&spool, "/nonexistent", 48000, 2, &err),
                     ST_IO);
    assert_non_null(strstr(err.text, "TMPDIR"));
    assert_int_equal(st_spool_new(&spool, NULL, 48000, 9, &err), ST_BAD_ARG);
}

static void test_spool_full_disk_is_a_sentence(void **state) {
    (void)state;
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    struct rlimit small = {1 << 20, old.rlim_max};
    st_spool *spool = NULL;
    st_sink *sink = NULL;
    st_err err = {0};
    assert_int_equal(st_spool_new(&spool, NULL, 48000, 2, NULL), ST_OK);
    assert_int_equal(st_spool_sink(spool, &sink, NULL), ST_OK);
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    st_buffer block = {0};
    st_status status = st_buffer_init(&block, 2, 65536);
    for (int i = 0; status == ST_OK && i < 8; i++)
        status = st_sink_write(sink, (const float *const *)block.channel, 65536,
                               &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, before);
    assert_int_equal(status, ST_IO);
    assert_non_null(strstr(err.text, "space"));
    st_buffer_deinit(&block);
    st_sink_free(sink);
    st_spool_free(spool);
}

static int stop(void *ctx) {
    return --*(int *)ctx < 0;
}

enum { KEPT = 20000 };

/* A stereo spool kept as `path` with the note "note". */
static void keep(const char *folder, const char *path) {
    st_spool *spool = NULL;
    st_sink *sink = NULL;
    assert_int_equal(st_spool_new(&spool, folder, 48000, 2, NULL), ST_OK);
    assert_int_equal(st_spool_sink(spool, &sink, NULL), ST_OK);
    assert_int_equal(st_spool_keep(spool, path, "note", 4, NULL), ST_BAD_ARG);
    put(sink, KEPT, 777);
    assert_int_equal(st_sink_finish(sink, NULL), ST_OK);
    st_sink_free(sink);
    assert_int_equal(st_spool_keep(spool, path, "note", 4, NULL), ST_OK);
    st_source *source = NULL;
    assert_int_equal(st_spool_source(spool, &source, NULL), ST_OK);
    get(source, 0, 4096); /* still its own */
    st_source_free(source);
    st_spool_free(spool);
}

static void test_spool_kept_and_opened(void **state) {
    (void)state;
    char folder[] = "/var/tmp/stemma-keep-XXXXXX", path[64], note[4];
    st_spool *spool = NULL;
    st_source *source = NULL;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/kept", folder);
    assert_int_equal(st_spool_open(&spool, path, note, 4, NULL), ST_NOT_FOUND);
    keep(folder, path);
    keep(folder, path); /* replaces */
    assert_int_equal(st_spool_open(&spool, path, note, 4, NULL), ST_OK);
    assert_memory_equal(note, "note", 4);
    assert_int_equal(unlink(path), 0); /* who has it open keeps it */
    assert_int_equal(st_spool_source(spool, &source, NULL), ST_OK);
    assert_int_equal(source->format.rate_hz, 48000);
    assert_int_equal(source->format.channels, 2);
    assert_int_equal(source->format.frames, KEPT);
    get(source, 0, 4096);
    get(source, 12345, 63);
    st_source_free(source);
    st_spool_free(spool);
    assert_int_equal(rmdir(folder), 0);
}

/* Whatever is not exactly what was kept is refused. */
static void test_spool_kept_and_torn(void **state) {
    (void)state;
    char folder[] = "/var/tmp/stemma-keep-XXXXXX", path[64], note[5];
    st_spool *spool = NULL;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/kept", folder);
    keep(folder, path);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(st_spool_open(&spool, path, note, 5, NULL), ST_BAD_DATA);
    assert_int_equal(truncate(path, about.st_size + 1), 0);
    assert_int_equal(st_spool_open(&spool, path, note, 4, NULL), ST_BAD_DATA);
    assert_int_equal(truncate(path, about.st_size - 4096), 0);
    assert_int_equal(st_spool_open(&spool, path, note, 4, NULL), ST_BAD_DATA);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(st_spool_open(&spool, path, note, 4, NULL), ST_BAD_DATA);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void test_memory_and_copy(void **state) {
    (void)state;
    st_buffer block = {0};
    assert_int_equal(st_buffer_init(&block, 3, 40000), ST_OK);
    fill(&block, 0, 40000);
    st_format format = {48000, 3, 40000};
    st_source *source = NULL;
    st_sink *sink = NULL;
    assert_int_equal(st_memory_source(&source, block.channel, &format), ST_OK);
    get(source, 0, 999);
    get(source, 39999, 999);
    assert_int_equal(st_memory_sink(&sink, 48000, 3), ST_OK);
    assert_int_equal(st_source_seek(source, 0, NULL), ST_OK);
    int64_t copied = 0;
    assert_int_equal(st_stream_copy(source, sink, &copied, NULL, NULL, NULL),
                     ST_OK);
    assert_int_equal(copied, 40000);
    assert_int_equal(st_memory_get(sink)->capacity_frames, 40000);
    check(st_memory_get(sink), 0, 40000);
    int blocks = 1;
    assert_int_equal(st_source_seek(source, 0, NULL), ST_OK);
    assert_int_equal(st_stream_copy(source, sink, &copied, stop, &blocks, NULL),
                     ST_CANCELLED);
    assert_int_equal(copied, ST_SPOOL_STRIPE);
    st_source_free(source);
    st_sink_free(sink);
    st_buffer_deinit(&block);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spool_gives_back_what_it_took),
        cmocka_unit_test(test_spool_readers_do_not_disturb_each_other),
        cmocka_unit_test(test_spool_says_where_it_cannot_write),
        cmocka_unit_test(test_spool_full_disk_is_a_sentence),
        cmocka_unit_test(test_spool_kept_and_opened),
        cmocka_unit_test(test_spool_kept_and_torn),
        cmocka_unit_test(test_memory_and_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
