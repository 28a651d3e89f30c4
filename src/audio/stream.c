#include "audio/stream.h"

#include <assert.h>
#include <stddef.h>

st_status st_source_read(st_source *source, float *const *out, int64_t frames,
                         int64_t *got, st_err *err) {
    assert(frames >= 0);
    return source->ops->read(source, out, frames, got, err);
}

st_status st_source_seek(st_source *source, int64_t frame, st_err *err) {
    assert(frame >= 0);
    if (source->format.frames >= 0 && frame > source->format.frames)
        return st_err_set(err, ST_BAD_ARG,
                          "Cannot go to frame %lld of %lld: stay inside.",
                          (long long)frame, (long long)source->format.frames);
    return source->ops->seek(source, frame, err);
}

void st_source_free(st_source *source) {
    if (source != NULL)
        source->ops->free(source);
}

st_status st_sink_write(st_sink *sink, const float *const *in, int64_t frames,
                        st_err *err) {
    assert(frames >= 0);
    return sink->ops->write(sink, in, frames, err);
}

st_status st_sink_finish(st_sink *sink, st_err *err) {
    return sink->ops->finish(sink, err);
}

void st_sink_free(st_sink *sink) {
    if (sink != NULL)
        sink->ops->free(sink);
}
