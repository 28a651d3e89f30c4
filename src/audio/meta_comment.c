#include "audio/meta_impl.h"

#include "core/alloc.h"

#include <string.h>
#include <strings.h>

static const char picture_key[] = "metadata_block_picture";

/* A Vorbis comment name, an ID3 description or an ffmpeg name to ours. */
static const char *const same_names[][2] = {
    {"tracknumber", "track"},
    {"album artist", "albumartist"},
    {"album_artist", "albumartist"},
    {"year", "date"},
    {"description", "comment"},
    {"organisation", "organization"},
    {"publisher", "organization"},
    {"disc", "discnumber"},
    {"disk", "discnumber"},
    {"unsyncedlyrics", "lyrics"},
    {"uslt", "lyrics"},
    {"tsrc", "isrc"},
};

const char *st_meta_name(const char *key) {
    for (size_t i = 0; i < sizeof same_names / sizeof *same_names; i++)
        if (strcasecmp(key, same_names[i][0]) == 0)
            return same_names[i][1];
    return key;
}

/* -- base64 (RFC 4648, section 4) */

static int digit_of(uint8_t c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Bytes written to `to`, which has room for 3 of every 4; stops at the first
 * byte that is no digit. */
static size_t from_base64(uint8_t *to, const uint8_t *p, size_t bytes) {
    uint32_t bits = 0;
    int held = 0;
    size_t n = 0;
    for (size_t i = 0; i < bytes; i++) {
        int digit = digit_of(p[i]);
        if (digit < 0)
            break;
        bits = bits << 6 | (uint32_t)digit;
        held += 6;
        if (held >= 8) {
            held -= 8;
            to[n++] = (uint8_t)(bits >> held);
        }
    }
    return n;
}

static void put_base64(st_blob *blob, const uint8_t *p, size_t bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes; i += 3) {
        uint32_t b = (uint32_t)p[i] << 16;
        b |= i + 1 < bytes ? (uint32_t)p[i + 1] << 8 : 0;
        b |= i + 2 < bytes ? p[i + 2] : 0;
        char four[4] = {digits[b >> 18], digits[b >> 12 & 63],
                        i + 1 < bytes ? digits[b >> 6 & 63] : '=',
                        i + 2 < bytes ? digits[b & 63] : '='};
        st_blob_put(blob, four, 4);
    }
}

/* -- read */

st_status st_picture_take(st_meta *meta, const uint8_t *p, size_t bytes) {
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
    if (length > bytes - at)
        return ST_OK;
    char mime[257] = {0};
    char text[4097] = {0};
    memcpy(mime, part[0], size[0] < 256 ? size[0] : 256);
    memcpy(text, part[1], size[1] < 4096 ? size[1] : 4096);
    uint8_t *data = st_calloc(length, 1);
    if (data == NULL)
        return ST_NO_MEM;
    memcpy(data, p + at, length);
    st_picture picture = {st_be32(p), mime, text, data, length};
    st_status status = st_meta_add_picture(meta, &picture);
    st_free(data);
    return status;
}

static st_status take_coded_picture(st_meta *meta, const uint8_t *p,
                                    size_t bytes) {
    uint8_t *data = st_calloc(bytes / 4 * 3 + 3, 1);
    if (data == NULL)
        return ST_NO_MEM;
    st_status status = st_picture_take(meta, data, from_base64(data, p, bytes));
    st_free(data);
    return status;
}

/* NAME=value */
static st_status read_comment(st_meta *meta, const uint8_t *p, size_t size) {
    const uint8_t *equals = memchr(p, '=', size < 257 ? size : 257);
    if (equals == NULL)
        return ST_OK;
    char key[257] = {0};
    memcpy(key, p, (size_t)(equals - p));
    size_t length = size - (size_t)(equals - p) - 1;
    if (strcasecmp(key, picture_key) == 0)
        return take_coded_picture(meta, equals + 1, length);
    if (length > ST_META_MAX_TEXT)
        length = ST_META_MAX_TEXT;
    char *value = st_calloc(length + 1, 1);
    if (value == NULL)
        return ST_NO_MEM;
    memcpy(value, equals + 1, length);
    st_status status = st_meta_add_tag(meta, st_meta_name(key), value);
    st_free(value);
    return status;
}

st_status st_comments_take(st_meta *meta, const uint8_t *p, size_t bytes) {
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

/* -- write */

void st_picture_put(st_blob *blob, const st_picture *picture) {
    static const uint8_t unknown_size[16];
    const char *mime = picture->mime != NULL ? picture->mime : "";
    const char *text = picture->description != NULL ? picture->description : "";
    st_blob_be(blob, picture->type, 4);
    st_blob_be(blob, strlen(mime), 4);
    st_blob_put(blob, mime, strlen(mime));
    st_blob_be(blob, strlen(text), 4);
    st_blob_put(blob, text, strlen(text));
    st_blob_put(blob, unknown_size, sizeof unknown_size);
    st_blob_be(blob, picture->bytes, 4);
    st_blob_put(blob, picture->data, picture->bytes);
}

static void put_upper(st_blob *blob, const char *key) {
    for (; *key != '\0'; key++) {
        char c = *key >= 'a' && *key <= 'z' ? (char)(*key - 32) : *key;
        st_blob_put(blob, &c, 1);
    }
    st_blob_put(blob, "=", 1);
}

/* The name a tag goes by here; NULL: it would read as something else. */
static const char *comment_name(const st_tag *tag) {
    if (strcmp(tag->key, picture_key) == 0)
        return NULL;
    return strcmp(tag->key, "track") == 0 ? "tracknumber" : tag->key;
}

static void put_coded_picture(st_blob *blob, const st_picture *picture) {
    st_blob block = {0};
    st_picture_put(&block, picture);
    blob->failed |= block.failed;
    st_blob_le(blob, sizeof picture_key + (block.bytes + 2) / 3 * 4, 4);
    put_upper(blob, picture_key);
    if (!block.failed)
        put_base64(blob, block.data, block.bytes);
    st_blob_deinit(&block);
}

void st_comments_put(st_blob *blob, const st_meta *meta, bool pictures) {
    static const char vendor[] = "stemma";
    size_t count = pictures ? meta->picture_count : 0;
    for (size_t i = 0; i < meta->tag_count; i++)
        count += comment_name(&meta->tags[i]) != NULL;
    st_blob_le(blob, sizeof vendor - 1, 4);
    st_blob_put(blob, vendor, sizeof vendor - 1);
    st_blob_le(blob, count, 4);
    for (size_t i = 0; i < meta->tag_count; i++) {
        const char *key = comment_name(&meta->tags[i]);
        if (key == NULL)
            continue;
        size_t value_bytes = strlen(meta->tags[i].value);
        st_blob_le(blob, strlen(key) + 1 + value_bytes, 4);
        put_upper(blob, key);
        st_blob_put(blob, meta->tags[i].value, value_bytes);
    }
    for (size_t i = 0; pictures && i < meta->picture_count; i++)
        put_coded_picture(blob, &meta->pictures[i]);
}
