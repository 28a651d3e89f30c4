#include "audio/meta_impl.h"

#include "audio/ogg.h"
#include "core/alloc.h"

#include <string.h>

static st_status read_riff_block(st_meta *meta, const uint8_t *p,
                                 size_t bytes) {
    if (bytes < 12 || memcmp(p, "riff", 4) != 0)
        return ST_OK;
    size_t size = st_le32(p + 8);
    static const char *const ids[] = {"bext", "cue ", "LIST", "smpl", "inst",
                                      "acid", "iXML", "axml", "_PMX", "chna"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (memcmp(p + 4, ids[i], 4) == 0)
            return st_riff_take(meta, ids[i], p + 12,
                                size < bytes - 12 ? size : bytes - 12);
    return ST_OK;
}

/* Blocks of RFC 9639, section 8. */
static st_status read_flac(st_meta *meta, const st_bytes *bytes) {
    int64_t at = 4;
    uint8_t head[4];
    for (int i = 0; i < 1024; i++) {
        if (st_bytes_read(bytes, at, head, 4) < 4)
            return ST_OK;
        size_t size = st_be32(head) & 0xFFFFFF;
        int type = head[0] & 0x7F;
        at += 4;
        if (type == 2 || type == 4 || type == 6) {
            uint8_t *data = st_calloc(size, 1);
            if (data == NULL)
                return ST_NO_MEM;
            size = st_bytes_read(bytes, at, data, size);
            st_status status = type == 2   ? read_riff_block(meta, data, size)
                               : type == 4 ? st_comments_take(meta, data, size)
                                           : st_picture_take(meta, data, size);
            st_free(data);
            if (status != ST_OK)
                return status;
        }
        at += (int64_t)(st_be32(head) & 0xFFFFFF);
        if (head[0] & 0x80)
            break;
    }
    return ST_OK;
}

/* Of an Ogg FLAC stream the packets after the first are the blocks. */
static st_status read_block(st_meta *meta, const uint8_t *p, size_t bytes) {
    int type = bytes >= 4 ? p[0] & 0x7F : 0;
    return type == 4   ? st_comments_take(meta, p + 4, bytes - 4)
           : type == 6 ? st_picture_take(meta, p + 4, bytes - 4)
                       : ST_OK;
}

/* The second packet is the comment header; FLAC may have more of them. */
static st_status read_ogg(st_meta *meta, const st_bytes *bytes) {
    st_ogg_reader ogg;
    st_blob packet = {0};
    st_ogg_codec codec = ST_OGG_NONE;
    st_status status = st_ogg_open(&ogg, bytes, &codec);
    bool more = codec != ST_OGG_NONE && st_ogg_packet(&ogg, &packet);
    for (int i = 0; status == ST_OK && more && i < 64; i++) {
        more = st_ogg_packet(&ogg, &packet);
        const uint8_t *p = packet.data;
        size_t length = packet.bytes;
        if (packet.failed)
            status = ST_NO_MEM;
        else if (more && codec == ST_OGG_OPUS && length > 8 &&
                 memcmp(p, "OpusTags", 8) == 0)
            status = st_comments_take(meta, p + 8, length - 8);
        else if (more && codec == ST_OGG_VORBIS && length > 7 &&
                 memcmp(p, "\3vorbis", 7) == 0)
            status = st_comments_take(meta, p + 7, length - 7);
        else if (more && codec == ST_OGG_FLAC)
            status = read_block(meta, p, length);
        more = more && codec == ST_OGG_FLAC && length > 0 && !(p[0] & 0x80);
    }
    st_blob_deinit(&packet);
    st_ogg_close(&ogg);
    return status;
}

static st_status read_id3_at(st_meta *meta, const st_bytes *bytes,
                             int64_t offset) {
    uint8_t head[10];
    size_t size = 0;
    if (st_bytes_read(bytes, offset, head, 10) == 10)
        size = st_id3_bytes(head);
    if (size == 0)
        return ST_OK;
    if (size > ST_META_MAX_CHUNK)
        size = ST_META_MAX_CHUNK;
    uint8_t *data = st_calloc(size, 1);
    if (data == NULL)
        return ST_NO_MEM;
    size = st_bytes_read(bytes, offset, data, size);
    st_status status = st_id3_take(meta, data, size);
    st_free(data);
    return status;
}

static const char *aiff_key(const uint8_t *id) {
    static const char *const names[][2] = {{"NAME", "title"},
                                           {"AUTH", "artist"},
                                           {"(c) ", "copyright"},
                                           {"ANNO", "comment"}};
    for (size_t i = 0; i < 4; i++)
        if (memcmp(id, names[i][0], 4) == 0)
            return names[i][1];
    return NULL;
}

/* MARK: count, then id, position, Pascal string padded to even. */
static st_status read_mark(st_meta *meta, const uint8_t *p, size_t bytes) {
    if (bytes < 2)
        return ST_OK;
    size_t count = st_be16(p);
    size_t at = 2;
    st_status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < count && bytes - at >= 7; i++) {
        char label[256] = {0};
        size_t length = p[at + 6];
        if (length > bytes - at - 7)
            break;
        memcpy(label, p + at + 7, length);
        st_cue cue = {.id = st_be16(p + at),
                      .position_frames = st_be32(p + at + 2),
                      .label = length > 0 ? label : NULL};
        status = st_meta_add_cue(meta, &cue);
        size_t step = 7 + length + ((length + 1) & 1);
        at += step < bytes - at ? step : bytes - at;
    }
    return status;
}

