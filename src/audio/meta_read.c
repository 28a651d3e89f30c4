#include "audio/reader_impl.h"

#include "audio/riff.h"
#include "core/alloc.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* A Vorbis comment name (or an ID3 description) to ours. */
static const char *const same_names[][2] = {
    {"tracknumber", "track"},        {"album artist", "albumartist"},
    {"album_artist", "albumartist"}, {"year", "date"},
    {"description", "comment"},      {"organisation", "organization"},
    {"publisher", "organization"},
};

static const char *our_name(const char *key) {
    for (size_t i = 0; i < sizeof same_names / sizeof *same_names; i++)
        if (strcasecmp(key, same_names[i][0]) == 0)
            return same_names[i][1];
    return key;
}

static st_status read_flac_picture(st_meta *meta, const uint8_t *p,
                                   size_t bytes) {
    size_t at = 4;
    const uint8_t *part[2];
    size_t size[2];
    if (bytes < 32)
        return ST_OK;
    for (int i = 0; i < 2; i++) {
        if (bytes - at < 4)
            return ST_OK;
        size[i] = st_be32(p + at);
        at += 4;
        if (size[i] > bytes - at)
            return ST_OK;
        part[i] = p + at;
        at += size[i];
    }
    if (bytes - at < 20)
        return ST_OK;
    size_t length = st_be32(p + at + 16);
    at += 20;
    if (length > bytes - at || size[0] > 256 || size[1] > 4096)
        return ST_OK;
    char mime[257] = {0};
    char text[4097] = {0};
    memcpy(mime, part[0], size[0]);
    memcpy(text, part[1], size[1]);
    uint8_t *data = st_calloc(length, 1);
    if (data == NULL)
        return ST_NO_MEM;
    memcpy(data, p + at, length);
    st_picture picture = {st_be32(p), mime, text, data, length};
    st_status status = st_meta_add_picture(meta, &picture);
    st_free(data);
    return status;
}

/* NAME=value; Ogg keeps pictures as base64 in a comment, left out here. */
static st_status read_comment(st_meta *meta, const uint8_t *p, size_t size) {
    const uint8_t *equals = memchr(p, '=', size < 256 ? size : 256);
    if (equals == NULL)
        return ST_OK;
    char key[257] = {0};
    memcpy(key, p, (size_t)(equals - p));
    if (strcasecmp(key, "metadata_block_picture") == 0)
        return ST_OK;
    size_t length = size - (size_t)(equals - p) - 1;
    char *value = st_calloc(length + 1, 1);
    if (value == NULL)
        return ST_NO_MEM;
    memcpy(value, equals + 1, length);
    st_status status = st_meta_add_tag(meta, our_name(key), value);
    st_free(value);
    return status;
}

static st_status read_comments(st_meta *meta, const uint8_t *p, size_t bytes) {
    if (bytes < 8)
        return ST_OK;
    size_t at = st_le32(p);
    if (at > bytes - 8)
        return ST_OK;
    at += 4;
    size_t count = st_le32(p + at);
    at += 4;
    st_status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < count && bytes - at >= 4; i++) {
        size_t size = st_le32(p + at);
        at += 4;
        if (size > bytes - at)
            break;
        status = read_comment(meta, p + at, size);
        at += size;
    }
    return status;
}

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
            st_status status = type == 2 ? read_riff_block(meta, data, size)
                               : type == 4
                                   ? read_comments(meta, data, size)
                                   : read_flac_picture(meta, data, size);
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

/* One page: its bytes of the second packet go to `packet`. *ended counts the
 * packets that end here or before. False when there is no such page. */
static bool read_page(const st_bytes *bytes, int64_t *at, st_blob *packet,
                      int *ended) {
    enum { MOST = 1 << 20 };
    uint8_t head[27 + 255];
    uint8_t part[255];
    if (st_bytes_read(bytes, *at, head, 27) < 27 ||
        memcmp(head, "OggS", 4) != 0 ||
        st_bytes_read(bytes, *at + 27, head + 27, head[26]) < head[26])
        return false;
    *at += 27 + head[26];
    for (int i = 0; i < head[26] && *ended < 2; i++) {
        size_t lace = head[27 + i];
        if (*ended == 1 && packet->bytes + lace <= MOST)
            st_blob_put(packet, part, st_bytes_read(bytes, *at, part, lace));
        *at += (int64_t)lace;
        *ended += lace < 255;
    }
    return true;
}

