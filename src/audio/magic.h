/* magic: which container a file is, by its own first bytes alone.
 * Source: RIFF/RF64 (EBU 3306), AIFF 1.3, RFC 9639 (FLAC), RFC 3533 (Ogg),
 * ISO 11172-3, ISO 14496-12, ISO 13818-7 (ADTS), ASF 01.20, Matroska.
 *
 * The answer decides the reader and, for the outside one, the demuxer that is
 * forced on it. A name's ending is never looked at. What holds references to
 * other files (M3U, HLS, concat scripts, CUE, SDP, MPD, XSPF, PLS) is known
 * here only to be refused by name. */
#ifndef ST_AUDIO_MAGIC_H
#define ST_AUDIO_MAGIC_H

#include "core/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    ST_FILE_UNKNOWN = 0,
    ST_FILE_WAV,  /* RIFF, RF64, BW64 with WAVE */
    ST_FILE_AIFF, /* AIFF and AIFC */
    ST_FILE_FLAC,
    ST_FILE_OGG, /* Vorbis, Opus or FLAC inside Ogg */
    ST_FILE_MP3, /* MPEG-1/2/2.5 layer III, with or without ID3v2 */
    ST_FILE_MP2, /* layers I and II */
    ST_FILE_CAF,
    ST_FILE_AU,
    ST_FILE_W64,
    ST_FILE_MP4, /* M4A, MP4, MOV */
    ST_FILE_ADTS,
    ST_FILE_MATROSKA, /* MKV and WebM */
    ST_FILE_ASF,      /* WMA and WMV */
    ST_FILE_AVI,
    ST_FILE_MPEG_TS,
    ST_FILE_MPEG_PS,
    ST_FILE_FLV,
    ST_FILE_WAVPACK,
    ST_FILE_APE,
    ST_FILE_TTA,
    ST_FILE_AC3,
    ST_FILE_DSF,
    ST_FILE_AMR,
    ST_FILE_PLAYLIST, /* refers to other files: always refused */
    ST_FILE_TEXT,     /* text, HTML, a script */
    ST_FILE_MIDI,
    ST_FILE_IMAGE,
    ST_FILE_ARCHIVE, /* zip, gzip, 7z, rar */
    ST_FILE_EMPTY,   /* no bytes, or zeros only */
    ST_FILE_KIND_COUNT
} st_file_kind;

/* Bytes of the start of a file that st_magic_find wants to see. */
enum { ST_MAGIC_BYTES = 4096 };

/* Kind of the file that starts with head[bytes]; `bytes` may be anything, more
 * than ST_MAGIC_BYTES is not looked at. An ID3v2 tag in front is stepped over:
 * *skip (may be NULL) gets the offset at which the container starts when it
 * lies outside `head`; the caller reads there and asks again. [any] */
st_file_kind st_magic_find(const uint8_t *head, size_t bytes, uint64_t *skip);

/* "WAV", "MP4 (M4A, MOV)", "a playlist"... [any] */
const char *st_magic_name(st_file_kind kind);
/* The demuxer to force on ffmpeg, or NULL when the file is read in process or
 * refused. [any] */
const char *st_magic_demuxer(st_file_kind kind);

#endif
