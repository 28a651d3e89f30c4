/* writer_impl: what the back ends of the writer share (private).
 * Source: audio/writer.h. */
#ifndef ST_AUDIO_WRITER_IMPL_H
#define ST_AUDIO_WRITER_IMPL_H

#include "audio/meta_impl.h"
#include "audio/tempfile.h"
#include "audio/writer.h"

typedef struct {
    st_sink base;
    st_tempfile *file;
    st_writer_options options; /* meta points to `meta` below */
    st_meta meta;
    int64_t frames; /* written so far */
    bool failed;
} st_writer;

/* Each turns a filled `core` into a sink of its own and takes it over; on
 * failure `core` stays the caller's. */
st_status st_writer_open_pcm(st_writer **out, st_writer *core, st_err *err);
st_status st_writer_open_codec(st_writer **out, st_writer *core, st_err *err);
void st_writer_close(st_writer *core); /* what the back ends' free ends with */

#endif
