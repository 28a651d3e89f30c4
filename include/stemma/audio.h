/* audio: files as streams of planar float32, full scale 1.0.
 * Reads WAV (also RF64), AIFF, FLAC, Ogg, Opus, MP3, and what the `ffmpeg`
 * program reads where it is installed (in a sandbox). Writes WAV, AIFF, FLAC,
 * Ogg, MP3, Opus. Channel order is that of WAVEFORMATEXTENSIBLE. Every object
 * is [one at a time]: any thread, but not two at once. */
#ifndef STEMMA_AUDIO_H
#define STEMMA_AUDIO_H

#include <stdint.h>

#include "stemma/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct stemma_reader stemma_reader;
typedef struct stemma_writer stemma_writer;

typedef struct {
    int rate_hz;    /* 8000..384000 */
    int channels;   /* 1..8 */
    int64_t frames; /* -1 while it is not known */
} stemma_format;

/* Open a file at frame 0. NOT_FOUND, BAD_DATA, UNSUPPORTED, LIMIT, IO,
 * NO_MEM. */
STEMMA_API stemma_status stemma_reader_open(stemma_reader **out,
                                            const char *path,
                                            stemma_error *error);
STEMMA_API void stemma_reader_free(stemma_reader *reader); /* NULL is fine */
STEMMA_API stemma_format stemma_reader_format(const stemma_reader *reader);
/* Up to `frames` frames into planar out[channels]; *got is less only at the
 * end. */
STEMMA_API stemma_status stemma_reader_read(stemma_reader *reader,
                                            float *const *out, int64_t frames,
                                            int64_t *got, stemma_error *error);
/* The next read starts at `frame`, 0..frames. */
STEMMA_API stemma_status stemma_reader_seek(stemma_reader *reader,
                                            int64_t frame, stemma_error *error);

/* Start a file that appears at `path`, whole, on finish. `container` NULL:
 * from the path's ending. bits: 16, 24, 32 (float), or 0 for the container's
 * own. No dither is added: integer samples are rounded to nearest. */
STEMMA_API stemma_status stemma_writer_open(stemma_writer **out,
                                            const char *path,
                                            const char *container, int bits,
                                            const stemma_format *format,
                                            stemma_error *error);
STEMMA_API stemma_status stemma_writer_write(stemma_writer *writer,
                                             const float *const *in,
                                             int64_t frames,
                                             stemma_error *error);
STEMMA_API stemma_status stemma_writer_finish(stemma_writer *writer,
                                              stemma_error *error);
/* Without a finish before it nothing is left behind. NULL is fine. */
STEMMA_API void stemma_writer_free(stemma_writer *writer);

#ifdef __cplusplus
}
#endif
#endif
