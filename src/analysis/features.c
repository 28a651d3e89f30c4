#include "analysis/features.h"

#include "audio/scratch.h"
#include "core/alloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    HEAD = ST_FEATURES_HEAD,
    PREFIX = 10, /* magic, version, length of the text */
    BLOCK = 64   /* rows read at a time */
};

/* Rows of floats, as they came. */
typedef struct {
    st_scratch *bytes;
    int values;
    int64_t rows;
    st_status status; /* of the first row that failed */
    st_err err;
} table;

struct st_features {
    table cepstra, classes;
    double cents;
};

static st_status make_table(table *t, int values, const char *dir,
                            st_err *err) {
    t->values = values;
    return st_scratch_new(&t->bytes, dir, err);
}

st_status st_features_new(st_features **out, const char *dir, st_err *err) {
    st_features *f = st_calloc(1, sizeof *f);
    if (f == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    st_status status = make_table(&f->cepstra, ST_FEATURES_MFCC, dir, err);
    if (status == ST_OK)
        status = make_table(&f->classes, ST_CHROMA_FINE, dir, err);
    if (status == ST_OK)
        *out = f;
    else
        st_features_free(f);
    return status;
}

void st_features_free(st_features *f) {
    if (f == NULL)
        return;
    st_scratch_free(f->cepstra.bytes);
    st_scratch_free(f->classes.bytes);
    st_free(f);
}

static void on_row(void *ctx, int64_t frame, const float *values) {
    table *t = ctx;
    if (t->status == ST_OK)
        t->status = st_scratch_append(
            t->bytes, values, (size_t)t->values * sizeof *values, &t->err);
    t->rows = frame + 1;
}

st_frame_sink st_features_cepstra(st_features *f) {
    return (st_frame_sink){on_row, &f->cepstra};
}

st_frame_sink st_features_classes(st_features *f) {
    return (st_frame_sink){on_row, &f->classes};
}

static st_status finish_table(table *t, st_err *err) {
    if (t->status != ST_OK)
        return st_err_set(err, t->status, "%s", t->err.text);
    return st_scratch_flush(t->bytes, err);
}

st_status st_features_finish(st_features *f, double cents, st_err *err) {
    st_status status = finish_table(&f->cepstra, err);
    if (status == ST_OK)
        status = finish_table(&f->classes, err);
    if (status == ST_OK && f->classes.rows != f->cepstra.rows)
        status = st_err_set(err, ST_BAD_ARG,
                            "%" PRId64 " frames of cepstra, %" PRId64
                            " of pitch classes.",
                            f->cepstra.rows, f->classes.rows);
    f->cents = cents;
    return status;
}

int64_t st_features_rows(const st_features *f) {
    return f->cepstra.rows;
}

/* Magic, version 1.0, length of the text, the text, spaces, a line's end. */
void st_features_head(const st_features *f, unsigned char head[HEAD]) {
    static const unsigned char prefix[PREFIX] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, HEAD - PREFIX, 0};
    char text[HEAD - PREFIX];
    int length = snprintf(text, sizeof text,
                          "{'descr': '<f4', 'fortran_order': False, "
                          "'shape': (%" PRId64 ", %d), }",
                          f->cepstra.rows, (int)ST_FEATURES_COLUMNS);
    memset(head, ' ', HEAD);
    memcpy(head, prefix, PREFIX);
    memcpy(head + PREFIX, text, (size_t)length);
    head[HEAD - 1] = '\n';
}

static unsigned char *put(unsigned char *to, const float *values, int count) {
    for (int i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        for (int b = 0; b < 4; b++)
            *to++ = (unsigned char)(bits >> (8 * b));
    }
    return to;
}

static st_status rows_of(const table *t, int64_t first, int64_t count,
                         float *values, st_err *err) {
    size_t row = (size_t)t->values * sizeof *values;
    return st_scratch_read(t->bytes, first * (int64_t)row, values,
                           (size_t)count * row, err);
}

static unsigned char *put_row(const st_features *f, const float *cepstra,
                              const float *fine, unsigned char *to) {
    float classes[ST_CHROMA_CLASSES], place[ST_TONNETZ_DIMS];
    st_chroma_fold(fine, f->cents, classes);
    st_chroma_norm_apply(classes, ST_CHROMA_MAX);
    st_tonnetz(classes, place);
    to = put(to, cepstra, ST_FEATURES_MFCC);
    to = put(to, classes, ST_CHROMA_CLASSES);
    return put(to, place, ST_TONNETZ_DIMS);
}

st_status st_features_read(const st_features *f, int64_t first, int64_t count,
                           unsigned char *bytes, st_err *err) {
    float cepstra[BLOCK][ST_FEATURES_MFCC], fine[BLOCK][ST_CHROMA_FINE];
    for (int64_t done = 0; done < count; done += BLOCK) {
        int64_t n = count - done < BLOCK ? count - done : BLOCK;
        st_status status =
            rows_of(&f->cepstra, first + done, n, cepstra[0], err);
        if (status == ST_OK)
            status = rows_of(&f->classes, first + done, n, fine[0], err);
        if (status != ST_OK)
            return status;
        for (int64_t i = 0; i < n; i++)
            bytes = put_row(f, cepstra[i], fine[i], bytes);
    }
    return ST_OK;
}
