/* stream: pull audio from a source, push it to a sink, block by block.
 * Source: design.md section 1 ("in is a rewindable source, out a sink").
 * Anything that gives or takes audio (a file, a spool, memory, a resampler)
 * is one const table of functions behind these. */
#ifndef ST_AUDIO_STREAM_H
#define ST_AUDIO_STREAM_H

#include "audio/buffer.h"
#include "core/attr.h"
#include "core/err.h"

typedef struct st_source st_source;
typedef struct st_sink st_sink;

typedef struct {
    /* Up to `frames` frames into planar out[channels]; *got < frames only at
     * the end. */
    st_status (*read)(st_source *source, float *const *out, int64_t frames,
                      int64_t *got, st_err *err);
    /* Next read starts at `frame`, never beyond a known end. */
    st_status (*seek)(st_source *source, int64_t frame, st_err *err);
    void (*free)(st_source *source);
} st_source_ops;

/* First member of every source; `format.frames` may be -1 until the end. */
struct st_source {
    const st_source_ops *ops;
    st_format format;
};

typedef struct {
    st_status (*write)(st_sink *sink, const float *const *in, int64_t frames,
                       st_err *err);
    /* All data is safe when this returns ST_OK (flush, rename). Once. */
    st_status (*finish)(st_sink *sink, st_err *err);
    /* Without a finish before it: leaves nothing behind. */
    void (*free)(st_sink *sink);
} st_sink_ops;

struct st_sink {
    const st_sink_ops *ops;
    st_format format;
};

/* [one at a time], all of these. Blocks may be any size >= 0. */
ST_MUST_USE st_status st_source_read(st_source *source, float *const *out,
                                     int64_t frames, int64_t *got, st_err *err);
/* 0..frames where the length is known, else ST_BAD_ARG. */
ST_MUST_USE st_status st_source_seek(st_source *source, int64_t frame,
                                     st_err *err);
void st_source_free(st_source *source); /* NULL is fine */
ST_MUST_USE st_status st_sink_write(st_sink *sink, const float *const *in,
                                    int64_t frames, st_err *err);
ST_MUST_USE st_status st_sink_finish(st_sink *sink, st_err *err);
void st_sink_free(st_sink *sink); /* NULL is fine */

#endif
