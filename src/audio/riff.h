/* riff: the chunks of WAVE files, read and written.
 * Source: Multimedia Programming Interface 1.0 (RIFF), EBU Tech 3306 (RF64),
 * ITU-R BS.2088 (BW64), EBU Tech 3285 (bext), WAVEFORMATEXTENSIBLE. */
#ifndef ST_AUDIO_RIFF_H
#define ST_AUDIO_RIFF_H

#include "audio/bytes.h"
#include "audio/meta.h"
#include "audio/pcm.h"
#include "core/err.h"

#include <stdbool.h>

/* Where the samples of a WAVE file are. */
typedef struct {
    int rate_hz;
    int channels;
    int bits; /* of a stored sample */
    bool is_float;
    bool plain; /* kind is valid; else a compressed codec (A-law, ADPCM) */
    st_pcm_kind kind;
    int block_bytes;      /* of one frame, plain only */
    int64_t data_offset;  /* first byte of the samples */
    int64_t data_bytes;   /* in the file, whole frames */
    int64_t stated_bytes; /* by the header; -1: "until the end" */
} st_wave;

/* Read the header and the metadata (`meta` may be NULL). `name` is for
 * sentences. ST_BAD_DATA, ST_LIMIT, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_wave_parse(const st_bytes *bytes, const char *name,
                                    st_wave *wave, st_meta *meta, st_err *err);

/* A growing block of bytes. Zero-initialised is empty. */
typedef struct {
    uint8_t *data;
    size_t bytes;
    size_t room;
    bool failed; /* out of memory: all later puts do nothing */
} st_blob;
void st_blob_put(st_blob *blob, const void *data, size_t bytes);
void st_blob_le(st_blob *blob, uint64_t value, int bytes);
void st_blob_be(st_blob *blob, uint64_t value, int bytes);
void st_blob_deinit(st_blob *blob);

/* Parse one metadata chunk (bext, LIST, cue, smpl, inst...) into `meta`.
 * Damaged ones are skipped. ST_NO_MEM. [any] */
ST_MUST_USE st_status st_riff_take(st_meta *meta, const char id[4],
                                   const uint8_t *data, size_t bytes);
/* Append bext, LIST/INFO, cue, LIST/adtl and raw chunks, and an `id3 ` chunk
 * where INFO cannot hold it all (pictures, names it does not know, second
 * values); `tags` false leaves INFO and `id3 ` out. Chunks are padded to even
 * size. [any] */
void st_riff_put(st_blob *blob, const st_meta *meta, bool tags);

#endif
