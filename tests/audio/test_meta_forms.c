/* Metadata in the forms that other programs write: ID3 in WAV and in its older
 * versions, names of ffmpeg, covers of MP4. */
#include "support/cases.h"

#include "audio/meta_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has(const st_meta *meta, const char *key, const char *value) {
    for (size_t i = 0; i < meta->tag_count; i++)
        if (strcmp(meta->tags[i].key, key) == 0 &&
            strcmp(meta->tags[i].value, value) == 0)
            return true;
    return false;
}

/* A WAV file of one sample with one more chunk. */
static void wav_with(st_blob *blob, const char *id, const st_blob *chunk) {
    st_blob_put(blob, "RIFF\xFF\xFF\xFF\x7FWAVEfmt ", 16);
    st_blob_le(blob, 16, 4);
    st_blob_le(blob, 1, 2);
    st_blob_le(blob, 1, 2);
    st_blob_le(blob, 48000, 4);
    st_blob_le(blob, 96000, 4);
    st_blob_le(blob, 2, 2);
    st_blob_le(blob, 16, 2);
    st_blob_put(blob, "LIST\x0E\0\0\0INFOINAM\2\0\0\0x", 21);
    st_blob_put(blob, "", 1);
    st_blob_put(blob, "data\2\0\0\0\0\0", 10);
    st_blob_put(blob, id, 4);
    st_blob_le(blob, chunk->bytes, 4);
    st_blob_put(blob, chunk->data, chunk->bytes);
    if (chunk->bytes & 1)
        st_blob_put(blob, "", 1);
}

static void test_wav_has_id3_by_either_name(void **state) {
    (void)state;
    static const char *const ids[] = {"id3 ", "ID3 "};
    for (int i = 0; i < 2; i++) {
        st_meta meta = {0};
        st_blob id3 = {0};
        st_blob file = {0};
        st_meta got = {0};
        st_wave wave = {0};
        uint8_t image[] = {0x89, 'P', 'N', 'G', 0};
        st_picture cover = {3, (char[]){"image/png"}, NULL, image, 5};
        assert_int_equal(st_meta_add_picture(&meta, &cover), ST_OK);
        assert_int_equal(st_meta_add_tag(&meta, "title", "T"), ST_OK);
        assert_int_equal(st_meta_add_tag(&meta, "artist", "A"), ST_OK);
        assert_int_equal(st_meta_add_tag(&meta, "artist", "B"), ST_OK);
        st_id3_put(&id3, &meta);
        wav_with(&file, ids[i], &id3);
        st_bytes bytes = {-1, file.data, (int64_t)file.bytes};
        assert_int_equal(st_wave_parse(&bytes, "a", &wave, &got, NULL), ST_OK);
        assert_int_equal(got.tag_count, 3);
        assert_string_equal(st_meta_tag(&got, "title"), "T"); /* not INFO's */
        assert_true(has(&got, "artist", "A"));
        assert_true(has(&got, "artist", "B"));
        assert_int_equal(got.picture_count, 1);
        assert_int_equal(got.pictures[0].bytes, 5);
        assert_memory_equal(got.pictures[0].data, image, 5);
        st_meta_deinit(&got);
        st_meta_deinit(&meta);
        st_blob_deinit(&id3);
        st_blob_deinit(&file);
    }
}

static void frame(st_blob *blob, int version, const char *id, int flags,
                  const char *text, size_t bytes) {
    st_blob_put(blob, id, version == 2 ? 3 : 4);
    st_blob_be(blob, bytes, version == 2 ? 3 : 4);
    if (version > 2)
        st_blob_be(blob, (uint64_t)flags, 2);
    st_blob_put(blob, text, bytes);
}

