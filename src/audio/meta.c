#include "audio/meta.h"

#include "core/alloc.h"

#include <string.h>
#include <strings.h>

static void free_pictures(st_meta *meta) {
    for (size_t i = 0; i < meta->picture_count; i++) {
        st_free(meta->pictures[i].mime);
        st_free(meta->pictures[i].description);
        st_free(meta->pictures[i].data);
    }
    st_free(meta->pictures);
}

static void free_cues(st_meta *meta) {
    for (size_t i = 0; i < meta->cue_count; i++) {
        st_free(meta->cues[i].label);
        st_free(meta->cues[i].note);
    }
    st_free(meta->cues);
}

void st_meta_deinit(st_meta *meta) {
    for (size_t i = 0; i < meta->tag_count; i++) {
        st_free(meta->tags[i].key);
        st_free(meta->tags[i].value);
    }
    st_free(meta->tags);
    if (meta->bext != NULL)
        st_free(meta->bext->coding_history);
    st_free(meta->bext);
    free_cues(meta);
    for (size_t i = 0; i < meta->chunk_count; i++)
        st_free(meta->chunks[i].data);
    st_free(meta->chunks);
    free_pictures(meta);
    memset(meta, 0, sizeof *meta);
}

static st_status copy_bext(st_meta *to, const st_bext *from) {
    if (from == NULL)
        return ST_OK;
    st_bext *bext = st_meta_need_bext(to);
    if (bext == NULL)
        return ST_NO_MEM;
    *bext = *from;
    bext->coding_history = NULL;
    if (from->coding_history == NULL)
        return ST_OK;
    bext->coding_history = st_strdup(from->coding_history);
    return bext->coding_history != NULL ? ST_OK : ST_NO_MEM;
}

st_status st_meta_copy(st_meta *out, const st_meta *meta) {
    st_meta copy = {0};
    st_status status = copy_bext(&copy, meta->bext);
    for (size_t i = 0; status == ST_OK && i < meta->tag_count; i++)
        status = st_meta_add_tag(&copy, meta->tags[i].key, meta->tags[i].value);
    for (size_t i = 0; status == ST_OK && i < meta->cue_count; i++)
        status = st_meta_add_cue(&copy, &meta->cues[i]);
    for (size_t i = 0; status == ST_OK && i < meta->chunk_count; i++)
        status = st_meta_add_chunk(&copy, meta->chunks[i].id,
                                   meta->chunks[i].data, meta->chunks[i].bytes);
    for (size_t i = 0; status == ST_OK && i < meta->picture_count; i++)
        status = st_meta_add_picture(&copy, &meta->pictures[i]);
    if (status != ST_OK)
        st_meta_deinit(&copy);
    else
        *out = copy;
    return status;
}

const char *st_meta_tag(const st_meta *meta, const char *key) {
    for (size_t i = 0; i < meta->tag_count; i++)
        if (strcasecmp(meta->tags[i].key, key) == 0)
            return meta->tags[i].value;
    return NULL;
}

/* Bytes of the UTF-8 character at `s`, or 0 when it is none (RFC 3629). */
static size_t utf8_length(const unsigned char *s) {
    if (s[0] < 0x80)
        return 1;
    size_t n = s[0] >= 0xC2 && s[0] <= 0xDF   ? 2
               : s[0] >= 0xE0 && s[0] <= 0xEF ? 3
               : s[0] >= 0xF0 && s[0] <= 0xF4 ? 4
                                              : 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
        (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))
        return 0;
    return n;
}

