/* meta_impl: the forms that metadata takes in files (private to src/audio).
 * Source: Vorbis comment, RFC 9639 (PICTURE), ID3v2.2 to 2.4, QuickTime ilst.
 *
 * _take adds what a block of bytes says to `meta`; what is damaged, or goes
 * beyond a cap of meta.h, is skipped; ST_NO_MEM is the only error. _put
 * appends to a blob, which says itself when memory ran out. */
#ifndef ST_AUDIO_META_IMPL_H
#define ST_AUDIO_META_IMPL_H

#include "audio/bytes.h"
#include "audio/magic.h"
#include "audio/riff.h"

/* Our name of what others call "tracknumber", "album_artist", "disc"...; the
 * name itself when it is no other's. Borrowed. [any] */
const char *st_meta_name(const char *key);

/* Vorbis comments: vendor, count, NAME=value pairs; as in FLAC and Ogg.
 * Pictures in them (METADATA_BLOCK_PICTURE, base64) are taken too. [any] */
ST_MUST_USE st_status st_comments_take(st_meta *meta, const uint8_t *data,
                                       size_t bytes);
/* The same list; `pictures` true puts them in, as base64. [any] */
void st_comments_put(st_blob *blob, const st_meta *meta, bool pictures);

/* The body of a FLAC PICTURE block. [any] */
ST_MUST_USE st_status st_picture_take(st_meta *meta, const uint8_t *data,
                                      size_t bytes);
void st_picture_put(st_blob *blob, const st_picture *picture);

/* A whole ID3v2 tag. What it says replaces what `meta` has of a name: the
 * older tags beside it (RIFF INFO, AIFF NAME) hold less. [any] */
ST_MUST_USE st_status st_id3_take(st_meta *meta, const uint8_t *data,
                                  size_t bytes);
/* Bytes of the tag that begins with `head`, or 0 when none does. [any] */
size_t st_id3_bytes(const uint8_t head[10]);
void st_id3_put(st_blob *blob, const st_meta *meta); /* ID3v2.4 */

void st_flac_put(st_blob *blob, const st_meta *meta); /* blocks, none last */
void st_aiff_put(st_blob *blob, const st_meta *meta); /* chunks */

/* Pictures of an MP4 file (moov/udta/meta/ilst/covr). [any] */
ST_MUST_USE st_status st_mp4_take(st_meta *meta, const st_bytes *bytes);

/* Tags of formats whose own library does not give all: FLAC blocks, Ogg
 * comment headers, ID3v2, AIFF chunks, MP4 pictures. [any] */
ST_MUST_USE st_status st_meta_read(st_meta *meta, const st_bytes *bytes,
                                   st_file_kind kind);

#endif
