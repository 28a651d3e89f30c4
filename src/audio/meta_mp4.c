#include "audio/meta_impl.h"

#include "core/alloc.h"

#include <stdio.h>
#include <string.h>

/* Boxes of a level and of all levels together that are looked at: a file made
 * of empty boxes ends the search, not the reader's patience. */
enum { MAX_BOXES = 4096 };

typedef struct {
    const st_bytes *bytes;
    int left; /* boxes that may still be looked at */
} search;

/* What lies inside a box, or a list of boxes. */
typedef struct {
    int64_t at, end;
} span;

/* The next box of `list`: its type and inside; `list` steps over it. Size 1
 * means 64 bits of size behind the type, 0 until the end (ISO 14496-12, 4.2).
 */
static bool next_box(search *s, span *list, char type[4], span *inside) {
    uint8_t head[16];
    if (s->left-- <= 0 || list->end - list->at < 8 ||
        st_bytes_read(s->bytes, list->at, head, 8) < 8)
        return false;
    int64_t room = list->end - list->at;
    int64_t size = st_be32(head);
    int64_t body = 8;
    if (size == 1) {
        if (st_bytes_read(s->bytes, list->at + 8, head + 8, 8) < 8 ||
            st_be32(head + 8) >> 16 != 0)
            return false;
        size = (int64_t)st_be32(head + 8) << 32 | st_be32(head + 12);
        body = 16;
    }
    if (size == 0 || size > room) /* cut off: as far as it goes */
        size = room;
    if (size < body)
        return false;
    memcpy(type, head + 4, 4);
    *inside = (span){list->at + body, list->at + size};
    list->at += size;
    return true;
}

static bool find_box(search *s, span list, const char *type, span *inside) {
    char found[4];
    while (next_box(s, &list, found, inside))
        if (memcmp(found, type, 4) == 0)
            return true;
    return false;
}

/* MP4 has 4 bytes of version in front of the boxes of `meta`, MOV none. */
static bool find_ilst(search *s, span list, span *ilst) {
    span meta;
    uint8_t head[8];
    if (!find_box(s, list, "meta", &meta) ||
        st_bytes_read(s->bytes, meta.at, head, 8) < 8)
        return false;
    if (memcmp(head + 4, "hdlr", 4) != 0)
        meta.at += 4;
    return find_box(s, meta, "ilst", ilst);
}

/* Types 13 and 14 of a data box say so; other writers leave 0. */
static const char *image_type(const uint8_t *p, size_t bytes) {
    if (bytes >= 3 && memcmp(p, "\xFF\xD8\xFF", 3) == 0)
        return "image/jpeg";
    if (bytes >= 4 && memcmp(p, "\x89PNG", 4) == 0)
        return "image/png";
    if (bytes >= 2 && memcmp(p, "BM", 2) == 0)
        return "image/bmp";
    return NULL;
}

/* A data box: type and locale, 4 bytes each, then the picture. */
static st_status take_data(search *s, st_meta *meta, span data) {
    int64_t size = data.end - data.at - 8;
    if (size < 1 || size > ST_META_MAX_CHUNK)
        return ST_OK;
    uint8_t *image = st_calloc((size_t)size, 1);
    if (image == NULL)
        return ST_NO_MEM;
    size_t got = st_bytes_read(s->bytes, data.at + 8, image, (size_t)size);
    const char *type = image_type(image, got);
    st_status status = ST_OK;
    if (type != NULL && got == (size_t)size) {
        char mime[16];
        (void)snprintf(mime, sizeof mime, "%s", type);
        st_picture cover = {3, mime, NULL, image, got};
        status = st_meta_add_picture(meta, &cover);
    }
    st_free(image);
    return status;
}

st_status st_mp4_take(st_meta *meta, const st_bytes *bytes) {
    search s = {bytes, MAX_BOXES};
    span moov, udta, ilst, covr, data;
    char type[4];
    st_status status = ST_OK;
    if (!find_box(&s, (span){0, bytes->size}, "moov", &moov))
        return ST_OK;
    bool found =
        find_box(&s, moov, "udta", &udta) && find_ilst(&s, udta, &ilst);
    if (!found && !find_ilst(&s, moov, &ilst))
        return ST_OK;
    if (find_box(&s, ilst, "covr", &covr))
        while (status == ST_OK && meta->picture_count < ST_META_MAX_PICTURES &&
               next_box(&s, &covr, type, &data))
            if (memcmp(type, "data", 4) == 0)
                status = take_data(&s, meta, data);
    return status;
}
