#include "analysis/features.h"

#include "core/alloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    COLUMNS = ST_FEATURES_COLUMNS,
    HEAD = ST_FEATURES_HEAD,
    ROW_BYTES = 4 * COLUMNS,
    PREFIX = 10,           /* magic, version, length of the text */
    EXPECTED_MAX = 156000, /* rows: a header may say anything */
    MORE = 4096            /* rows a growth adds at least */
};

struct st_features {
    unsigned char *bytes; /* HEAD, then the rows */
    int64_t rows, room;
    bool full; /* memory ran out */
};

static size_t bytes_of(int64_t rows) {
    return HEAD + (size_t)rows * ROW_BYTES;
}

st_status st_features_new(st_features **out, int64_t rows) {
    st_features *f = st_calloc(1, sizeof *f);
    if (f == NULL)
        return ST_NO_MEM;
    f->room = rows < MORE ? MORE : rows > EXPECTED_MAX ? EXPECTED_MAX : rows;
    f->bytes = st_calloc(bytes_of(f->room), 1);
    if (f->bytes == NULL) {
        st_features_free(f);
        return ST_NO_MEM;
    }
    *out = f;
    return ST_OK;
}

void st_features_free(st_features *f) {
    if (f == NULL)
        return;
    st_free(f->bytes);
    st_free(f);
}

static bool grow(st_features *f) {
    int64_t room = f->room + f->room / 4 + MORE;
    void *block = f->bytes;
    if (st_regrow(&block, bytes_of(f->room), bytes_of(room), 1) != ST_OK)
        return false;
    f->bytes = block;
    f->room = room;
    return true;
}

static void put(st_features *f, int64_t row, int column, const float *values,
                int count) {
    unsigned char *to = f->bytes + bytes_of(row) + 4 * (size_t)column;
    for (int i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        for (int b = 0; b < 4; b++)
            *to++ = (unsigned char)(bits >> (8 * b));
    }
}

static void on_frame(void *ctx, int64_t frame, const float *values) {
    st_features *f = ctx;
    if (f->full || (frame >= f->room && !grow(f))) {
        f->full = true;
        return;
    }
    put(f, frame, 0, values, ST_FEATURES_MFCC);
    f->rows = frame + 1;
}

st_frame_sink st_features_sink(st_features *f) {
    return (st_frame_sink){on_frame, f};
}

/* Magic, version 1.0, length of the text, the text, spaces, a line's end. */
static void write_head(st_features *f) {
    static const unsigned char prefix[PREFIX] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, HEAD - PREFIX, 0};
    char text[HEAD - PREFIX];
    int length = snprintf(text, sizeof text,
                          "{'descr': '<f4', 'fortran_order': False, "
                          "'shape': (%" PRId64 ", %d), }",
                          f->rows, (int)COLUMNS);
    memset(f->bytes, ' ', HEAD);
    memcpy(f->bytes, prefix, PREFIX);
    memcpy(f->bytes + PREFIX, text, (size_t)length);
    f->bytes[HEAD - 1] = '\n';
}

st_status st_features_finish(st_features *f, const st_spectra *spectra) {
    const st_chroma *c = st_spectra_chroma(spectra);
    double cents = st_spectra_cents(spectra);
    if (f->full)
        return ST_NO_MEM;
    if (st_chroma_frames(c) != f->rows)
        return ST_BAD_ARG;
    for (int64_t i = 0; i < f->rows; i++) {
        float classes[ST_CHROMA_CLASSES], place[ST_TONNETZ_DIMS];
        st_chroma_get(c, ST_CHROMA_ALL, cents, ST_CHROMA_MAX, i, 1, classes);
        st_tonnetz(classes, place);
        put(f, i, ST_FEATURES_CHROMA, classes, ST_CHROMA_CLASSES);
        put(f, i, ST_FEATURES_TONNETZ, place, ST_TONNETZ_DIMS);
    }
    write_head(f);
    return ST_OK;
}

int64_t st_features_rows(const st_features *f) {
    return f->rows;
}

const unsigned char *st_features_npy(const st_features *f, size_t *bytes) {
    *bytes = bytes_of(f->rows);
    return f->bytes;
}
