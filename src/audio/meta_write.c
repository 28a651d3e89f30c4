#include "audio/meta_impl.h"

#include <stdio.h>
#include <string.h>

static void start_block(st_blob *blob, int type) {
    st_blob_be(blob, (uint64_t)type, 1);
    st_blob_be(blob, 0, 3);
}

static void end_block(st_blob *blob, size_t start) {
    size_t size = blob->bytes - start - 4;
    if (blob->failed)
        return;
    if (size >= 1 << 24)
        blob->bytes = start; /* more than a block can hold: left out */
    else
        st_put_be(blob->data + start + 1, size, 3);
}

static void put_comments(st_blob *blob, const st_meta *meta) {
    size_t start = blob->bytes;
    start_block(blob, 4);
    st_comments_put(blob, meta, false);
    end_block(blob, start);
}

static void put_flac_picture(st_blob *blob, const st_picture *picture) {
    size_t start = blob->bytes;
    start_block(blob, 6);
    st_picture_put(blob, picture);
    end_block(blob, start);
}

/* Call `put` for every RIFF chunk but LIST/INFO. */
static void each_chunk(const st_meta *meta, st_blob *blob,
                       void (*put)(st_blob *blob, const uint8_t *chunk,
                                   size_t bytes)) {
    st_blob riff = {0};
    st_riff_put(&riff, meta, false);
    blob->failed |= riff.failed;
    for (size_t at = 0; !riff.failed && at + 8 <= riff.bytes;) {
        size_t size = st_le32(riff.data + at + 4);
        put(blob, riff.data + at, size + 8);
        at += 8 + size + (size & 1);
    }
    st_blob_deinit(&riff);
}

/* APPLICATION block "riff", as flac --keep-foreign-metadata makes them. */
static void put_application(st_blob *blob, const uint8_t *chunk, size_t bytes) {
    size_t start = blob->bytes;
    start_block(blob, 2);
    st_blob_put(blob, "riff", 4);
    st_blob_put(blob, chunk, bytes);
    end_block(blob, start);
}

void st_flac_put(st_blob *blob, const st_meta *meta) {
    put_comments(blob, meta);
    each_chunk(meta, blob, put_application);
    for (size_t i = 0; i < meta->picture_count; i++)
        put_flac_picture(blob, &meta->pictures[i]);
}

static void put_aiff_chunk(st_blob *blob, const char *id, const void *data,
                           size_t bytes) {
    st_blob_put(blob, id, 4);
    st_blob_be(blob, bytes, 4);
    st_blob_put(blob, data, bytes);
    if (bytes & 1)
        st_blob_put(blob, "", 1);
}

/* MARK has 16-bit ids above 0; labels are Pascal strings. */
static void put_mark(st_blob *blob, const st_meta *meta) {
    st_blob body = {0};
    st_blob_be(&body, meta->cue_count, 2);
    for (size_t i = 0; i < meta->cue_count; i++) {
        const st_cue *cue = &meta->cues[i];
        const char *label = cue->label != NULL ? cue->label : "";
        size_t length = strlen(label) < 255 ? strlen(label) : 255;
        st_blob_be(&body, i + 1, 2);
        st_blob_be(&body, (uint64_t)cue->position_frames, 4);
        st_blob_be(&body, length, 1);
        st_blob_put(&body, label, length);
        if ((length + 1) & 1)
            st_blob_put(&body, "", 1);
    }
    blob->failed |= body.failed;
    if (!body.failed)
        put_aiff_chunk(blob, "MARK", body.data, body.bytes);
    st_blob_deinit(&body);
}

/* APPL "stma": one RIFF chunk each, for which AIFF has no place. */
static void put_appl(st_blob *blob, const uint8_t *chunk, size_t bytes) {
    if (memcmp(chunk, "cue ", 4) == 0)
        return; /* MARK has them */
    if (memcmp(chunk, "LIST", 4) == 0)
        return;
    st_blob_put(blob, "APPL", 4);
    st_blob_be(blob, bytes + 4, 4);
    st_blob_put(blob, "stma", 4);
    st_blob_put(blob, chunk, bytes);
    if (bytes & 1)
        st_blob_put(blob, "", 1);
}

void st_aiff_put(st_blob *blob, const st_meta *meta) {
    static const char *const plain[][2] = {
        {"title", "NAME"}, {"artist", "AUTH"}, {"copyright", "(c) "}};
    for (size_t i = 0; i < 3; i++) {
        const char *value = st_meta_tag(meta, plain[i][0]);
        if (value != NULL)
            put_aiff_chunk(blob, plain[i][1], value, strlen(value));
    }
    if (meta->cue_count > 0)
        put_mark(blob, meta);
    each_chunk(meta, blob, put_appl);
    st_blob id3 = {0};
    st_id3_put(&id3, meta);
    blob->failed |= id3.failed;
    if (!id3.failed && id3.bytes > 0)
        put_aiff_chunk(blob, "ID3 ", id3.data, id3.bytes);
    st_blob_deinit(&id3);
}