/* The second packet of the first stream is the comment header (RFC 3533). */
static st_status read_ogg(st_meta *meta, const st_bytes *bytes) {
    st_blob packet = {0};
    int64_t at = 0;
    int ended = 0;
    for (int page = 0; page < 64 && ended < 2; page++)
        if (!read_page(bytes, &at, &packet, &ended))
            break;
    const uint8_t *p = packet.data;
    size_t length = packet.bytes;
    st_status status = packet.failed ? ST_NO_MEM : ST_OK;
    if (status == ST_OK && length > 8 && memcmp(p, "OpusTags", 8) == 0)
        status = read_comments(meta, p + 8, length - 8);
    else if (status == ST_OK && length > 7 && memcmp(p, "\3vorbis", 7) == 0)
        status = read_comments(meta, p + 7, length - 7);
    else if (status == ST_OK && length > 4 && (p[0] & 0x7F) == 4)
        status = read_comments(meta, p + 4, length - 4);
    st_blob_deinit(&packet);
    return status;
}

static const char *const id3_names[][2] = {
    {"TIT2", "title"},        {"TPE1", "artist"},     {"TALB", "album"},
    {"TPE2", "albumartist"},  {"TDRC", "date"},       {"TYER", "date"},
    {"TRCK", "track"},        {"TCON", "genre"},      {"TSRC", "isrc"},
    {"TCOM", "composer"},     {"TCOP", "copyright"},  {"TSSE", "encoder"},
    {"TPUB", "organization"}, {"TBPM", "bpm"},        {"TLAN", "language"},
    {"TPOS", "discnumber"},   {"TKEY", "initialkey"}, {"TT2", "title"},
    {"TP1", "artist"},        {"TAL", "album"},       {"TYE", "date"},
    {"TRK", "track"},         {"TCO", "genre"},
};

/* One string of an ID3 frame as UTF-8; *used gets the bytes taken with its
 * end mark. Encodings: 0 Latin-1, 1 UTF-16 with BOM, 2 UTF-16BE, 3 UTF-8. */
static char *id3_text(int encoding, const uint8_t *p, size_t bytes,
                      size_t *used) {
    bool wide = encoding == 1 || encoding == 2;
    size_t end = 0;
    size_t unit = wide ? 2 : 1;
    while (end + unit <= bytes && !(p[end] == 0 && (!wide || p[end + 1] == 0)))
        end += unit;
    *used = end + unit <= bytes ? end + unit : bytes;
    char *out = st_calloc(end * 2 + 4, 1);
    if (out == NULL)
        return NULL;
    if (!wide) {
        memcpy(out, p, end);
        return out;
    }
    bool little = encoding == 1 && !(end >= 2 && p[0] == 0xFE);
    size_t n = 0;
    uint32_t high = 0;
    for (size_t i = 0; i + 2 <= end; i += 2) {
        uint32_t u = little ? st_le16(p + i) : st_be16(p + i);
        if (u == 0xFEFF)
            continue;
        if (u >= 0xD800 && u < 0xDC00) {
            high = u;
            continue;
        }
        if (u >= 0xDC00 && u < 0xE000) {
            if (high == 0)
                continue;
            u = 0x10000 + ((high - 0xD800) << 10) + (u - 0xDC00);
        }
        high = 0;
        if (u < 0x80) {
            out[n++] = (char)u;
        } else if (u < 0x800) {
            out[n++] = (char)(0xC0 | u >> 6);
            out[n++] = (char)(0x80 | (u & 0x3F));
        } else {
            if (u >= 0x10000) {
                out[n++] = (char)(0xF0 | u >> 18);
                out[n++] = (char)(0x80 | (u >> 12 & 0x3F));
            } else {
                out[n++] = (char)(0xE0 | u >> 12);
            }
            out[n++] = (char)(0x80 | (u >> 6 & 0x3F));
            out[n++] = (char)(0x80 | (u & 0x3F));
        }
    }
    return out;
}

static st_status add_frame_text(st_meta *meta, const char *key, int encoding,
                                const uint8_t *p, size_t bytes) {
    size_t used = 0;
    char *text = id3_text(encoding, p, bytes, &used);
    if (text == NULL)
        return ST_NO_MEM;
    st_status status = st_meta_add_tag(meta, key, text);
    st_free(text);
    return status;
}

/* TXXX: description, value. COMM: language, description, value. */
static st_status add_named(st_meta *meta, bool comment, const uint8_t *p,
                           size_t bytes) {
    int encoding = p[0];
    size_t at = comment ? 4 : 1;
    size_t used = 0;
    if (bytes <= at)
        return ST_OK;
    char *name = id3_text(encoding, p + at, bytes - at, &used);
    if (name == NULL)
        return ST_NO_MEM;
    at += used;
    /* iTunes keeps its gapless and volume numbers in named comments. */
    bool take =
        !comment || name[0] == '\0' || strcmp(name, "ID3v1 Comment") != 0;
    if (comment && strncmp(name, "iTun", 4) == 0)
        take = false;
    st_status status = ST_OK;
    if (take)
        status = add_frame_text(meta, comment ? "comment" : our_name(name),
                                encoding, p + at, bytes - at);
    st_free(name);
    return status;
}

