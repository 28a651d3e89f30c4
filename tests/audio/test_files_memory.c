/* Readers, writers, spools and tags when memory runs out at any point. */
#include "support/cases.h"

#include "audio/memory.h"
#include "audio/reader.h"
#include "audio/spool.h"
#include "audio/writer.h"
#include "support/failing.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/stemma-memory-XXXXXX";

static st_status fill_meta(st_meta *meta) {
    char label[] = "verse";
    st_cue cue = {1, 10, 5, label, label};
    uint8_t bytes[5] = {1, 2, 3, 4, 5};
    char mime[] = "image/png";
    st_picture picture = {3, mime, label, bytes, sizeof bytes};
    st_status status = st_meta_add_tag(meta, "title", "A");
    if (status == ST_OK)
        status = st_meta_add_tag(meta, "mood", "B");
    if (status == ST_OK && st_meta_need_bext(meta) == NULL)
        status = ST_NO_MEM;
    if (status == ST_OK)
        status = st_meta_add_cue(meta, &cue);
    if (status == ST_OK)
        status = st_meta_add_chunk(meta, "inst", bytes, sizeof bytes);
    if (status == ST_OK)
        status = st_meta_add_picture(meta, &picture);
    return status;
}

static st_status write_one(const char *path, st_write_format kind,
                           const st_meta *meta) {
    static float zeros[500];
    const float *in[2] = {zeros, zeros};
    st_format format = {48000, 2, 500};
    st_writer_options options = {.format = kind, .meta = meta, .no_sync = true};
    st_sink *sink = NULL;
    st_status status = st_writer_open(&sink, path, &format, &options, NULL);
    if (status == ST_OK)
        status = st_sink_write(sink, in, 500, NULL);
    if (status == ST_OK)
        status = st_sink_finish(sink, NULL);
    st_sink_free(sink);
    return status;
}

static st_status spool_it(st_source *source) {
    st_spool *spool = NULL;
    st_sink *sink = NULL;
    st_sink *memory = NULL;
    st_source *back = NULL;
    st_status status = st_spool_new(&spool, NULL, 48000, 2, NULL);
    if (status == ST_OK)
        status = st_spool_sink(spool, &sink, NULL);
    if (status == ST_OK)
        status = st_stream_copy(source, sink, NULL, NULL, NULL, NULL);
    if (status == ST_OK)
        status = st_sink_finish(sink, NULL);
    if (status == ST_OK)
        status = st_spool_source(spool, &back, NULL);
    if (status == ST_OK)
        status = st_memory_sink(&memory, 48000, 2);
    if (status == ST_OK)
        status = st_stream_copy(back, memory, NULL, NULL, NULL, NULL);
    st_sink_free(memory);
    st_source_free(back);
    st_sink_free(sink);
    st_spool_free(spool);
    return status;
}

static st_status a_life(void *ctx) {
    st_write_format kind = *(st_write_format *)ctx;
    char path[256];
    (void)snprintf(path, sizeof path, "%s/file", folder);
    st_meta meta = {0};
    st_source *source = NULL;
    st_status status = fill_meta(&meta);
    if (status == ST_OK)
        status = write_one(path, kind, &meta);
    if (status == ST_OK)
        status = st_reader_open(&source, path, NULL, NULL);
    if (status == ST_OK)
        status = spool_it(source);
    st_source_free(source);
    st_meta_deinit(&meta);
    unlink(path);
    /* nothing is left in it */
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(mkdir(folder, 0700), 0);
    return status;
}

static void test_files_survive_a_lack_of_memory(void **state) {
    (void)state;
    static st_write_format kinds[] = {ST_WRITE_WAV,  ST_WRITE_AIFF,
                                      ST_WRITE_FLAC, ST_WRITE_MP3,
                                      ST_WRITE_OGG,  ST_WRITE_OPUS};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        assert_true(failing_run(a_life, &kinds[i]) > 20);
}

int main(void) {
    if (mkdtemp(folder) == NULL)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_survive_a_lack_of_memory),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed + (rmdir(folder) != 0);
}
