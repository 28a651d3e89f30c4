/* Tags and pictures: what goes into each format comes back, and the sound
 * with it; files that end too early or go on too long say so. */
#include "support/cases.h"

#include "audio/memory.h"
#include "audio/ogg.h"
#include "audio/reader.h"
#include "audio/spool.h"
#include "audio/writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* libvorbisenc leaks 3 kB when an encoder is closed before its first block;
 * what our own code leaks still fails. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libvorbisenc.so\n";
}

enum { FRAMES = 48000 };

static char folder[] = "/tmp/stemma-tags-XXXXXX";
static char path[256];

static void tag(st_meta *meta, const char *key, const char *value) {
    assert_int_equal(st_meta_add_tag(meta, key, value), ST_OK);
}

static void picture(st_meta *meta, size_t bytes) {
    char mime[] = "image/png";
    char text[] = "Vorn";
    uint8_t *data = malloc(bytes);
    assert_non_null(data);
    for (size_t i = 0; i < bytes; i++)
        data[i] = (uint8_t)(i * 7 + i / 251);
    st_picture cover = {3, mime, text, data, bytes};
    assert_int_equal(st_meta_add_picture(meta, &cover), ST_OK);
    free(data);
}

/* More than any library's list of ten; names that repeat, and one that no
 * format has a frame for. */
static st_meta many_tags(void) {
    static const char *const tags[][2] = {{"title", "Caf\xC3\xA9"},
                                          {"artist", "A"},
                                          {"artist", "B"},
                                          {"album", "C"},
                                          {"albumartist", "Various"},
                                          {"date", "2024-05-06"},
                                          {"comment", "two words"},
                                          {"track", "7/12"},
                                          {"discnumber", "2"},
                                          {"genre", "House"},
                                          {"isrc", "DEA123456789"},
                                          {"composer", "Bach"},
                                          {"copyright", "me"},
                                          {"lyrics", "la\nla"},
                                          {"organization", "Label"},
                                          {"replaygain_track_gain", "-3 dB"},
                                          {"mood", "calm"},
                                          {"mood", "blue"},
                                          {"very own name", "some=thing"}};
    st_meta meta = {0};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        tag(&meta, tags[i][0], tags[i][1]);
    return meta;
}

static bool has(const st_meta *meta, const st_tag *want) {
    for (size_t i = 0; i < meta->tag_count; i++)
        if (strcmp(meta->tags[i].key, want->key) == 0 &&
            strcmp(meta->tags[i].value, want->value) == 0)
            return true;
    return false;
}

static void check_same(const st_meta *got, const st_meta *want,
                       const char *where) {
    for (size_t i = 0; i < want->tag_count; i++)
        if (!has(got, &want->tags[i]))
            fail_msg("%s: %s=%s is lost", where, want->tags[i].key,
                     want->tags[i].value);
    if (got->tag_count != want->tag_count)
        fail_msg("%s: %zu tags of %zu", where, got->tag_count, want->tag_count);
    assert_int_equal(got->picture_count, want->picture_count);
    for (size_t i = 0; i < want->picture_count; i++) {
        assert_int_equal(got->pictures[i].type, want->pictures[i].type);
        assert_string_equal(got->pictures[i].mime, want->pictures[i].mime);
        assert_string_equal(got->pictures[i].description,
                            want->pictures[i].description);
        assert_int_equal(got->pictures[i].bytes, want->pictures[i].bytes);
        assert_memory_equal(got->pictures[i].data, want->pictures[i].data,
                            want->pictures[i].bytes);
    }
}

static void write_tone(st_write_format format, int channels,
                       const st_meta *meta) {
    st_buffer b = {0};
    st_format shape = {48000, channels, FRAMES};
    st_writer_options options = {
        .format = format, .meta = meta, .no_sync = true};
    st_sink *sink = NULL;
    st_err err = {0};
    assert_int_equal(st_buffer_init(&b, channels, FRAMES), ST_OK);
    for (int c = 0; c < channels; c++)
        for (int i = 0; i < FRAMES; i++)
            b.channel[c][i] =
                (float)(0.25 * sin(0.05 * (c + 1) * i) * sin(1e-4 * i));
    if (st_writer_open(&sink, path, &shape, &options, &err) != ST_OK ||
        st_sink_write(sink, (const float *const *)b.channel, FRAMES, &err) !=
            ST_OK ||
        st_sink_finish(sink, &err) != ST_OK)
        fail_msg("%s", err.text);
    st_sink_free(sink);
    st_buffer_deinit(&b);
}

static st_source *open_file(void) {
    st_source *source = NULL;
    st_err err = {0};
    if (st_reader_open(&source, path, NULL, &err) != ST_OK)
        fail_msg("%s", err.text);
    return source;
}