static st_status add_apic(st_meta *meta, const uint8_t *p, size_t bytes) {
    const uint8_t *mime_end = memchr(p + 1, 0, bytes - 1);
    if (mime_end == NULL || mime_end + 2 >= p + bytes)
        return ST_OK;
    const uint8_t *text = mime_end + 2;
    size_t used = 0;
    char *mime = st_calloc((size_t)(mime_end - p), 1);
    char *name = id3_text(p[0], text, (size_t)(p + bytes - text), &used);
    uint8_t *data = st_calloc(bytes, 1);
    st_status status = ST_NO_MEM;
    if (mime != NULL && name != NULL && data != NULL) {
        memcpy(mime, p + 1, (size_t)(mime_end - p - 1));
        size_t length = (size_t)(p + bytes - text) - used;
        memcpy(data, text + used, length);
        st_picture picture = {mime_end[1], mime, name, data, length};
        status = st_meta_add_picture(meta, &picture);
    }
    st_free(mime);
    st_free(name);
    st_free(data);
    return status;
}

static st_status add_id3_frame(st_meta *meta, const char *id, const uint8_t *p,
                               size_t bytes) {
    if (bytes < 2 || p[0] > 3)
        return ST_OK;
    if (strcmp(id, "TXXX") == 0)
        return add_named(meta, false, p, bytes);
    if (strcmp(id, "COMM") == 0)
        return add_named(meta, true, p, bytes);
    if (strcmp(id, "APIC") == 0)
        return add_apic(meta, p, bytes);
    for (size_t i = 0; i < sizeof id3_names / sizeof *id3_names; i++)
        if (strcmp(id, id3_names[i][0]) == 0 &&
            st_meta_tag(meta, id3_names[i][1]) == NULL)
            return add_frame_text(meta, id3_names[i][1], p[0], p + 1,
                                  bytes - 1);
    return ST_OK;
}

static size_t syncsafe(const uint8_t *p) {
    return (size_t)(p[0] & 0x7F) << 21 | (size_t)(p[1] & 0x7F) << 14 |
           (size_t)(p[2] & 0x7F) << 7 | (size_t)(p[3] & 0x7F);
}

/* ID3v2.2 to 2.4; unsynchronised and compressed frames are skipped. */
static st_status read_id3(st_meta *meta, const uint8_t *p, size_t bytes) {
    if (bytes < 10 || memcmp(p, "ID3", 3) != 0 || (p[5] & 0x80))
        return ST_OK;
    int version = p[3];
    size_t end = syncsafe(p + 6) + 10;
    if (end > bytes)
        end = bytes;
    size_t at = 10;
    if ((p[5] & 0x40) && end >= 14) {
        size_t extra = version == 4 ? syncsafe(p + 10) : st_be32(p + 10) + 4;
        at += extra < end - 10 ? extra : end - 10;
    }
    size_t name = version == 2 ? 3 : 4;
    size_t head = version == 2 ? 6 : 10;
    st_status status = ST_OK;
    while (status == ST_OK && at < end && end - at > head && p[at] != 0) {
        char id[5] = {0};
        memcpy(id, p + at, name);
        const uint8_t *s = p + at + name;
        size_t size = version == 2   ? (size_t)s[0] << 16 | s[1] << 8 | s[2]
                      : version == 4 ? syncsafe(s)
                                     : st_be32(s);
        int flags = version == 2 ? 0 : s[5];
        at += head;
        if (size > end - at)
            break;
        if ((flags & (version == 4 ? 0x0E : 0xC0)) == 0)
            status = add_id3_frame(meta, id, p + at, size);
        at += size;
    }
    return status;
}

static st_status read_id3_at(st_meta *meta, const st_bytes *bytes,
                             int64_t offset) {
    uint8_t head[10];
    if (st_bytes_read(bytes, offset, head, 10) < 10 ||
        memcmp(head, "ID3", 3) != 0)
        return ST_OK;
    size_t size = syncsafe(head + 6) + 10;
    if (size > ST_META_MAX_CHUNK)
        size = ST_META_MAX_CHUNK;
    uint8_t *data = st_calloc(size, 1);
    if (data == NULL)
        return ST_NO_MEM;
    size = st_bytes_read(bytes, offset, data, size);
    st_status status = read_id3(meta, data, size);
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
        return read_id3(meta, p, size);
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
    default:
        return ST_OK;
    }
}
