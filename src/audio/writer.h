/* writer: planar float32 into a file that is whole or not there at all.
 * Source: RIFF/RF64 (EBU 3306), AIFF 1.3, RFC 9639, libsndfile (codecs).
 *
 * Writes to a hidden file beside the target; finish syncs and renames it.
 * Freed without finish, or when the process is told to stop
 * (st_writer_unlink_all), nothing is left behind. Integers: each sample is
 * x * 2^(bits-1), rounded to nearest (ties to even) and clamped; dither is the
 * caller's (dsp/dither), and values already on the grid arrive bit for bit.
 * The layout is the WAVEFORMATEXTENSIBLE order of audio/buffer.h. */
#ifndef ST_AUDIO_WRITER_H
#define ST_AUDIO_WRITER_H

#include "audio/meta.h"
#include "audio/stream.h"

#include <stdbool.h>

typedef enum {
    ST_WRITE_WAV = 0, /* RF64 by itself when over 4 GiB */
    ST_WRITE_AIFF,
    ST_WRITE_FLAC,
    ST_WRITE_OGG, /* Vorbis */
    ST_WRITE_MP3,
    ST_WRITE_OPUS,
    ST_WRITE_FORMAT_COUNT
} st_write_format;

typedef enum {
    ST_DEPTH_DEFAULT = 0, /* 24 for WAV AIFF FLAC; none for lossy */
    ST_DEPTH_16 = 16,
    ST_DEPTH_24 = 24,
    ST_DEPTH_FLOAT = 32 /* WAV and AIFF (AIFC) only */
} st_write_depth;

typedef struct {
    st_write_format format;
    st_write_depth depth;
    int bitrate_kbps;    /* MP3 8..320 (CBR), Opus 6..256 a channel pair;
                            0: 320 and 192 */
    double quality;      /* Ogg Vorbis -0.1..1.0; 0: 0.6 */
    const st_meta *meta; /* copied at open; may be NULL */
    bool force_rf64;     /* also when small (tests) */
    bool no_sync;        /* skip fsync (previews, scratch) */
    const char *input;   /* path that must not be overwritten, or NULL */
} st_writer_options;

/* Format from a name ("wav", "flac", ...) or a path's ending.
 * ST_UNSUPPORTED, with the list of what there is. [any] */
ST_MUST_USE st_status st_writer_format_find(const char *name_or_path,
                                            st_write_format *out, st_err *err);
const char *st_writer_format_name(st_write_format format); /* "wav" */
/* Whether the format takes a bit depth (so that dither makes sense). [any] */
bool st_writer_is_integer(st_write_format format, st_write_depth depth);
/* The rate the format can hold nearest to `rate_hz` and not below it where
 * there is one (Opus: 48000; MP3: 8-48 kHz list; others as it is): resample
 * first when it differs. [any] */
int st_writer_rate(st_write_format format, int rate_hz);
/* Most channels the format holds (MP3 2, others 8). [any] */
int st_writer_max_channels(st_write_format format);

/* What of `meta` the format has no place for, in words for a sentence
 * ("broadcast data (bext), 3 cue points, iXML"); "" when all goes along.
 * Cut off at `bytes`. [any] */
void st_writer_lost(st_write_format format, const st_meta *meta, char *out,
                    size_t bytes);

/* Start a file of `format` (frames: -1 or the length, which lets WAV choose
 * RF64 at once) that will appear at `path` on finish, replacing what is there.
 * ST_EXISTS (path is the input, a folder or not a regular file),
 * ST_UNSUPPORTED (rate, channels, depth; says which are possible), ST_IO,
 * ST_NO_MEM. [any] */
ST_MUST_USE st_status st_writer_open(st_sink **out, const char *path,
                                     const st_format *format,
                                     const st_writer_options *options,
                                     st_err *err);

/* Whole small files (reports) by the same temp + rename. [any] */
ST_MUST_USE st_status st_writer_put(const char *path, const void *data,
                                    size_t bytes, const char *input,
                                    st_err *err);

/* Unlink every unfinished file of this process. For signal handlers:
 * async-signal-safe. [any] */
void st_writer_unlink_all(void);

#endif
