#include "audio/riff.h"

#include "audio/meta_impl.h"
#include "core/alloc.h"

#include <stdio.h>
#include <string.h>

enum { MAX_LIST_ITEMS = 8192 };

typedef struct {
    char id[5];
    const char *key;
} info_row;

/* RIFF INFO to our names. The first row of a key is the one written. */
static const info_row infos[] = {
    {"INAM", "title"},       {"IART", "artist"},   {"IPRD", "album"},
    {"IAAR", "albumartist"}, {"ICRD", "date"},     {"ICMT", "comment"},
    {"ITRK", "track"},       {"IPRT", "track"},    {"IGNR", "genre"},
    {"ICOP", "copyright"},   {"ISRC", "isrc"},     {"ISFT", "encoder"},
    {"IMUS", "composer"},    {"IENG", "engineer"}, {"ILNG", "language"},
    {"IKEY", "keywords"},    {"ISBJ", "subject"},  {"IPUB", "organization"},
    {"ITCH", "encoded-by"},  {"IMED", "media"},    {"ICMS", "commissioned"},
    {"IBPM", "bpm"},
};

void st_blob_put(st_blob *blob, const void *data, size_t bytes) {
    size_t need = 0;
    if (blob->failed || bytes == 0)
        return;
    if (!st_size_add(blob->bytes, bytes, &need)) {
        blob->failed = true;
        return;
    }
    if (need > blob->room) {
        size_t room = need + need / 2 + 256;
        void *block = blob->data;
        if (st_regrow(&block, blob->room, room, 1) != ST_OK) {
            blob->failed = true;
            return;
        }
        blob->data = block;
        blob->room = room;
    }
    memcpy(blob->data + blob->bytes, data, bytes);
    blob->bytes = need;
}

void st_blob_le(st_blob *blob, uint64_t value, int bytes) {
    uint8_t raw[8];
    st_put_le(raw, value, bytes);
    st_blob_put(blob, raw, (size_t)bytes);
}

void st_blob_be(st_blob *blob, uint64_t value, int bytes) {
    uint8_t raw[8];
    st_put_be(raw, value, bytes);
    st_blob_put(blob, raw, (size_t)bytes);
}

void st_blob_deinit(st_blob *blob) {
    st_free(blob->data);
    memset(blob, 0, sizeof *blob);
}

/* NUL-ended copy of a field that may lack its NUL. */
static char *field_copy(const uint8_t *data, size_t bytes) {
    size_t length = strnlen((const char *)data, bytes);
    char *text = st_calloc(length + 1, 1);
    if (text != NULL)
        memcpy(text, data, length);
    return text;
}

static st_status add_info(st_meta *meta, const char *id, const uint8_t *data,
                          size_t bytes) {
    char *text = field_copy(data, bytes);
    if (text == NULL)
        return ST_NO_MEM;
    char key[16];
    (void)snprintf(key, sizeof key, "riff-%.4s", id);
    const char *name = key;
    for (size_t i = 0; i < sizeof infos / sizeof *infos; i++)
        if (memcmp(infos[i].id, id, 4) == 0)
            name = infos[i].key;
    st_status status = ST_OK;
    if (st_meta_tag(meta, name) == NULL)
        status = st_meta_add_tag(meta, name, text);
    st_free(text);
    return status;
}

static void fixed(char *to, const uint8_t *from, size_t bytes) {
    size_t n = 0;
    for (; n < bytes && from[n] != 0; n++)
        to[n] = (char)from[n];
    to[n] = '\0';
}

static st_status take_bext(st_meta *meta, const uint8_t *p, size_t bytes) {
    if (bytes < 602 || meta->bext != NULL)
        return ST_OK;
    st_bext *b = st_meta_need_bext(meta);
    if (b == NULL)
        return ST_NO_MEM;
    fixed(b->description, p, 256);
    fixed(b->originator, p + 256, 32);
    fixed(b->originator_reference, p + 288, 32);
    fixed(b->date, p + 320, 10);
    fixed(b->time, p + 330, 8);
    b->time_reference_frames = st_le64(p + 338);
    b->version = st_le16(p + 346);
    memcpy(b->umid, p + 348, 64);
    if (b->version >= 2) {
        b->loudness_value = (int16_t)st_le16(p + 412);
        b->loudness_range = (int16_t)st_le16(p + 414);
        b->max_true_peak = (int16_t)st_le16(p + 416);
        b->max_momentary = (int16_t)st_le16(p + 418);
        b->max_short_term = (int16_t)st_le16(p + 420);
    }
    if (bytes > 602 && p[602] != 0) {
        b->coding_history = field_copy(p + 602, bytes - 602);
        return b->coding_history != NULL ? ST_OK : ST_NO_MEM;
    }
    return ST_OK;
}

static st_cue *find_cue(st_meta *meta, uint32_t id) {
    for (size_t i = 0; i < meta->cue_count; i++)
        if (meta->cues[i].id == id)
            return &meta->cues[i];
    return NULL;
}