static bool is_utf8(const unsigned char *s, size_t length) {
    for (size_t i = 0; i < length;) {
        size_t n = utf8_length(s + i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

/* Clean copy of `value`: UTF-8, no control characters, no blanks around. */
static char *clean_text(const char *value) {
    const unsigned char *s = (const unsigned char *)value;
    size_t length = strnlen(value, ST_META_MAX_TEXT);
    while (length > 0 && value[length] != '\0' && (s[length] & 0xC0) == 0x80)
        length--;
    bool utf8 = is_utf8(s, length);
    char *out = st_calloc(2 * length + 1, 1);
    if (out == NULL)
        return NULL;
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        if ((s[i] < 0x20 && s[i] != '\n' && s[i] != '\t') || s[i] == 0x7F)
            continue;
        if (n == 0 && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t'))
            continue;
        if (s[i] < 0x80 || utf8) {
            out[n++] = (char)s[i];
        } else { /* Latin-1 */
            out[n++] = (char)(0xC0 | s[i] >> 6);
            out[n++] = (char)(0x80 | (s[i] & 0x3F));
        }
    }
    while (n > 0 && (out[n - 1] == ' ' || out[n - 1] == '\n'))
        n--;
    out[n] = '\0';
    return out;
}

/* Vorbis comment field names: 0x20..0x7D but '='; lower case here. */
static char *clean_key(const char *key) {
    size_t length = strnlen(key, 256);
    char *out = st_calloc(length + 1, 1);
    if (out == NULL)
        return NULL;
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        char c = key[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c >= 0x20 && c <= 0x7D && c != '=')
            out[n++] = c;
    }
    return out;
}

st_status st_meta_add_tag(st_meta *meta, const char *key, const char *value) {
    if (meta->tag_count >= ST_META_MAX_TAGS)
        return ST_OK;
    char *k = clean_key(key);
    char *v = clean_text(value);
    st_status status = k != NULL && v != NULL ? ST_OK : ST_NO_MEM;
    bool empty = status == ST_OK && (k[0] == '\0' || v[0] == '\0');
    if (status == ST_OK && !empty) {
        void *tags = meta->tags;
        status = st_regrow(&tags, meta->tag_count, meta->tag_count + 1,
                           sizeof *meta->tags);
        meta->tags = tags;
    }
    if (status != ST_OK || empty) {
        st_free(k);
        st_free(v);
        return status;
    }
    meta->tags[meta->tag_count++] = (st_tag){k, v};
    return ST_OK;
}

static void remove_tag(st_meta *meta, size_t i) {
    st_free(meta->tags[i].key);
    st_free(meta->tags[i].value);
    meta->tag_count--;
    memmove(meta->tags + i, meta->tags + i + 1,
            (meta->tag_count - i) * sizeof *meta->tags);
}

st_status st_meta_set_tag(st_meta *meta, const char *key, const char *value) {
    for (size_t i = meta->tag_count; i-- > 0;)
        if (strcasecmp(meta->tags[i].key, key) == 0)
            remove_tag(meta, i);
    if (value == NULL || value[0] == '\0')
        return ST_OK;
    return st_meta_add_tag(meta, key, value);
}

st_bext *st_meta_need_bext(st_meta *meta) {
    if (meta->bext != NULL)
        return meta->bext;
    st_bext *bext = st_calloc(1, sizeof *bext);
    if (bext == NULL)
        return NULL;
    bext->version = 2;
    bext->loudness_value = ST_BEXT_NO_VALUE;
    bext->loudness_range = ST_BEXT_NO_VALUE;
    bext->max_true_peak = ST_BEXT_NO_VALUE;
    bext->max_momentary = ST_BEXT_NO_VALUE;
    bext->max_short_term = ST_BEXT_NO_VALUE;
    meta->bext = bext;
    return bext;
}

/* *out = cleaned copy, or NULL for NULL. */
static st_status copy_text(char **out, const char *text) {
    *out = text != NULL ? clean_text(text) : NULL;
    return text == NULL || *out != NULL ? ST_OK : ST_NO_MEM;
}

st_status st_meta_add_cue(st_meta *meta, const st_cue *cue) {
    if (meta->cue_count >= ST_META_MAX_CUES)
        return ST_OK;
    st_cue copy = *cue;
    copy.note = NULL;
    st_status status = copy_text(&copy.label, cue->label);
    if (status == ST_OK)
        status = copy_text(&copy.note, cue->note);
    if (status == ST_OK) {
        void *cues = meta->cues;
        status = st_regrow(&cues, meta->cue_count, meta->cue_count + 1,
                           sizeof *meta->cues);
        meta->cues = cues;
    }
    if (status != ST_OK) {
        st_free(copy.label);
        st_free(copy.note);
        return status;
    }
    meta->cues[meta->cue_count++] = copy;
    return ST_OK;
}

st_status st_meta_add_chunk(st_meta *meta, const char id[4], const void *data,
                            size_t bytes) {
    if (bytes > ST_META_MAX_CHUNK || meta->chunk_count >= 64)
        return ST_OK;
    st_chunk chunk = {.bytes = bytes};
    memcpy(chunk.id, id, 4);
    chunk.data = st_calloc(bytes, 1);
    if (chunk.data == NULL)
        return ST_NO_MEM;
    if (bytes > 0)
        memcpy(chunk.data, data, bytes);
    void *chunks = meta->chunks;
    st_status status = st_regrow(&chunks, meta->chunk_count,
                                 meta->chunk_count + 1, sizeof chunk);
    meta->chunks = chunks;
    if (status != ST_OK)
        st_free(chunk.data);
    else
        meta->chunks[meta->chunk_count++] = chunk;
    return status;
}

st_status st_meta_add_picture(st_meta *meta, const st_picture *picture) {
    if (picture->bytes > ST_META_MAX_CHUNK ||
        meta->picture_count >= ST_META_MAX_PICTURES)
        return ST_OK;
    st_picture copy = {.type = picture->type, .bytes = picture->bytes};
    st_status status = copy_text(&copy.mime, picture->mime);
    if (status == ST_OK)
        status = copy_text(&copy.description, picture->description);
    copy.data = st_calloc(picture->bytes, 1);
    if (copy.data == NULL)
        status = ST_NO_MEM;
    if (status == ST_OK) {
        if (picture->bytes > 0)
            memcpy(copy.data, picture->data, picture->bytes);
        void *all = meta->pictures;
        status = st_regrow(&all, meta->picture_count, meta->picture_count + 1,
                           sizeof copy);
        meta->pictures = all;
    }
    if (status != ST_OK) {
        st_free(copy.mime);
        st_free(copy.description);
        st_free(copy.data);
        return status;
    }
    meta->pictures[meta->picture_count++] = copy;
    return ST_OK;
}

static uint64_t scale(uint64_t frames, int from_hz, int to_hz) {
    uint64_t from = (uint64_t)from_hz;
    uint64_t to = (uint64_t)to_hz;
    if (frames / from > UINT64_MAX / to / 2)
        return frames;
    return frames / from * to + (frames % from * to + from / 2) / from;
}

static uint32_t get32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static void put32(uint8_t *p, uint64_t v) {
    uint32_t v32 = v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v32 >> (8 * i));
}

/* smpl: 36 bytes (sample period at 8), then loops of 24 (start 8, end 12). */
static void resample_smpl(st_chunk *chunk, int from_hz, int to_hz) {
    if (chunk->bytes < 36)
        return;
    put32(chunk->data + 8,
          (1000000000U + (uint32_t)to_hz / 2) / (uint32_t)to_hz);
    size_t loops = get32(chunk->data + 28);
    for (size_t i = 0; i < loops && 36 + (i + 1) * 24 <= chunk->bytes; i++) {
        uint8_t *loop = chunk->data + 36 + i * 24;
        put32(loop + 8, scale(get32(loop + 8), from_hz, to_hz));
        put32(loop + 12, scale(get32(loop + 12), from_hz, to_hz));
    }
}

void st_meta_resample(st_meta *meta, int from_hz, int to_hz) {
    if (from_hz <= 0 || to_hz <= 0 || from_hz == to_hz)
        return;
    for (size_t i = 0; i < meta->cue_count; i++) {
        st_cue *cue = &meta->cues[i];
        cue->position_frames =
            (int64_t)scale((uint64_t)cue->position_frames, from_hz, to_hz);
        cue->length_frames =
            (int64_t)scale((uint64_t)cue->length_frames, from_hz, to_hz);
    }
    if (meta->bext != NULL)
        meta->bext->time_reference_frames =
            scale(meta->bext->time_reference_frames, from_hz, to_hz);
    for (size_t i = 0; i < meta->chunk_count; i++)
        if (memcmp(meta->chunks[i].id, "smpl", 4) == 0)
            resample_smpl(&meta->chunks[i], from_hz, to_hz);
}

void st_meta_drop_loudness(st_meta *meta) {
    for (size_t i = meta->tag_count; i-- > 0;)
        if (strncmp(meta->tags[i].key, "replaygain_", 11) == 0 ||
            strncmp(meta->tags[i].key, "r128_", 5) == 0)
            remove_tag(meta, i);
    if (meta->bext == NULL)
        return;
    meta->bext->loudness_value = ST_BEXT_NO_VALUE;
    meta->bext->loudness_range = ST_BEXT_NO_VALUE;
    meta->bext->max_true_peak = ST_BEXT_NO_VALUE;
    meta->bext->max_momentary = ST_BEXT_NO_VALUE;
    meta->bext->max_short_term = ST_BEXT_NO_VALUE;
}
