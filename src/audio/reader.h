/* reader: any audio file as a rewindable source of planar float32.
 * Source: audio/magic.h decides who reads; RIFF WAVE by our own parser
 * (audio/wav.h), AIFF FLAC Ogg MP3 by libsndfile, the rest by the ffmpeg
 * program in a sandbox (core/sandbox.h), demuxer forced, never sniffed.
 *
 * Full scale 1.0; integers up to 24 bits arrive exactly (n / 2^(bits-1)),
 * 32-bit integers and doubles are rounded to float. NaN and infinity in float
 * files are replaced by 0 and counted. A file that ends before its header
 * says is read up to its end and reported as a warning.
 *
 * Length and encoder delay: MP3 is cut to the length its LAME/Info header
 * states (gapless), and what is glued on behind is reported as a warning;
 * without one the decoder delay stays in. Opus pre-skip and
 * end trim, Vorbis granule positions and the start of MP4 edit lists are
 * applied; AAC keeps the padding of its last block. */
#ifndef ST_AUDIO_READER_H
#define ST_AUDIO_READER_H

#include "audio/magic.h"
#include "audio/meta.h"
#include "audio/stream.h"

#include <stdbool.h>

/* Checked at open where the header states them, and while decoding. Zero in a
 * field means the default, in brackets. */
typedef struct {
    int64_t max_frames; /* [24 h at the file's rate] */
    int max_channels;   /* [ST_MAX_CHANNELS] */
    /* Decoded float bytes per file byte, beyond the first 64 MiB of audio:
     * stops what unpacks without end. [4000; 4 min of silence in FLAC: 2400]
     */
    double max_ratio;
    int stall_ms;    /* wait for the outside decoder's next byte [10000] */
    int cpu_seconds; /* processor time of the outside decoder [1800] */
    bool in_process; /* never start the outside decoder [false] */
} st_reader_limits;

typedef struct {
    st_file_kind kind;
    char format[24]; /* "WAV", "FLAC", "MP4 (M4A, MOV)" */
    char codec[32];  /* "PCM 24-bit", "float 32-bit", "MP3", "Vorbis" */
    int bits;        /* of the sample format as stored; 0: lossy, no depth */
    bool is_float;
    bool lossy;
    int64_t file_bytes;
    /* Known so far; final after the last block was read. */
    int64_t nonfinite_samples; /* NaN and infinities replaced by 0 */
    int64_t missing_frames;    /* stated by the header, not in the file */
    bool cut_off;              /* Ogg: without the mark of its end */
    bool goes_on; /* MP3: sound behind the end that its header states */
} st_reader_info;

/* Open the file at `path`; *out is at frame 0 and is freed with
 * st_source_free. `limits` may be NULL. format.frames is the exact length (an
 * estimate for an MP3 without a LAME/Info header), or -1 for files that the
 * outside decoder reads; at the end it becomes what was read.
 * ST_NOT_FOUND, ST_BAD_ARG (a folder, a pipe, a device), ST_BAD_DATA,
 * ST_UNSUPPORTED, ST_LIMIT, ST_IO, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_reader_open(st_source **out, const char *path,
                                     const st_reader_limits *limits,
                                     st_err *err);
/* The same of an open regular file; `fd` stays the caller's and `name` is
 * used in sentences only. [any] */
ST_MUST_USE st_status st_reader_open_fd(st_source **out, int fd,
                                        const char *name,
                                        const st_reader_limits *limits,
                                        st_err *err);

/* Of a source made by st_reader_open only; borrowed. [one at a time] */
const st_reader_info *st_reader_info_get(const st_source *source);
const st_meta *st_reader_meta(const st_source *source);
/* Sentence i of what was odd about the file (counted so far), or NULL when
 * there are no more. [one at a time] */
const char *st_reader_warning(st_source *source, int i);

#endif