/* APPL with signature "stma" holds one RIFF chunk (bext, smpl...). */
static st_status read_aiff_chunk(st_meta *meta, const uint8_t *head,
                                 const uint8_t *p, size_t size) {
    if (memcmp(head, "MARK", 4) == 0)
        return read_mark(meta, p, size);
    if (memcmp(head, "ID3 ", 4) == 0)
        return st_id3_take(meta, p, size);
    if (memcmp(head, "APPL", 4) == 0 && size > 12 &&
        memcmp(p, "stma", 4) == 0) {
        char id[5] = {0};
        memcpy(id, p + 4, 4);
        size_t inner = st_le32(p + 8);
        return st_riff_take(meta, id, p + 12,
                            inner < size - 12 ? inner : size - 12);
    }
    const char *key = aiff_key(head);
    if (key == NULL || st_meta_tag(meta, key) != NULL)
        return ST_OK;
    char *text = st_calloc(size + 1, 1);
    if (text == NULL)
        return ST_NO_MEM;
    memcpy(text, p, size);
    st_status status = st_meta_add_tag(meta, key, text);
    st_free(text);
    return status;
}

static st_status read_aiff(st_meta *meta, const st_bytes *bytes) {
    int64_t at = 12;
    uint8_t head[8];
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < 4096; i++) {
        if (st_bytes_read(bytes, at, head, 8) < 8)
            break;
        size_t size = st_be32(head + 4);
        bool wanted = memcmp(head, "MARK", 4) == 0 ||
                      memcmp(head, "ID3 ", 4) == 0 ||
                      memcmp(head, "APPL", 4) == 0 || aiff_key(head) != NULL;
        if (wanted && size <= ST_META_MAX_CHUNK) {
            uint8_t *data = st_calloc(size, 1);
            if (data == NULL)
                return ST_NO_MEM;
            size_t got = st_bytes_read(bytes, at + 8, data, size);
            status = read_aiff_chunk(meta, head, data, got);
            st_free(data);
        }
        at += 8 + (int64_t)size + (int64_t)(size & 1);
    }
    return status;
}

st_status st_meta_read(st_meta *meta, const st_bytes *bytes,
                       st_file_kind kind) {
    switch (kind) {
    case ST_FILE_FLAC:
        return read_flac(meta, bytes);
    case ST_FILE_OGG:
        return read_ogg(meta, bytes);
    case ST_FILE_MP3:
        return read_id3_at(meta, bytes, 0);
    case ST_FILE_AIFF:
        return read_aiff(meta, bytes);
    case ST_FILE_MP4:
        return st_mp4_take(meta, bytes);
    default:
        return ST_OK;
    }
}
