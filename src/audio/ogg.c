#include "audio/ogg.h"

#include "core/alloc.h"

#include <string.h>

enum { HEAD = 27, MAX_PAGES = 1024, MAX_CHECKS = 64 };

/* Four bits a step: row i is i << 28 divided. */
static const uint32_t crc_rows[16] = {
    0x00000000, 0x04C11DB7, 0x09823B6E, 0x0D4326D9, 0x130476DC, 0x17C56B6B,
    0x1A864DB2, 0x1E475005, 0x2608EDB8, 0x22C9F00F, 0x2F8AD6D6, 0x2B4BCB61,
    0x350C9B64, 0x31CD86D3, 0x3C8EA00A, 0x384FBDBD};

uint32_t st_ogg_crc(uint32_t crc, const uint8_t *data, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        crc = crc << 4 ^ crc_rows[crc >> 28 ^ data[i] >> 4];
        crc = crc << 4 ^ crc_rows[crc >> 28 ^ (data[i] & 15)];
    }
    return crc;
}

/* The whole page at `at` into `page`; its bytes, or 0. */
static size_t load(const st_bytes *bytes, int64_t at, uint8_t *page) {
    if (st_bytes_read(bytes, at, page, HEAD) < HEAD ||
        memcmp(page, "OggS", 4) != 0 ||
        st_bytes_read(bytes, at + HEAD, page + HEAD, page[26]) < page[26])
        return 0;
    size_t head = HEAD + (size_t)page[26];
    size_t body = 0;
    for (int i = 0; i < page[26]; i++)
        body += page[HEAD + i];
    size_t got = st_bytes_read(bytes, at + (int64_t)head, page + head, body);
    return got == body ? head + body : 0;
}

static st_ogg_codec codec_of(const uint8_t *page, size_t bytes) {
    const uint8_t *body = page + HEAD + page[26];
    size_t left = bytes - HEAD - page[26];
    if (left >= 7 && memcmp(body, "\1vorbis", 7) == 0)
        return ST_OGG_VORBIS;
    if (left >= 8 && memcmp(body, "OpusHead", 8) == 0)
        return ST_OGG_OPUS;
    if (left >= 5 && memcmp(body,
                            "\x7F"
                            "FLAC",
                            5) == 0)
        return ST_OGG_FLAC;
    return ST_OGG_NONE;
}

/* Streams that run beside each other all begin before any goes on. */
st_status st_ogg_open(st_ogg_reader *ogg, const st_bytes *bytes,
                      st_ogg_codec *codec) {
    *ogg = (st_ogg_reader){.bytes = bytes, .pages = MAX_PAGES};
    *codec = ST_OGG_NONE;
    ogg->page = st_calloc(ST_OGG_PAGE_MOST, 1);
    if (ogg->page == NULL)
        return ST_NO_MEM;
    for (int i = 0; i < 64 && *codec == ST_OGG_NONE; i++) {
        size_t size = load(bytes, ogg->at, ogg->page);
        if (size == 0 || !(ogg->page[5] & 2))
            break;
        *codec = codec_of(ogg->page, size);
        ogg->at += (int64_t)size;
    }
    ogg->body = HEAD + (size_t)ogg->page[26];
    return ST_OK;
}

/* The next page of the same stream. */
static bool next_page(st_ogg_reader *ogg) {
    uint8_t serial[4];
    memcpy(serial, ogg->page + 14, 4);
    while (ogg->pages-- > 0) {
        size_t size = load(ogg->bytes, ogg->at, ogg->page);
        if (size == 0)
            break;
        ogg->at += (int64_t)size;
        if (memcmp(serial, ogg->page + 14, 4) == 0) {
            ogg->segment = 0;
            ogg->body = HEAD + (size_t)ogg->page[26];
            return true;
        }
    }
    ogg->pages = 0;
    ogg->page[26] = 0;
    ogg->segment = 0;
    return false;
}

bool st_ogg_packet(st_ogg_reader *ogg, st_blob *packet) {
    packet->bytes = 0;
    for (;;) {
        while (ogg->segment < ogg->page[26]) {
            size_t lace = ogg->page[HEAD + ogg->segment++];
            if (packet->bytes + lace <= ST_OGG_PACKET_MOST)
                st_blob_put(packet, ogg->page + ogg->body, lace);
            ogg->body += lace;
            if (lace < 255)
                return true;
        }
        if (!next_page(ogg))
            return false;
    }
}

void st_ogg_close(st_ogg_reader *ogg) {
    st_free(ogg->page);
    ogg->page = NULL;
}

/* Is the checksum of a whole page right? */
static bool is_sound(const uint8_t *page, size_t bytes) {
    static const uint8_t zeros[4];
    uint32_t crc = st_ogg_crc(0, page, 22);
    crc = st_ogg_crc(crc, zeros, 4);
    return st_ogg_crc(crc, page + 26, bytes - 26) == st_le32(page + 22);
}

/* Backwards from the end to the last page that is whole: a page is never
 * longer than half of what is looked at. */
st_status st_ogg_is_cut(const st_bytes *bytes, bool *cut) {
    *cut = false;
    size_t window = (size_t)2 * ST_OGG_PAGE_MOST;
    if (bytes->size < (int64_t)window)
        window = bytes->size > 0 ? (size_t)bytes->size : 0;
    uint8_t *tail = st_calloc(window, 1);
    if (tail == NULL)
        return ST_NO_MEM;
    window = st_bytes_read(bytes, bytes->size - (int64_t)window, tail, window);
    int checks = 0;
    for (size_t at = window; at-- > 0 && checks < MAX_CHECKS;) {
        const uint8_t *page = tail + at;
        size_t left = window - at;
        if (left < HEAD || memcmp(page, "OggS", 4) != 0 ||
            left < HEAD + (size_t)page[26])
            continue;
        size_t size = HEAD + (size_t)page[26];
        for (int i = 0; i < page[26]; i++)
            size += page[HEAD + i];
        if (size > left || (checks++, !is_sound(page, size)))
            continue;
        *cut = !(page[5] & 4);
        break;
    }
    st_free(tail);
    return ST_OK;
}
