/* ogg: pages and packets of an Ogg stream: read, checked, written anew.
 * Source: RFC 3533 (Ogg), RFC 7845 (Opus), Vorbis I (4.2.1, A.2). */
#ifndef ST_AUDIO_OGG_H
#define ST_AUDIO_OGG_H

#include "audio/bytes.h"
#include "audio/riff.h"

/* Bytes of the largest page, and of the comment packet that is read and
 * written at most (pictures are in it, as base64). */
enum { ST_OGG_PAGE_MOST = 27 + 255 + 255 * 255, ST_OGG_PACKET_MOST = 1 << 25 };

typedef enum {
    ST_OGG_NONE = 0,
    ST_OGG_VORBIS,
    ST_OGG_OPUS,
    ST_OGG_FLAC
} st_ogg_codec;

/* CRC-32 of RFC 3533 (polynomial 04C11DB7, nothing reflected) carried on from
 * `crc`, 0 at first. The field itself counts as 0. [any] */
uint32_t st_ogg_crc(uint32_t crc, const uint8_t *data, size_t bytes);

/* Packets of the first audio stream, from its start. */
typedef struct {
    const st_bytes *bytes;
    int64_t at;  /* of the next page */
    int pages;   /* left to look at: header packets are at the start */
    int segment; /* of the page, next one */
    size_t body; /* likewise, its offset in the page */
    uint8_t *page;
} st_ogg_reader;

/* *codec: that of the first audio stream, ST_OGG_NONE when there is none.
 * ST_NO_MEM. Closed also after an error. [any] */
ST_MUST_USE st_status st_ogg_open(st_ogg_reader *ogg, const st_bytes *bytes,
                                  st_ogg_codec *codec);
/* The next packet, in place of what `packet` held; what goes beyond
 * ST_OGG_PACKET_MOST is cut off. False: there is none. [any] */
bool st_ogg_packet(st_ogg_reader *ogg, st_blob *packet);
void st_ogg_close(st_ogg_reader *ogg);

/* *cut: the last page that is whole has no end-of-stream mark. ST_NO_MEM.
 * [any] */
ST_MUST_USE st_status st_ogg_is_cut(const st_bytes *bytes, bool *cut);

/* A stream on its way into a file, with the comment packet exchanged: header
 * pages are laid out anew, later ones get new numbers and checksums. Holds
 * one page, and the header packets. */
typedef struct st_ogg_swap st_ogg_swap;
typedef bool (*st_ogg_put)(void *user, const void *data, size_t bytes);

/* `comments` is the whole new packet, and is taken over; `headers`: header
 * packets of the codec (Opus 2, Vorbis 3). ST_NO_MEM. [any] */
ST_MUST_USE st_status st_ogg_swap_new(st_ogg_swap **out, st_blob *comments,
                                      int headers, st_ogg_put put, void *user);
/* More bytes of the stream, of any count. ST_BAD_DATA (no Ogg stream with
 * headers on pages of their own), ST_IO (put said false), ST_NO_MEM. */
ST_MUST_USE st_status st_ogg_swap_write(st_ogg_swap *swap, const void *data,
                                        size_t bytes);
/* Was the last page whole, and were all headers there? */
bool st_ogg_swap_ended(const st_ogg_swap *swap);
void st_ogg_swap_free(st_ogg_swap *swap); /* NULL is fine */

#endif