/* The cue of that id, made (at no position, -1) when labels come first. */
static st_cue *need_cue(st_meta *meta, uint32_t id, st_status *status) {
    st_cue *cue = find_cue(meta, id);
    if (cue != NULL)
        return cue;
    st_cue fresh = {.id = id};
    *status = st_meta_add_cue(meta, &fresh);
    return *status == ST_OK ? find_cue(meta, id) : NULL;
}

static st_status take_cues(st_meta *meta, const uint8_t *p, size_t bytes) {
    if (bytes < 4)
        return ST_OK;
    size_t count = st_le32(p);
    for (size_t i = 0;
         i < count && 4 + (i + 1) * 24 <= bytes && i < ST_META_MAX_CUES; i++) {
        const uint8_t *point = p + 4 + i * 24;
        st_status status = ST_OK;
        st_cue *cue = need_cue(meta, st_le32(point), &status);
        if (status != ST_OK)
            return status;
        if (cue != NULL)
            cue->position_frames = st_le32(point + 20);
    }
    return ST_OK;
}

static st_status take_adtl(st_meta *meta, const char *id, const uint8_t *p,
                           size_t bytes) {
    if (bytes < 4)
        return ST_OK;
    st_status status = ST_OK;
    bool region = memcmp(id, "ltxt", 4) == 0 && bytes >= 8;
    bool note = memcmp(id, "note", 4) == 0;
    if (!region && !note && memcmp(id, "labl", 4) != 0)
        return ST_OK;
    st_cue *cue = need_cue(meta, st_le32(p), &status);
    if (cue == NULL)
        return status;
    if (region) {
        cue->length_frames = st_le32(p + 4);
        return ST_OK;
    }
    char **slot = note ? &cue->note : &cue->label;
    if (*slot == NULL) {
        *slot = field_copy(p + 4, bytes - 4);
        if (*slot == NULL)
            return ST_NO_MEM;
    }
    return ST_OK;
}

static st_status take_list(st_meta *meta, const uint8_t *p, size_t bytes) {
    if (bytes < 4)
        return ST_OK;
    bool info = memcmp(p, "INFO", 4) == 0;
    bool adtl = memcmp(p, "adtl", 4) == 0;
    st_status status = ST_OK;
    /* Each label is looked up in a list of cues: bounded work. */
    int items = 0;
    for (size_t at = 4; (info || adtl) && status == ST_OK && bytes - at >= 8 &&
                        items++ < MAX_LIST_ITEMS;) {
        const char *id = (const char *)p + at;
        size_t size = st_le32(p + at + 4);
        size_t left = bytes - at - 8;
        if (size > left)
            size = left;
        const uint8_t *body = p + at + 8;
        status = info ? add_info(meta, id, body, size)
                      : take_adtl(meta, id, body, size);
        size += size & 1;
        at += 8 + (size < left ? size : left);
    }
    return status;
}

st_status st_riff_take(st_meta *meta, const char id[4], const uint8_t *data,
                       size_t bytes) {
    if (memcmp(id, "bext", 4) == 0)
        return take_bext(meta, data, bytes);
    if (memcmp(id, "LIST", 4) == 0)
        return take_list(meta, data, bytes);
    if (memcmp(id, "cue ", 4) == 0)
        return take_cues(meta, data, bytes);
    if (memcmp(id, "id3 ", 4) == 0 || memcmp(id, "ID3 ", 4) == 0)
        return st_id3_take(meta, data, bytes);
    for (size_t i = 0; i < meta->chunk_count; i++)
        if (memcmp(meta->chunks[i].id, id, 4) == 0)
            return ST_OK;
    return st_meta_add_chunk(meta, id, data, bytes);
}

/* Open a chunk; its size is filled in by close_chunk. */
static size_t open_chunk(st_blob *blob, const char *id) {
    st_blob_put(blob, id, 4);
    st_blob_le(blob, 0, 4);
    return blob->bytes;
}

static void close_chunk(st_blob *blob, size_t start) {
    if (blob->failed)
        return;
    size_t size = blob->bytes - start;
    st_put_le(blob->data + start - 4, size, 4);
    if (size & 1)
        st_blob_put(blob, "", 1);
}

static void put_fixed(st_blob *blob, const char *text, size_t bytes) {
    char field[256] = {0};
    memcpy(field, text, strnlen(text, bytes));
    st_blob_put(blob, field, bytes);
}