static st_meta take_id3(int version, int flags, const st_blob *frames) {
    st_blob blob = {0};
    st_meta meta = {0};
    st_blob_put(&blob, "ID3", 3);
    st_blob_be(&blob, (uint64_t)version, 1);
    st_blob_be(&blob, (uint64_t)flags, 2);
    st_blob_be(&blob, frames->bytes >> 7, 3);
    st_blob_be(&blob, frames->bytes & 0x7F, 1);
    st_blob_put(&blob, frames->data, frames->bytes);
    assert_true(frames->bytes < 1 << 14);
    assert_int_equal(st_id3_take(&meta, blob.data, blob.bytes), ST_OK);
    st_blob_deinit(&blob);
    return meta;
}

static void test_id3_dates_keep_the_day(void **state) {
    (void)state;
    static const struct {
        int version;
        const char *year, *day, *full, *want;
    } rows[] = {
        {3, "2024", "0605", NULL, "2024-05-06"},
        {3, "2024", NULL, NULL, "2024"},
        {3, "2024", "9999", NULL, "2024"},
        {3, "2024", "06", NULL, "2024"},
        {3, NULL, "0605", NULL, NULL},
        {3, "2024-05-07", "0605", NULL, "2024-05-07"},
        {2, "2024", "0605", NULL, "2024-05-06"},
        {4, NULL, NULL, "2024-05-06", "2024-05-06"},
        {4, "2024", "0605", "2023", "2023"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int v = rows[i].version;
        const char *const texts[] = {rows[i].year, rows[i].day, rows[i].full};
        static const char *const ids[2][3] = {{"TYE", "TDA", ""},
                                              {"TYER", "TDAT", "TDRC"}};
        st_blob frames = {0};
        for (int k = 0; k < 3; k++) {
            char text[32] = {0}; /* Latin-1 */
            if (texts[k] == NULL)
                continue;
            (void)snprintf(text + 1, sizeof text - 1, "%s", texts[k]);
            frame(&frames, v, ids[v > 2][k], 0, text, strlen(text + 1) + 1);
        }
        st_meta meta = take_id3(v, 0, &frames);
        const char *date = st_meta_tag(&meta, "date");
        if ((date == NULL) != (rows[i].want == NULL) ||
            (date != NULL && strcmp(date, rows[i].want) != 0))
            fail_msg("row %zu: %s, want %s", i, date, rows[i].want);
        st_meta_deinit(&meta);
        st_blob_deinit(&frames);
    }
}

/* Unsynchronised tags; frames with a length in front; two values. */
static void test_id3_in_its_rarer_forms(void **state) {
    (void)state;
    st_blob frames = {0};
    /* sizes count the bytes before a 0 goes in behind each FF */
    st_blob_put(&frames, "TIT2\0\0\0\5\0\0\1\xFF\0\xFE\x41\0", 16);
    st_meta meta = take_id3(3, 0x80, &frames);
    assert_string_equal(st_meta_tag(&meta, "title"), "A");
    st_meta_deinit(&meta);
    frames.bytes = 0;
    frame(&frames, 4, "TIT2", 3, "\0\0\0\5\1\xFF\0\xFE\x41\0", 10);
    frame(&frames, 4, "TPE1", 1, "\0\0\0\4\3A\0B", 8);
    frame(&frames, 4, "USLT", 0, "\3eng\0la", 7);
    frame(&frames, 4, "TPE2", 8, "\3packed", 7);
    meta = take_id3(4, 0, &frames);
    assert_string_equal(st_meta_tag(&meta, "title"), "A");
    assert_true(has(&meta, "artist", "A"));
    assert_true(has(&meta, "artist", "B"));
    assert_string_equal(st_meta_tag(&meta, "lyrics"), "la");
    assert_null(st_meta_tag(&meta, "albumartist"));
    st_meta_deinit(&meta);
    st_blob_deinit(&frames);
}

static void test_names_of_others_are_ours(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"TRACKNUMBER", "track"}, {"album_artist", "albumartist"},
        {"disc", "discnumber"},   {"USLT", "lyrics"},
        {"year", "date"},         {"title", "title"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(st_meta_name(rows[i][0]), rows[i][1]);
}

/* -- MP4 */

static size_t open_box(st_blob *blob, const char *type) {
    st_blob_be(blob, 0, 4);
    st_blob_put(blob, type, 4);
    return blob->bytes - 8;
}

static void close_box(st_blob *blob, size_t start) {
    st_put_be(blob->data + start, blob->bytes - start, 4);
}

/* ftyp, then moov with everything above two covers and a title. */
static void make_mp4(st_blob *blob, bool version, bool udta) {
    static const char png[] = "\x89PNG\r\n\x1A\n and more";
    static const char jpeg[] = "\xFF\xD8\xFF\xE0 and more";
    size_t box[6];
    st_blob_put(blob,
                "\0\0\0\x14"
                "ftypM4A \0\0\0\0M4A ",
                20);
    box[0] = open_box(blob, "moov");
    close_box(blob, open_box(blob, "mvhd"));
    if (udta)
        box[1] = open_box(blob, "udta");
    box[2] = open_box(blob, "meta");
    if (version)
        st_blob_be(blob, 0, 4);
    close_box(blob, open_box(blob, "hdlr"));
    box[3] = open_box(blob, "ilst");
    close_box(blob, open_box(blob, "\xA9nam"));
    box[4] = open_box(blob, "covr");
    for (int i = 0; i < 2; i++) {
        box[5] = open_box(blob, "data");
        st_blob_be(blob, i == 0 ? 14 : 0, 4);
        st_blob_be(blob, 0, 4);
        st_blob_put(blob, i == 0 ? png : jpeg,
                    i == 0 ? sizeof png : sizeof jpeg);
        close_box(blob, box[5]);
    }
    close_box(blob, box[4]);
    close_box(blob, box[3]);
    close_box(blob, box[2]);
    if (udta)
        close_box(blob, box[1]);
    close_box(blob, box[0]);
}

static void test_mp4_covers_are_found(void **state) {
    (void)state;
    for (int k = 0; k < 4; k++) {
        st_blob blob = {0};
        make_mp4(&blob, k & 1, k & 2);
        st_bytes bytes = {-1, blob.data, (int64_t)blob.bytes};
        st_meta meta = {0};
        assert_int_equal(st_mp4_take(&meta, &bytes), ST_OK);
        assert_int_equal(meta.picture_count, 2);
        assert_string_equal(meta.pictures[0].mime, "image/png");
        assert_string_equal(meta.pictures[1].mime, "image/jpeg");
        assert_memory_equal(meta.pictures[0].data, "\x89PNG", 4);
        st_meta_deinit(&meta);
        st_blob_deinit(&blob);
    }
}

/* Every byte made 00, 01 and FF, and every length: nothing breaks, and the
 * search ends (4096 boxes). */
static void test_mp4_that_lies_is_survived(void **state) {
    (void)state;
    st_blob blob = {0};
    make_mp4(&blob, true, true);
    static const uint8_t lies[] = {0x00, 0x01, 0xFF};
    for (size_t i = 0; i < blob.bytes; i++) {
        uint8_t was = blob.data[i];
        for (size_t k = 0; k < 4; k++) {
            size_t size = k < 3 ? blob.bytes : i;
            uint8_t *copy = malloc(size + 1);
            st_meta meta = {0};
            assert_non_null(copy);
            blob.data[i] = k < 3 ? lies[k] : was;
            memcpy(copy, blob.data, size);
            st_bytes bytes = {-1, copy, (int64_t)size};
            assert_int_equal(st_mp4_take(&meta, &bytes), ST_OK);
            st_meta_deinit(&meta);
            free(copy);
        }
        blob.data[i] = was;
    }
    st_blob_deinit(&blob);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wav_has_id3_by_either_name),
        cmocka_unit_test(test_id3_dates_keep_the_day),
        cmocka_unit_test(test_id3_in_its_rarer_forms),
        cmocka_unit_test(test_names_of_others_are_ours),
        cmocka_unit_test(test_mp4_covers_are_found),
        cmocka_unit_test(test_mp4_that_lies_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
