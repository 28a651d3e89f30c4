#include "analysis/mfcc.h"

#include "analysis/spec_ops.h"
#include "core/alloc.h"
#include "core/math.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MAX_BANDS = 512, WIDTH = ST_MFCC_WIDTH, HALF = WIDTH / 2, STEP = 16 };

struct st_mfcc {
    const st_spec_ops *ops;
    st_frame_sink sink;
    size_t bands, count, wide; /* wide: count in whole vectors */
    float *matrix;             /* [bands][wide] */
    float *db;                 /* [bands] */
    float *past;               /* [WIDTH][wide], frame f at f % WIDTH */
    float *out;                /* [3 count] */
    int64_t taken, given;
    bool finished;
};

/* DCT-II, orthonormal. */
static void fill_matrix(st_mfcc *m) {
    double n = (double)m->bands;
    for (size_t b = 0; b < m->bands; b++)
        for (size_t c = 0; c < m->count; c++) {
            double scale = sqrt((c == 0 ? 1.0 : 2.0) / n);
            double angle = (double)c * (2.0 * (double)b + 1.0) / (2.0 * n);
            m->matrix[b * m->wide + c] = (float)(scale * st_cospi(angle));
        }
}

st_status st_mfcc_new(st_mfcc **out, int bands, int count, st_frame_sink sink) {
    if (bands < 1 || bands > MAX_BANDS || count < 1 || count > bands ||
        sink.frame == NULL)
        return ST_BAD_ARG;
    st_mfcc *m = st_calloc(1, sizeof *m);
    if (m == NULL)
        return ST_NO_MEM;
    m->ops = st_spec_ops_get();
    m->sink = sink;
    m->bands = (size_t)bands;
    m->count = (size_t)count;
    m->wide = (m->count + STEP - 1) / STEP * STEP;
    m->matrix = st_calloc(m->bands * m->wide, sizeof(float));
    m->db = st_calloc(m->bands, sizeof(float));
    m->past = st_calloc(WIDTH * m->wide, sizeof(float));
    m->out = st_calloc(3 * m->count, sizeof(float));
    if (m->matrix == NULL || m->db == NULL || m->past == NULL ||
        m->out == NULL) {
        st_mfcc_free(m);
        return ST_NO_MEM;
    }
    fill_matrix(m);
    *out = m;
    return ST_OK;
}

void st_mfcc_free(st_mfcc *m) {
    if (m == NULL)
        return;
    st_free(m->matrix);
    st_free(m->db);
    st_free(m->past);
    st_free(m->out);
    st_free(m);
}

void st_mfcc_reset(st_mfcc *m) {
    m->taken = m->given = 0;
    m->finished = false;
}

static float *row(st_mfcc *m, int64_t frame) {
    return m->past + (size_t)(frame % WIDTH) * m->wide;
}

static void transform(st_mfcc *m, const float *mel_power, float *out) {
    m->ops->db(m->db, mel_power, 1e-10f, m->bands);
    m->ops->mix(out, m->db, m->matrix, m->bands, m->wide);
}

/* Least squares over 9 frames k = -4..4: the line's slope is
 * sum k y / 60; twice the parabola's top coefficient is
 * 2 sum (k^2 - 20/3) y / 308. */
static void fill_slopes(st_mfcc *m, int64_t middle) {
    float *first = m->out + m->count, *second = first + m->count;
    memset(first, 0, 2 * m->count * sizeof(float));
    for (int k = -HALF; k <= HALF; k++) {
        const float *y = row(m, middle + k);
        float a = (float)k / 60.0f;
        float b = ((float)(k * k) - 20.0f / 3.0f) / 154.0f;
        for (size_t c = 0; c < m->count; c++) {
            first[c] += a * y[c];
            second[c] += b * y[c];
        }
    }
}

static void give(st_mfcc *m) {
    memcpy(m->out, row(m, m->given), m->count * sizeof(float));
    m->sink.frame(m->sink.ctx, m->given++, m->out);
}

void st_mfcc_process(st_mfcc *m, const float *mel_power) {
    transform(m, mel_power, row(m, m->taken));
    m->taken++;
    if (m->taken < WIDTH)
        return;
    int64_t middle = m->taken - 1 - HALF;
    fill_slopes(m, middle);
    while (m->given <= middle)
        give(m);
}

/* The slopes of the last whole window still stand in `out`. */
void st_mfcc_finish(st_mfcc *m) {
    if (m->finished)
        return;
    m->finished = true;
    if (m->taken < WIDTH)
        memset(m->out, 0, 3 * m->count * sizeof(float));
    while (m->given < m->taken)
        give(m);
}

void st_mfcc_frame(st_mfcc *m, const float *mel_power, float *out) {
    float wide[MAX_BANDS];
    transform(m, mel_power, wide);
    memcpy(out, wide, m->count * sizeof(float));
}