static void put_bext(st_blob *blob, const st_bext *b) {
    static const uint8_t reserved[180];
    size_t start = open_chunk(blob, "bext");
    put_fixed(blob, b->description, 256);
    put_fixed(blob, b->originator, 32);
    put_fixed(blob, b->originator_reference, 32);
    put_fixed(blob, b->date, 10);
    put_fixed(blob, b->time, 8);
    st_blob_le(blob, b->time_reference_frames, 8);
    st_blob_le(blob, b->version, 2);
    st_blob_put(blob, b->umid, 64);
    const int16_t loudness[] = {b->loudness_value, b->loudness_range,
                                b->max_true_peak, b->max_momentary,
                                b->max_short_term};
    for (int i = 0; i < 5; i++)
        st_blob_le(blob, b->version >= 2 ? (uint16_t)loudness[i] : 0, 2);
    st_blob_put(blob, reserved, sizeof reserved);
    if (b->coding_history != NULL)
        st_blob_put(blob, b->coding_history, strlen(b->coding_history) + 1);
    close_chunk(blob, start);
}

static const char *info_id(const char *key) {
    for (size_t i = 0; i < sizeof infos / sizeof *infos; i++)
        if (strcmp(infos[i].key, key) == 0)
            return infos[i].id;
    /* "riff-IXYZ" came from a WAV file under a name of its own. */
    if (strncmp(key, "riff-", 5) == 0 && strlen(key) == 9)
        return key + 5;
    return NULL;
}

static void put_info(st_blob *blob, const st_meta *meta) {
    size_t start = 0;
    for (size_t i = 0; i < meta->tag_count; i++) {
        const char *id = info_id(meta->tags[i].key);
        if (id == NULL ||
            st_meta_tag(meta, meta->tags[i].key) != meta->tags[i].value)
            continue; /* the first value of a name; the id3 chunk has all */
        char upper[4];
        for (int k = 0; k < 4; k++)
            upper[k] =
                id[k] >= 'a' && id[k] <= 'z' ? (char)(id[k] - 32) : id[k];
        if (start == 0) {
            start = open_chunk(blob, "LIST");
            st_blob_put(blob, "INFO", 4);
        }
        size_t item = open_chunk(blob, upper);
        st_blob_put(blob, meta->tags[i].value, strlen(meta->tags[i].value) + 1);
        close_chunk(blob, item);
    }
    if (start != 0)
        close_chunk(blob, start);
}

/* Has LIST/INFO no place for some of it? */
static bool needs_id3(const st_meta *meta) {
    for (size_t i = 0; i < meta->tag_count; i++) {
        if (info_id(meta->tags[i].key) == NULL)
            return true;
        for (size_t k = 0; k < i; k++)
            if (strcmp(meta->tags[i].key, meta->tags[k].key) == 0)
                return true;
    }
    return meta->picture_count > 0;
}

static void put_id3(st_blob *blob, const st_meta *meta) {
    if (!needs_id3(meta))
        return;
    size_t start = open_chunk(blob, "id3 ");
    st_id3_put(blob, meta);
    close_chunk(blob, start);
}

static void put_cue_points(st_blob *blob, const st_meta *meta) {
    size_t start = open_chunk(blob, "cue ");
    st_blob_le(blob, meta->cue_count, 4);
    for (size_t i = 0; i < meta->cue_count; i++) {
        const st_cue *cue = &meta->cues[i];
        st_blob_le(blob, cue->id, 4);
        st_blob_le(blob, (uint64_t)cue->position_frames, 4);
        st_blob_put(blob, "data", 4);
        st_blob_le(blob, 0, 8);
        st_blob_le(blob, (uint64_t)cue->position_frames, 4);
    }
    close_chunk(blob, start);
}

static void put_text(st_blob *blob, const char *id, uint32_t cue,
                     const char *text) {
    if (text == NULL)
        return;
    size_t start = open_chunk(blob, id);
    st_blob_le(blob, cue, 4);
    st_blob_put(blob, text, strlen(text) + 1);
    close_chunk(blob, start);
}

static void put_adtl(st_blob *blob, const st_meta *meta) {
    size_t start = open_chunk(blob, "LIST");
    st_blob_put(blob, "adtl", 4);
    for (size_t i = 0; i < meta->cue_count; i++) {
        const st_cue *cue = &meta->cues[i];
        put_text(blob, "labl", cue->id, cue->label);
        put_text(blob, "note", cue->id, cue->note);
        if (cue->length_frames > 0) {
            size_t item = open_chunk(blob, "ltxt");
            st_blob_le(blob, cue->id, 4);
            st_blob_le(blob, (uint64_t)cue->length_frames, 4);
            st_blob_put(blob, "rgn ", 4);
            st_blob_le(blob, 0, 8);
            close_chunk(blob, item);
        }
    }
    close_chunk(blob, start);
}

void st_riff_put(st_blob *blob, const st_meta *meta, bool tags) {
    if (meta->bext != NULL)
        put_bext(blob, meta->bext);
    if (tags) {
        put_info(blob, meta);
        put_id3(blob, meta);
    }
    if (meta->cue_count > 0) {
        put_cue_points(blob, meta);
        put_adtl(blob, meta);
    }
    for (size_t i = 0; i < meta->chunk_count; i++) {
        size_t start = open_chunk(blob, meta->chunks[i].id);
        st_blob_put(blob, meta->chunks[i].data, meta->chunks[i].bytes);
        close_chunk(blob, start);
    }
}
