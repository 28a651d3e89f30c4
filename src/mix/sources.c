#include "mix/sources.h"

#include "core/alloc.h"

#include <math.h>
#include <string.h>

/* --- late --- */

typedef struct {
    st_source base;
    st_source *in;
    int64_t silence, at; /* frames; the next one to give */
} late;

static st_status late_read(st_source *source, float *const *out, int64_t frames,
                           int64_t *got, st_err *err) {
    late *l = (late *)source;
    int64_t left = l->silence > l->at ? l->silence - l->at : 0;
    int64_t quiet = frames < left ? frames : left;
    float *rest[ST_MAX_CHANNELS];
    for (int c = 0; c < source->format.channels; c++) {
        memset(out[c], 0, (size_t)quiet * sizeof(float));
        rest[c] = out[c] + quiet;
    }
    int64_t heard = 0;
    st_status status = ST_OK;
    if (quiet < frames)
        status = st_source_read(l->in, rest, frames - quiet, &heard, err);
    l->at += quiet + heard;
    *got = quiet + heard;
    return status;
}

static st_status late_seek(st_source *source, int64_t frame, st_err *err) {
    late *l = (late *)source;
    int64_t inside = frame > l->silence ? frame - l->silence : 0;
    st_status status = st_source_seek(l->in, inside, err);
    if (status == ST_OK)
        l->at = frame;
    return status;
}

static void late_free(st_source *source) {
    late *l = (late *)source;
    st_source_free(l->in);
    st_free(l);
}

st_status st_late_source_new(st_source **out, st_source *in, int64_t silence,
                             st_err *err) {
    static const st_source_ops ops = {late_read, late_seek, late_free};
    if (silence <= 0) {
        *out = in;
        return ST_OK;
    }
    late *l = st_calloc(1, sizeof *l);
    if (l == NULL) {
        st_source_free(in);
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    }
    l->base = (st_source){&ops, in->format};
    if (in->format.frames >= 0)
        l->base.format.frames += silence;
    l->in = in;
    l->silence = silence;
    *out = &l->base;
    return ST_OK;
}

/* --- turned --- */

typedef struct {
    st_source base;
    st_source *in;
} turned;

static st_status turned_read(st_source *source, float *const *out,
                             int64_t frames, int64_t *got, st_err *err) {
    turned *t = (turned *)source;
    st_status status = st_source_read(t->in, out, frames, got, err);
    for (int64_t i = 0; status == ST_OK && i < *got; i++)
        out[1][i] = -out[1][i];
    return status;
}

static st_status turned_seek(st_source *source, int64_t frame, st_err *err) {
    return st_source_seek(((turned *)source)->in, frame, err);
}

static void turned_free(st_source *source) {
    st_source_free(((turned *)source)->in);
    st_free(source);
}

st_status st_turned_source_new(st_source **out, st_source *in, st_err *err) {
    static const st_source_ops ops = {turned_read, turned_seek, turned_free};
    turned *t = st_calloc(1, sizeof *t);
    if (t == NULL) {
        st_source_free(in);
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    }
    t->base = (st_source){&ops, in->format};
    t->in = in;
    *out = &t->base;
    return ST_OK;
}

/* --- sum --- */

enum { BLOCK = 16384 };

typedef struct {
    st_source base;
    int count;
    st_source **in;
    float *gain;
    st_buffer block;
} sum;

static void add(float *to, const float *x, float gain, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        to[i] += fabsf(x[i]) <= 1e10f ? x[i] * gain : 0.0f;
}

static st_status sum_block(sum *s, float *const *out, int64_t n, int64_t *got,
                           st_err *err) {
    *got = 0;
    for (int c = 0; c < 2; c++)
        memset(out[c], 0, (size_t)n * sizeof(float));
    for (int i = 0; i < s->count; i++) {
        int64_t heard = 0;
        int right = s->in[i]->format.channels > 1 ? 1 : 0;
        st_status status =
            st_source_read(s->in[i], s->block.channel, n, &heard, err);
        if (status != ST_OK)
            return status;
        add(out[0], s->block.channel[0], s->gain[i], heard);
        add(out[1], s->block.channel[right], s->gain[i], heard);
        *got = heard > *got ? heard : *got;
    }
    return ST_OK;
}

static st_status sum_read(st_source *source, float *const *out, int64_t frames,
                          int64_t *got, st_err *err) {
    sum *s = (sum *)source;
    *got = 0;
    while (*got < frames) {
        float *at[2] = {out[0] + *got, out[1] + *got};
        int64_t n = frames - *got < BLOCK ? frames - *got : BLOCK, heard = 0;
        st_status status = sum_block(s, at, n, &heard, err);
        if (status != ST_OK)
            return status;
        *got += heard;
        if (heard < n)
            break;
    }
    return ST_OK;
}

static st_status sum_seek(st_source *source, int64_t frame, st_err *err) {
    sum *s = (sum *)source;
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < s->count; i++) {
        int64_t end = s->in[i]->format.frames;
        status = st_source_seek(s->in[i], end >= 0 && frame > end ? end : frame,
                                err);
    }
    return status;
}

static void sum_free(st_source *source) {
    sum *s = (sum *)source;
    for (int i = 0; i < s->count; i++)
        st_source_free(s->in[i]);
    st_buffer_deinit(&s->block);
    st_free(s->in);
    st_free(s->gain);
    st_free(s);
}

static bool fill(sum *s, st_source **sources, const double *gains, int count) {
    s->in = st_calloc((size_t)count, sizeof(st_source *));
    s->gain = st_calloc((size_t)count, sizeof *s->gain);
    if (s->in == NULL || s->gain == NULL ||
        st_buffer_init(&s->block, 2, BLOCK) != ST_OK)
        return false;
    for (int i = 0; i < count; i++) {
        int64_t frames = sources[i]->format.frames;
        s->in[i] = sources[i];
        s->gain[i] = (float)gains[i];
        if (frames < 0 || s->base.format.frames < 0)
            s->base.format.frames = -1;
        else if (frames > s->base.format.frames)
            s->base.format.frames = frames;
    }
    s->count = count;
    return true;
}

st_status st_sum_source_new(st_source **out, st_source **sources,
                            const double *gains, int count, st_err *err) {
    static const st_source_ops ops = {sum_read, sum_seek, sum_free};
    sum *s = st_calloc(1, sizeof *s);
    if (s != NULL)
        s->base = (st_source){&ops, {sources[0]->format.rate_hz, 2, 0}};
    if (s != NULL && fill(s, sources, gains, count)) {
        *out = &s->base;
        return ST_OK;
    }
    for (int i = 0; i < count; i++)
        st_source_free(sources[i]);
    if (s != NULL)
        sum_free(&s->base);
    return st_err_set(err, ST_NO_MEM, "Out of memory.");
}
