#include "audio/ogg.h"

#include "core/alloc.h"

#include <string.h>

enum { HEAD = 27, FIRST = 2, CONTINUED = 1 };

struct st_ogg_swap {
    st_blob packet[2]; /* the new comments; what follows them (Vorbis set-up) */
    int headers;
    int ended; /* header packets that came to their end */
    uint32_t sequence;
    st_ogg_put put;
    void *user;
    size_t held; /* of a page that is not whole yet */
    uint8_t page[ST_OGG_PAGE_MOST];
    uint8_t fresh[ST_OGG_PAGE_MOST];
};

st_status st_ogg_swap_new(st_ogg_swap **out, st_blob *comments, int headers,
                          st_ogg_put put, void *user) {
    st_ogg_swap *s = st_calloc(1, sizeof *s);
    if (s == NULL)
        return ST_NO_MEM;
    s->packet[0] = *comments;
    *comments = (st_blob){0};
    s->headers = headers;
    s->put = put;
    s->user = user;
    *out = s;
    return ST_OK;
}

void st_ogg_swap_free(st_ogg_swap *s) {
    if (s == NULL)
        return;
    st_blob_deinit(&s->packet[0]);
    st_blob_deinit(&s->packet[1]);
    st_free(s);
}

bool st_ogg_swap_ended(const st_ogg_swap *s) {
    return s->held == 0 && s->ended == s->headers;
}

/* Number and checksum, then out. */
static st_status put_page(st_ogg_swap *s, uint8_t *page, size_t bytes) {
    st_put_le(page + 18, s->sequence++, 4);
    st_put_le(page + 22, 0, 4);
    st_put_le(page + 22, st_ogg_crc(0, page, bytes), 4);
    return s->put(s->user, page, bytes) ? ST_OK : ST_IO;
}

typedef struct {
    int packet; /* of the two, the one being laid out */
    size_t at;  /* bytes of it that are out */
} place;

/* As much as a page holds from `from` on. A page on which no packet ends has
 * the position -1 (RFC 3533, section 6). */
static st_status put_header_page(st_ogg_swap *s, place *from, int packets) {
    uint8_t *page = s->fresh;
    size_t laces = 0;
    size_t body = 0;
    bool ends = false;
    memcpy(page, s->page, HEAD);
    page[5] = from->at > 0 ? CONTINUED : 0;
    for (place p = *from; laces < 255 && p.packet < packets; laces++) {
        size_t left = s->packet[p.packet].bytes - p.at;
        size_t lace = left < 255 ? left : 255;
        page[HEAD + laces] = (uint8_t)lace;
        p.at += lace;
        if (lace < 255)
            p = (place){p.packet + 1, 0};
    }
    page[26] = (uint8_t)laces;
    for (size_t i = 0; i < laces; i++) {
        size_t lace = page[HEAD + i];
        if (lace > 0)
            memcpy(page + HEAD + laces + body,
                   s->packet[from->packet].data + from->at, lace);
        body += lace;
        from->at += lace;
        if (lace < 255) {
            *from = (place){from->packet + 1, 0};
            ends = true;
        }
    }
    memset(page + 6, ends ? 0 : 0xFF, 8);
    return put_page(s, page, HEAD + laces + body);
}

static st_status put_headers(st_ogg_swap *s) {
    place from = {0, 0};
    st_status status = ST_OK;
    while (status == ST_OK && from.packet < s->headers - 1)
        status = put_header_page(s, &from, s->headers - 1);
    return status;
}

/* A page of headers behind the first: the old comments are left out, what
 * follows them is kept until all are there. */
static st_status take_headers(st_ogg_swap *s) {
    int count = s->page[26];
    const uint8_t *body = s->page + HEAD + count;
    for (int i = 0; i < count; i++) {
        size_t lace = s->page[HEAD + i];
        if (s->ended >= s->headers)
            return ST_BAD_DATA;
        if (s->ended == 2)
            st_blob_put(&s->packet[1], body, lace);
        body += lace;
        s->ended += lace < 255;
    }
    if (s->packet[1].failed)
        return ST_NO_MEM;
    return s->ended == s->headers ? put_headers(s) : ST_OK;
}

static st_status take_page(st_ogg_swap *s, size_t bytes) {
    if (s->ended == 0) {
        if (!(s->page[5] & FIRST) || s->page[26] != 1 || s->page[HEAD] == 255)
            return ST_BAD_DATA;
        s->ended = 1;
        return put_page(s, s->page, bytes);
    }
    return s->ended < s->headers ? take_headers(s)
                                 : put_page(s, s->page, bytes);
}

/* Bytes of the page that is held, as far as they are known. */
static size_t page_bytes(const st_ogg_swap *s) {
    if (s->held < HEAD)
        return HEAD;
    size_t size = HEAD + (size_t)s->page[26];
    for (int i = 0; s->held >= size && i < s->page[26]; i++)
        size += s->page[HEAD + i];
    return size;
}

st_status st_ogg_swap_write(st_ogg_swap *s, const void *data, size_t bytes) {
    const uint8_t *from = data;
    st_status status = ST_OK;
    while (status == ST_OK && bytes > 0) {
        size_t need = page_bytes(s) - s->held;
        size_t count = need < bytes ? need : bytes;
        memcpy(s->page + s->held, from, count);
        s->held += count;
        from += count;
        bytes -= count;
        if (s->held >= 4 && memcmp(s->page, "OggS", 4) != 0)
            return ST_BAD_DATA;
        if (s->held >= HEAD && s->held == page_bytes(s)) {
            status = take_page(s, s->held);
            s->held = 0;
        }
    }
    return status;
}
