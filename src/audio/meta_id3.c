#include "audio/meta_impl.h"

#include "core/alloc.h"

#include <stdio.h>
#include <string.h>

/* Frames and our names. The first row of a name is the one written; the
 * three-letter ones are of ID3v2.2. */
static const char *const names[][2] = {
    {"TIT2", "title"},        {"TPE1", "artist"},
    {"TALB", "album"},        {"TPE2", "albumartist"},
    {"TDRC", "date"},         {"TYER", "date"},
    {"TRCK", "track"},        {"TCON", "genre"},
    {"TSRC", "isrc"},         {"TCOM", "composer"},
    {"TCOP", "copyright"},    {"TSSE", "encoder"},
    {"TENC", "encoded-by"},   {"TPUB", "organization"},
    {"TBPM", "bpm"},          {"TLAN", "language"},
    {"TPOS", "discnumber"},   {"TKEY", "initialkey"},
    {"TIT1", "grouping"},     {"TIT3", "subtitle"},
    {"TEXT", "lyricist"},     {"TPE3", "conductor"},
    {"TPE4", "remixer"},      {"TMED", "media"},
    {"TSST", "discsubtitle"}, {"TDOR", "originaldate"},
    {"TMOO", "mood"},         {"TCMP", "compilation"},
    {"TSOA", "albumsort"},    {"TSOP", "artistsort"},
    {"TSOT", "titlesort"},    {"TSO2", "albumartistsort"},
    {"TSOC", "composersort"}, {"COMM", "comment"},
    {"USLT", "lyrics"},       {"TT2", "title"},
    {"TP1", "artist"},        {"TAL", "album"},
    {"TP2", "albumartist"},   {"TYE", "date"},
    {"TRK", "track"},         {"TPA", "discnumber"},
    {"TCO", "genre"},         {"TCM", "composer"},
    {"COM", "comment"},       {"ULT", "lyrics"},
};

/* -- read */

typedef struct {
    st_meta *meta;
    int version;  /* 2, 3 or 4 */
    char day[5];  /* TDAT of ID3v2.3: ddmm */
    bool refined; /* the date came from TDRC */
} id3;

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

/* Values of `key`; ID3v2.4 separates them by NUL, before it the first counts.
 */
static st_status add_texts(const id3 *t, const char *key, int encoding,
                           const uint8_t *p, size_t bytes) {
    st_status status = ST_OK;
    size_t used = 0;
    for (int i = 0; status == ST_OK && bytes > 0 && i < ST_META_MAX_TAGS; i++) {
        char *text = id3_text(encoding, p, bytes, &used);
        if (text == NULL)
            return ST_NO_MEM;
        status = st_meta_add_tag(t->meta, key, text);
        st_free(text);
        p += used;
        bytes -= used;
        if (t->version < 4 || used == 0)
            break;
    }
    return status;
}

/* TXXX: description, value. With a language: COMM and USLT. */
static st_status add_named(const id3 *t, const char *key, const uint8_t *p,
                           size_t bytes) {
    int encoding = p[0];
    size_t at = key != NULL ? 4 : 1;
    size_t used = 0;
    if (bytes <= at)
        return ST_OK;
    char *name = id3_text(encoding, p + at, bytes - at, &used);
    if (name == NULL)
        return ST_NO_MEM;
    at += used;
    /* iTunes keeps its gapless and volume numbers in named comments. */
    bool dull = key != NULL && (strcmp(name, "ID3v1 Comment") == 0 ||
                                strncmp(name, "iTun", 4) == 0);
    st_status status = ST_OK;
    if (!dull)
        status = add_texts(t, key != NULL ? key : st_meta_name(name), encoding,
                           p + at, bytes - at);
    st_free(name);
    return status;
}

/* From the type of the picture on: type, description, data. */
static st_status add_image(const id3 *t, int encoding, char *mime,
                           const uint8_t *p, size_t bytes) {
    size_t used = 0;
    char *name = id3_text(encoding, p + 1, bytes - 1, &used);
    uint8_t *data = st_calloc(bytes, 1);
    st_status status = ST_NO_MEM;
    if (name != NULL && data != NULL) {
        size_t length = bytes - 1 - used;
        memcpy(data, p + 1 + used, length);
        st_picture picture = {p[0], mime, name, data, length};
        status = length > 0 ? st_meta_add_picture(t->meta, &picture) : ST_OK;
    }
    st_free(name);
    st_free(data);
    return status;
}

