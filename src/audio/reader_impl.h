/* reader_impl: what the back ends of the reader share (private to src/audio).
 * Source: audio/reader.h. A back end fills `core` and gives a decode table;
 * limits, NaN counting and warnings are done once, in reader.c. */
#ifndef ST_AUDIO_READER_IMPL_H
#define ST_AUDIO_READER_IMPL_H

#include "audio/bytes.h"
#include "audio/meta_impl.h"
#include "audio/reader.h"

typedef struct st_reader st_reader;

typedef struct {
    /* As st_source_ops.read, without any checks. */
    st_status (*decode)(st_reader *reader, float *const *out, int64_t frames,
                        int64_t *got, st_err *err);
    st_status (*seek)(st_reader *reader, int64_t frame, st_err *err);
    void (*close)(st_reader *reader);
} st_reader_ops;

/* First member of every back end's own struct. */
struct st_reader {
    st_source base;
    const st_reader_ops *ops;
    st_reader_info info;
    st_reader_limits limits;
    st_meta meta;
    st_bytes bytes; /* the file; its fd is owned */
    char name[256]; /* for sentences */
    int64_t position;
    bool scrub; /* float samples: look for NaN */
    char warning[256];
};

/* Each opens what `core` (bytes, name, limits, info.kind) describes and moves
 * it into a struct of its own; on failure `core` stays the caller's. */
st_status st_reader_open_wave(st_reader **out, st_reader *core, st_err *err);
st_status st_reader_open_sndfile(st_reader **out, st_reader *core, st_err *err);
st_status st_reader_open_ffmpeg(st_reader **out, st_reader *core, st_err *err);

/* Channels, rate and length against the limits; a sentence says which. */
st_status st_reader_check_format(const st_reader *reader,
                                 const st_format *format, st_err *err);

#endif