static uint8_t *load(size_t *bytes) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size > 0);
    rewind(file);
    uint8_t *data = malloc((size_t)size);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, (size_t)size, file), size);
    fclose(file);
    *bytes = (size_t)size;
    return data;
}

static void save(const void *data, size_t bytes) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, bytes, file), bytes);
    fclose(file);
}

static void test_every_format_gives_all_tags_and_pictures_back(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 70, 300001}; /* of the picture */
    for (int f = 0; f < ST_WRITE_FORMAT_COUNT; f++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            st_meta meta = many_tags();
            if (sizes[k] > 0) {
                picture(&meta, sizes[k]);
                picture(&meta, 33);
            }
            write_tone((st_write_format)f, 2, &meta);
            st_source *source = open_file();
            check_same(st_reader_meta(source), &meta,
                       st_writer_format_name((st_write_format)f));
            st_source_free(source);
            st_meta_deinit(&meta);
            unlink(path);
        }
}

static void test_the_encoder_of_the_input_is_not_the_output_s(void **state) {
    (void)state;
    static const st_write_format formats[] = {ST_WRITE_FLAC, ST_WRITE_MP3,
                                              ST_WRITE_OGG, ST_WRITE_OPUS};
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        st_meta meta = {0};
        tag(&meta, "title", "T");
        tag(&meta, "encoder", "another program");
        write_tone(formats[f], 1, &meta);
        st_source *source = open_file();
        assert_string_equal(st_meta_tag(st_reader_meta(source), "title"), "T");
        assert_null(st_meta_tag(st_reader_meta(source), "encoder"));
        st_source_free(source);
        st_meta_deinit(&meta);
        unlink(path);
    }
}

static const st_write_format ogg_formats[] = {ST_WRITE_OGG, ST_WRITE_OPUS};

/* Each page: its number is the one before and one, its checksum holds, the
 * first is the start and only the last the end. */
static void check_pages(const uint8_t *p, size_t bytes) {
    uint32_t number = 0;
    for (size_t at = 0; at < bytes; number++) {
        uint8_t page[ST_OGG_PAGE_MOST];
        assert_true(bytes - at >= 27);
        assert_memory_equal(p + at, "OggS", 4);
        size_t size = 27 + (size_t)p[at + 26];
        for (int i = 0; i < p[at + 26]; i++)
            size += p[at + 27 + (size_t)i];
        assert_true(size <= bytes - at);
        memcpy(page, p + at, size);
        memset(page + 22, 0, 4);
        assert_int_equal(st_le32(p + at + 18), number);
        assert_int_equal(st_le32(p + at + 22), st_ogg_crc(0, page, size));
        assert_int_equal((page[5] & 2) != 0, at == 0);
        assert_int_equal((page[5] & 4) != 0, at + size == bytes);
        at += size;
    }
    assert_true(number > 3);
}

static void test_ogg_pages_are_sound_with_comments_of_any_length(void **state) {
    (void)state;
    /* "OpusTags", vendor, count, "COMMENT=": 38 bytes; both sides of a lace
     * and of a page. */
    static const size_t sizes[] = {1,   216,   217,   218,   471,  472,
                                   473, 64986, 64987, 64988, 65536};
    for (size_t f = 0; f < 2; f++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            size_t bytes = 0;
            st_meta meta = {0};
            char *text = calloc(sizes[k] + 1, 1);
            assert_non_null(text);
            memset(text, 'x', sizes[k]);
            tag(&meta, "comment", text);
            write_tone(ogg_formats[f], 2, &meta);
            uint8_t *data = load(&bytes);
            check_pages(data, bytes);
            st_source *source = open_file();
            check_same(st_reader_meta(source), &meta, "ogg");
            assert_null(st_reader_warning(source, 0));
            st_source_free(source);
            st_meta_deinit(&meta);
            free(data);
            free(text);
            unlink(path);
        }
}

static st_sink *decode(void) {
    st_source *source = open_file();
    st_sink *sink = NULL;
    st_err err = {0};
    assert_int_equal(
        st_memory_sink(&sink, source->format.rate_hz, source->format.channels),
        ST_OK);
    if (st_stream_copy(source, sink, NULL, NULL, NULL, &err) != ST_OK)
        fail_msg("%s", err.text);
    st_source_free(source);
    return sink;
}