static st_status add_apic(const id3 *t, const uint8_t *p, size_t bytes) {
    const uint8_t *end = memchr(p + 1, 0, bytes - 1);
    if (end == NULL || end + 2 >= p + bytes || end - p > 256)
        return ST_OK;
    char mime[256] = {0};
    memcpy(mime, p + 1, (size_t)(end - p - 1));
    return add_image(t, p[0], mime, end + 1, (size_t)(p + bytes - end - 1));
}

/* ID3v2.2: three letters of a format in place of the MIME type. */
static st_status add_pic(const id3 *t, const uint8_t *p, size_t bytes) {
    char mime[16];
    if (bytes < 7)
        return ST_OK;
    (void)snprintf(mime, sizeof mime, "image/%s",
                   memcmp(p + 1, "PNG", 3) == 0 ? "png" : "jpeg");
    return add_image(t, p[0], mime, p + 4, bytes - 4);
}

static st_status add_plain(id3 *t, const char *id, const char *key,
                           const uint8_t *p, size_t bytes) {
    if (strcmp(id, "TDRC") == 0) {
        t->refined = true;
        if (st_meta_set_tag(t->meta, key, NULL) != ST_OK)
            return ST_NO_MEM;
    }
    if (st_meta_tag(t->meta, key) != NULL)
        return ST_OK;
    return add_texts(t, key, p[0], p + 1, bytes - 1);
}

/* Digits of TDAT; they are told from the year only once all is read. */
static void take_day(id3 *t, const uint8_t *p, size_t bytes) {
    size_t n = 0;
    for (size_t i = 1; i < bytes && n < 4; i++)
        if (p[i] >= '0' && p[i] <= '9')
            t->day[n++] = (char)p[i];
}

static st_status add_frame(id3 *t, const char *id, const uint8_t *p,
                           size_t bytes) {
    if (bytes < 2 || p[0] > 3)
        return ST_OK;
    if (strcmp(id, "TXXX") == 0 || strcmp(id, "TXX") == 0)
        return add_named(t, NULL, p, bytes);
    if (strcmp(id, "APIC") == 0)
        return add_apic(t, p, bytes);
    if (strcmp(id, "PIC") == 0)
        return add_pic(t, p, bytes);
    if (strcmp(id, "TDAT") == 0 || strcmp(id, "TDA") == 0)
        take_day(t, p, bytes);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(id, names[i][0]) == 0)
            return id[0] == 'T' ? add_plain(t, id, names[i][1], p, bytes)
                                : add_named(t, names[i][1], p, bytes);
    return ST_OK;
}

/* TYER 2024 and TDAT 0605 are 2024-05-06 (ID3v2.4, 4.2.5). */
static st_status join_date(const id3 *t) {
    const char *year = st_meta_tag(t->meta, "date");
    const char *d = t->day;
    if (t->refined || d[3] == '\0' || year == NULL || strlen(year) != 4)
        return ST_OK;
    int day = (d[0] - '0') * 10 + d[1] - '0';
    int month = (d[2] - '0') * 10 + d[3] - '0';
    if (day < 1 || day > 31 || month < 1 || month > 12)
        return ST_OK;
    char date[16];
    (void)snprintf(date, sizeof date, "%s-%02d-%02d", year, month, day);
    return st_meta_set_tag(t->meta, "date", date);
}

static size_t syncsafe(const uint8_t *p) {
    return (size_t)(p[0] & 0x7F) << 21 | (size_t)(p[1] & 0x7F) << 14 |
           (size_t)(p[2] & 0x7F) << 7 | (size_t)(p[3] & 0x7F);
}

size_t st_id3_bytes(const uint8_t head[10]) {
    return memcmp(head, "ID3", 3) == 0 ? syncsafe(head + 6) + 10 : 0;
}

/* Unsynchronisation puts a 0 after each FF; here it is taken out. */
static size_t undo_unsync(uint8_t *to, const uint8_t *p, size_t bytes) {
    size_t n = 0;
    for (size_t i = 0; i < bytes; i++) {
        to[n++] = p[i];
        if (p[i] == 0xFF && i + 1 < bytes && p[i + 1] == 0)
            i++;
    }
    return n;
}

/* One frame of ID3v2.4 with flags: 1 a length in front, 2 unsynchronised;
 * compressed and encrypted ones are skipped. */
