#include "audio/writer_impl.h"

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
    static const char vendor[] = "stemma";
    size_t start = blob->bytes;
    start_block(blob, 4);
    st_blob_le(blob, sizeof vendor - 1, 4);
    st_blob_put(blob, vendor, sizeof vendor - 1);
    st_blob_le(blob, meta->tag_count, 4);
    for (size_t i = 0; i < meta->tag_count; i++) {
        const char *key = meta->tags[i].key;
        if (strcmp(key, "track") == 0)
            key = "tracknumber";
        size_t key_bytes = strlen(key);
        size_t value_bytes = strlen(meta->tags[i].value);
        st_blob_le(blob, key_bytes + 1 + value_bytes, 4);
        for (size_t k = 0; k < key_bytes; k++) {
            char c =
                key[k] >= 'a' && key[k] <= 'z' ? (char)(key[k] - 32) : key[k];
            st_blob_put(blob, &c, 1);
        }
        st_blob_put(blob, "=", 1);
        st_blob_put(blob, meta->tags[i].value, value_bytes);
    }
    end_block(blob, start);
}

static void put_flac_picture(st_blob *blob, const st_picture *picture) {
    static const uint8_t unknown_size[16];
    const char *mime = picture->mime != NULL ? picture->mime : "";
    const char *text = picture->description != NULL ? picture->description : "";
    size_t start = blob->bytes;
    start_block(blob, 6);
    st_blob_be(blob, picture->type, 4);
    st_blob_be(blob, strlen(mime), 4);
    st_blob_put(blob, mime, strlen(mime));
    st_blob_be(blob, strlen(text), 4);
    st_blob_put(blob, text, strlen(text));
    st_blob_put(blob, unknown_size, sizeof unknown_size);
    st_blob_be(blob, picture->bytes, 4);
    st_blob_put(blob, picture->data, picture->bytes);
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

static void put_syncsafe(st_blob *blob, size_t value) {
    for (int shift = 21; shift >= 0; shift -= 7)
        st_blob_be(blob, value >> shift & 0x7F, 1);
}

static size_t start_frame(st_blob *blob, const char *id) {
    st_blob_put(blob, id, 4);
    st_blob_be(blob, 0, 6);
    st_blob_be(blob, 3, 1); /* UTF-8 */
    return blob->bytes - 1;
}

static void end_frame(st_blob *blob, size_t start) {
    size_t size = blob->bytes - start;
    if (blob->failed)
        return;
    if (size >= 1 << 28) {
        blob->bytes = start - 10;
        return;
    }
    for (int i = 0; i < 4; i++)
        blob->data[start - 6 + (size_t)i] =
            (uint8_t)(size >> (21 - 7 * i) & 0x7F);
}

static const char *id3_frame(const char *key) {
    static const char *const names[][2] = {
        {"title", "TIT2"},       {"artist", "TPE1"},   {"album", "TALB"},
        {"albumartist", "TPE2"}, {"date", "TDRC"},     {"track", "TRCK"},
        {"genre", "TCON"},       {"isrc", "TSRC"},     {"composer", "TCOM"},
        {"copyright", "TCOP"},   {"encoder", "TSSE"},  {"organization", "TPUB"},
        {"bpm", "TBPM"},         {"language", "TLAN"}, {"discnumber", "TPOS"},
        {"initialkey", "TKEY"},  {"comment", "COMM"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(key, names[i][0]) == 0)
            return names[i][1];
    return "TXXX";
}

static void put_tag_frame(st_blob *blob, const st_tag *tag) {
    const char *id = id3_frame(tag->key);
    size_t start = start_frame(blob, id);
    if (strcmp(id, "TXXX") == 0)
        st_blob_put(blob, tag->key, strlen(tag->key) + 1);
    else if (strcmp(id, "COMM") == 0)
        st_blob_put(blob, "XXX", 4); /* no language, no description */
    st_blob_put(blob, tag->value, strlen(tag->value));
    end_frame(blob, start);
}

static void put_apic(st_blob *blob, const st_picture *picture) {
    const char *mime = picture->mime != NULL ? picture->mime : "";
    const char *text = picture->description != NULL ? picture->description : "";
    size_t start = start_frame(blob, "APIC");
    st_blob_put(blob, mime, strlen(mime) + 1);
    st_blob_be(blob, picture->type & 0xFF, 1);
    st_blob_put(blob, text, strlen(text) + 1);
    st_blob_put(blob, picture->data, picture->bytes);
    end_frame(blob, start);
}

void st_id3_put(st_blob *blob, const st_meta *meta) {
    st_blob body = {0};
    for (size_t i = 0; i < meta->tag_count; i++)
        put_tag_frame(&body, &meta->tags[i]);
    for (size_t i = 0; i < meta->picture_count; i++)
        put_apic(&body, &meta->pictures[i]);
    blob->failed |= body.failed;
    if (!body.failed && body.bytes > 0 && body.bytes < 1 << 28) {
        st_blob_put(blob, "ID3\4\0\0", 6);
        put_syncsafe(blob, body.bytes);
        st_blob_put(blob, body.data, body.bytes);
    }
    st_blob_deinit(&body);
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