static void test_ogg_comments_leave_the_sound_alone(void **state) {
    (void)state;
    for (size_t f = 0; f < 2; f++) {
        st_meta meta = many_tags();
        picture(&meta, 400000);
        write_tone(ogg_formats[f], 2, NULL);
        st_sink *plain = decode();
        write_tone(ogg_formats[f], 2, &meta);
        st_sink *tagged = decode();
        assert_int_equal(st_memory_get(plain)->capacity_frames, FRAMES);
        assert_int_equal(st_memory_get(tagged)->capacity_frames, FRAMES);
        for (int c = 0; c < 2; c++)
            assert_memory_equal(st_memory_get(plain)->channel[c],
                                st_memory_get(tagged)->channel[c],
                                FRAMES * sizeof(float));
        st_sink_free(plain);
        st_sink_free(tagged);
        st_meta_deinit(&meta);
        unlink(path);
    }
}

/* -- ends */

static const char *first_warning(void) {
    static char text[300];
    st_source *source = open_file();
    const char *warning = st_reader_warning(source, 0);
    (void)snprintf(text, sizeof text, "%s", warning != NULL ? warning : "");
    st_source_free(source);
    return text;
}

static void test_files_that_are_cut_off_say_so(void **state) {
    (void)state;
    static const st_write_format formats[] = {ST_WRITE_WAV, ST_WRITE_AIFF,
                                              ST_WRITE_OGG, ST_WRITE_OPUS};
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        size_t bytes = 0;
        write_tone(formats[f], 2, NULL);
        uint8_t *data = load(&bytes);
        assert_string_equal(first_warning(), "");
        for (size_t part = 9; part >= 7; part--) {
            save(data, bytes * part / 10);
            if (strstr(first_warning(), "cut off") == NULL)
                fail_msg("%s, %zu of 10: \"%s\"",
                         st_writer_format_name(formats[f]), part,
                         first_warning());
        }
        free(data);
        unlink(path);
    }
}

static void test_mp3_files_glued_together_say_so(void **state) {
    (void)state;
    st_meta meta = many_tags();
    size_t bytes = 0;
    write_tone(ST_WRITE_MP3, 2, &meta);
    uint8_t *data = load(&bytes);
    uint8_t *both = calloc(2 * bytes + 20000, 1);
    assert_non_null(both);
    assert_string_equal(first_warning(), "");
    for (size_t gap = 0; gap <= 20000; gap += 10000) {
        memcpy(both, data, bytes);
        memset(both + bytes, 0, gap);
        memcpy(both + bytes + gap, data, bytes);
        save(both, 2 * bytes + gap);
        assert_non_null(strstr(first_warning(), "joined"));
    }
    /* tags at the end are no sound */
    memcpy(both + bytes, "TAG", 3);
    memset(both + bytes + 3, 0, 125);
    save(both, bytes + 128);
    assert_string_equal(first_warning(), "");
    free(both);
    free(data);
    st_meta_deinit(&meta);
    unlink(path);
}

static void test_what_is_lost_is_named(void **state) {
    (void)state;
    st_meta meta = many_tags();
    char text[200];
    char label[] = "verse";
    st_cue cue = {1, 100, 50, label, NULL};
    picture(&meta, 10);
    for (int f = 0; f < ST_WRITE_FORMAT_COUNT; f++) {
        st_writer_lost((st_write_format)f, &meta, text, sizeof text);
        assert_string_equal(text, "");
    }
    assert_non_null(st_meta_need_bext(&meta));
    assert_int_equal(st_meta_add_cue(&meta, &cue), ST_OK);
    assert_int_equal(st_meta_add_chunk(&meta, "iXML", "<a/>", 4), ST_OK);
    st_writer_lost(ST_WRITE_FLAC, &meta, text, sizeof text);
    assert_string_equal(text, "");
    st_writer_lost(ST_WRITE_AIFF, &meta, text, sizeof text);
    assert_string_equal(text, "notes and lengths of cue points");
    st_writer_lost(ST_WRITE_OGG, &meta, text, sizeof text);
    assert_string_equal(text, "broadcast data (bext), 1 cue point, iXML");
    st_writer_lost(ST_WRITE_MP3, &meta, text, 12);
    assert_string_equal(text, "broadcast d");
    st_meta_deinit(&meta);
}

static int set_up(void **state) {
    (void)state;
    if (mkdtemp(folder) == NULL)
        return 1;
    (void)snprintf(path, sizeof path, "%s/file", folder);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_format_gives_all_tags_and_pictures_back),
        cmocka_unit_test(test_the_encoder_of_the_input_is_not_the_output_s),
        cmocka_unit_test(test_ogg_pages_are_sound_with_comments_of_any_length),
        cmocka_unit_test(test_ogg_comments_leave_the_sound_alone),
        cmocka_unit_test(test_files_that_are_cut_off_say_so),
        cmocka_unit_test(test_mp3_files_glued_together_say_so),
        cmocka_unit_test(test_what_is_lost_is_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