static st_status add_flagged(id3 *t, const char *id, int flags,
                             const uint8_t *p, size_t bytes) {
    if ((flags & 0x0C) != 0 || ((flags & 1) && bytes < 4))
        return ST_OK;
    if (flags & 1) {
        p += 4;
        bytes -= 4;
    }
    if (!(flags & 2))
        return add_frame(t, id, p, bytes);
    uint8_t *plain = st_calloc(bytes, 1);
    if (plain == NULL)
        return ST_NO_MEM;
    st_status status = add_frame(t, id, plain, undo_unsync(plain, p, bytes));
    st_free(plain);
    return status;
}

static st_status read_frames(id3 *t, const uint8_t *p, size_t end) {
    size_t name = t->version == 2 ? 3 : 4;
    size_t head = t->version == 2 ? 6 : 10;
    st_status status = ST_OK;
    for (size_t at = 0;
         status == ST_OK && at < end && end - at > head && p[at] != 0;) {
        char id[5] = {0};
        memcpy(id, p + at, name);
        const uint8_t *s = p + at + name;
        size_t size = t->version == 2   ? (size_t)s[0] << 16 | s[1] << 8 | s[2]
                      : t->version == 4 ? syncsafe(s)
                                        : st_be32(s);
        int flags = t->version == 2 ? 0 : s[5];
        at += head;
        if (size > end - at)
            break;
        if (t->version == 4)
            status = add_flagged(t, id, flags, p + at, size);
        else if ((flags & 0xC0) == 0)
            status = add_frame(t, id, p + at, size);
        at += size;
    }
    return status == ST_OK ? join_date(t) : status;
}

static st_status read_tag(id3 *t, const uint8_t *p, size_t bytes) {
    size_t end = syncsafe(p + 6) + 10;
    if (end > bytes)
        end = bytes;
    size_t at = 10;
    if ((p[5] & 0x40) && t->version > 2 && end >= 14) {
        size_t extra = t->version == 4 ? syncsafe(p + 10) : st_be32(p + 10) + 4;
        at += extra < end - 10 ? extra : end - 10;
    }
    if (!(p[5] & 0x80) || t->version == 4)
        return read_frames(t, p + at, end - at);
    uint8_t *plain = st_calloc(end - at, 1);
    if (plain == NULL)
        return ST_NO_MEM;
    st_status status =
        read_frames(t, plain, undo_unsync(plain, p + at, end - at));
    st_free(plain);
    return status;
}

/* The names of `from` lose their old values in `meta`. */
static st_status replace(st_meta *meta, const st_meta *from) {
    st_status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < from->tag_count; i++)
        status = st_meta_set_tag(meta, from->tags[i].key, NULL);
    for (size_t i = 0; status == ST_OK && i < from->tag_count; i++)
        status = st_meta_add_tag(meta, from->tags[i].key, from->tags[i].value);
    for (size_t i = 0; status == ST_OK && i < from->picture_count; i++)
        status = st_meta_add_picture(meta, &from->pictures[i]);
    return status;
}

st_status st_id3_take(st_meta *meta, const uint8_t *p, size_t bytes) {
    st_meta own = {0};
    id3 t = {.meta = &own};
    if (bytes < 10 || memcmp(p, "ID3", 3) != 0 || p[3] < 2 || p[3] > 4)
        return ST_OK;
    t.version = p[3];
    st_status status = read_tag(&t, p, bytes);
    if (status == ST_OK)
        status = replace(meta, &own);
    st_meta_deinit(&own);
    return status;
}

/* -- write */

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

static const char *frame_of(const char *key) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(key, names[i][1]) == 0)
            return names[i][0];
    return "TXXX";
}

/* All values of a name are one frame, but for comments and lyrics. */
static void put_tag_frame(st_blob *blob, const st_meta *meta, size_t first) {
    const st_tag *tag = &meta->tags[first];
    const char *id = frame_of(tag->key);
    bool many = id[0] == 'T';
    for (size_t i = 0; many && i < first; i++)
        if (strcmp(meta->tags[i].key, tag->key) == 0)
            return; /* in its frame already */
    size_t start = start_frame(blob, id);
    if (strcmp(id, "TXXX") == 0)
        st_blob_put(blob, tag->key, strlen(tag->key) + 1);
    else if (!many)
        st_blob_put(blob, "XXX", 4); /* no language, no description */
    st_blob_put(blob, tag->value, strlen(tag->value));
    for (size_t i = first + 1; many && i < meta->tag_count; i++)
        if (strcmp(meta->tags[i].key, tag->key) == 0) {
            st_blob_put(blob, "", 1);
            st_blob_put(blob, meta->tags[i].value, strlen(meta->tags[i].value));
        }
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
        put_tag_frame(&body, meta, i);
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
