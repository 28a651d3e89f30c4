#include "mix/excerpt.h"

#include "core/alloc.h"
#include "mix/sources.h"

#include <string.h>

typedef struct {
    st_source base;
    st_source *in;
    int64_t first, at; /* frames of `in`; the next one to give */
} excerpt;

static st_status read_excerpt(st_source *source, float *const *out,
                              int64_t frames, int64_t *got, st_err *err) {
    excerpt *e = (excerpt *)source;
    int64_t left = source->format.frames - e->at, heard = 0;
    int64_t wanted = frames < left ? frames : left;
    st_status status = st_source_read(e->in, out, wanted, &heard, err);
    if (status != ST_OK)
        return status;
    for (int c = 0; c < source->format.channels; c++)
        memset(out[c] + heard, 0, (size_t)(wanted - heard) * sizeof(float));
    e->at += wanted;
    *got = wanted;
    return ST_OK;
}

static st_status seek_excerpt(st_source *source, int64_t frame, st_err *err) {
    excerpt *e = (excerpt *)source;
    int64_t end = e->in->format.frames, to = e->first + frame;
    st_status status =
        st_source_seek(e->in, end >= 0 && to > end ? end : to, err);
    if (status == ST_OK)
        e->at = frame;
    return status;
}

static void free_excerpt(st_source *source) {
    excerpt *e = (excerpt *)source;
    st_source_free(e->in);
    st_free(e);
}

st_status st_excerpt_source_new(st_source **out, st_source *in, int64_t first,
                                int64_t frames, st_err *err) {
    static const st_source_ops ops = {read_excerpt, seek_excerpt, free_excerpt};
    excerpt *e = st_calloc(1, sizeof *e);
    if (e == NULL) {
        st_source_free(in);
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    }
    e->base = (st_source){&ops, in->format};
    e->base.format.frames = frames;
    e->in = in;
    e->first = first;
    st_status status = seek_excerpt(&e->base, 0, err);
    if (status != ST_OK)
        free_excerpt(&e->base);
    else
        *out = &e->base;
    return status;
}

st_status st_mix_plain_source(const st_mix_job *job, st_source **out,
                              st_err *err) {
    st_source *file[ST_SESSION_FILES];
    double gain[ST_SESSION_FILES];
    int count = 0, files = st_in_count(job->in, job->session.input);
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < files; i++) {
        if (job->session.file[i].left_out)
            continue;
        status = st_session_source(&job->session, i, &file[count], err);
        if (status == ST_OK)
            gain[count++] = 1.0;
    }
    if (status == ST_OK)
        return st_sum_source_new(out, file, gain, count, err);
    while (count > 0)
        st_source_free(file[--count]);
    return status;
}
