#include "models/rolenet/rolenet.h"

#include "core/alloc.h"
#include "models/models.h"
#include "nn/layers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    FLAT = 3, /* layers in two dimensions, each with a pool of 2 x 2 */
    BLOCKS = ST_ROLENET_FRAMES / 8,
    HEARD = 96, /* channels of the layer along time */
    POOLED = 3 * HEARD,
    EMBEDDING = ST_ROLENET_EMBEDDING
};

/* Sizes before the layer; its zeros stand around each row and column. */
typedef struct {
    int rows, columns, in, out;
    int wide;   /* of the kernel along columns */
    int stride; /* along columns */
} layer;

static const layer flat[FLAT] = {
    {ST_ROLENET_FRAMES, ST_ROLENET_BANDS, 1, 16, 5, 2},
    {ST_ROLENET_FRAMES / 2, 32, 16, 24, 3, 1},
    {ST_ROLENET_FRAMES / 4, 16, 24, 40, 3, 1},
};
enum { JOINED = 8 * 40 }; /* bands x channels that are left */

struct st_rolenet {
    st_conv *conv[FLAT];
    st_conv *time, *embed, *answer;
    float temperature;
    float *rows[FLAT]; /* input of a layer with its zeros */
    float *pair;       /* two output rows, before the pool */
    float *joined;     /* [1 + BLOCKS + 1, JOINED] */
    float *heard;      /* [BLOCKS, HEARD] */
};

/* --- making --- */

static int row_floats(const layer *l) {
    return (l->columns + l->wide - 1) * l->in;
}

static st_status take(st_conv **out, const st_weights *w, const char *name,
                      const st_conv_shape *s, int rank, st_err *err) {
    char field[32];
    const float *weight = NULL, *bias = NULL;
    int64_t shape[4] = {s->out, s->in, s->rows, s->columns};
    int64_t count[1] = {s->out};
    if (rank == 3)
        shape[2] = s->columns;
    snprintf(field, sizeof field, "%s.weight", name);
    st_status status = st_weights_get(w, field, rank, shape, &weight, err);
    snprintf(field, sizeof field, "%s.bias", name);
    if (status == ST_OK)
        status = st_weights_get(w, field, 1, count, &bias, err);
    return status == ST_OK ? st_conv_new(out, weight, bias, s) : status;
}

static st_status take_flat(st_rolenet *n, const st_weights *w, st_err *err) {
    st_status status = ST_OK;
    for (int k = 0; k < FLAT && status == ST_OK; k++) {
        char name[16];
        snprintf(name, sizeof name, "conv.%d", k);
        st_conv_shape s = {.in = flat[k].in,
                           .out = flat[k].out,
                           .rows = 3,
                           .columns = flat[k].wide,
                           .stride = flat[k].stride,
                           .relu = true};
        status = take(&n->conv[k], w, name, &s, 4, err);
    }
    return status;
}

static st_status take_weights(st_rolenet *n, const st_weights *w, st_err *err) {
    st_conv_shape time = {
        .in = JOINED, .out = HEARD, .rows = 1, .columns = 3, .relu = true};
    st_conv_shape embed = {
        .in = POOLED, .out = EMBEDDING, .rows = 1, .columns = 1};
    st_conv_shape answer = {
        .in = EMBEDDING, .out = ST_ROLE_COUNT, .rows = 1, .columns = 1};
    const float *temperature = NULL;
    int64_t one[1] = {1};
    st_status status = take_flat(n, w, err);
    if (status == ST_OK)
        status = take(&n->time, w, "time", &time, 3, err);
    if (status == ST_OK)
        status = take(&n->embed, w, "embed", &embed, 2, err);
    if (status == ST_OK)
        status = take(&n->answer, w, "answer", &answer, 2, err);
    if (status == ST_OK)
        status = st_weights_get(w, "temperature", 1, one, &temperature, err);
    if (status != ST_OK)
        return status;
    if (!(temperature[0] > 0.01f))
        return st_err_set(err, ST_BAD_DATA,
                          "The role network's temperature is not positive.");
    n->temperature = temperature[0];
    return ST_OK;
}

static st_status make_room(st_rolenet *n) {
    bool whole = true;
    for (int k = 0; k < FLAT; k++) {
        size_t size = (size_t)(flat[k].rows + 2) * (size_t)row_floats(&flat[k]);
        n->rows[k] = st_calloc(size, sizeof(float));
        whole = whole && n->rows[k];
    }
    n->pair = st_calloc((size_t)2 * 64 * 16, sizeof(float));
    n->joined = st_calloc((size_t)(BLOCKS + 2) * JOINED, sizeof(float));
    n->heard = st_calloc((size_t)BLOCKS * HEARD, sizeof(float));
    return whole && n->pair && n->joined && n->heard ? ST_OK : ST_NO_MEM;
}

st_status st_rolenet_new(st_rolenet **out, const st_weights *weights,
                         st_err *err) {
    st_weights *own = NULL;
    st_rolenet *n = st_calloc(1, sizeof *n);
    st_status status = n ? ST_OK : ST_NO_MEM;
    if (status == ST_OK && weights == NULL)
        status = st_model_open(&own, "role", err);
    if (status == ST_OK)
        status = take_weights(n, weights ? weights : own, err);
    if (status == ST_OK)
        status = make_room(n);
    st_weights_free(own);
    if (status == ST_OK) {
        *out = n;
        return ST_OK;
    }
    st_rolenet_free(n);
    return status == ST_NO_MEM ? st_err_set(err, status, "Out of memory.")
                               : status;
}

void st_rolenet_free(st_rolenet *n) {
    if (n == NULL)
        return;
    for (int k = 0; k < FLAT; k++) {
        st_conv_free(n->conv[k]);
        st_free(n->rows[k]);
    }
    st_conv_free(n->time);
    st_conv_free(n->embed);
    st_conv_free(n->answer);
    st_free(n->pair);
    st_free(n->joined);
    st_free(n->heard);
    st_free(n);
}

/* --- running --- */

/* Where row r of layer k's input begins, behind its zeros. */
static float *inside(st_rolenet *n, int k, int r) {
    const layer *l = &flat[k];
    return n->rows[k] + (size_t)(r + 1) * (size_t)row_floats(l) +
           (size_t)(l->wide / 2) * (size_t)l->in;
}

/* Two rows of a layer become one row of the next. */
static void run_flat(st_rolenet *n, int k) {
    const layer *l = &flat[k];
    int row = row_floats(l), columns = l->columns / l->stride;
    for (int r = 0; r < l->rows; r += 2) {
        float *to = k + 1 < FLAT ? inside(n, k + 1, r / 2)
                                 : n->joined + (size_t)(r / 2 + 1) * JOINED;
        st_conv_run2(n->conv[k], n->rows[k] + (size_t)r * (size_t)row, row,
                     n->pair, (int64_t)columns * l->out, 2, columns);
        st_pool_run(n->pair, to, 2, columns, l->out, 2, 2, ST_POOL_MAX);
    }
}

/* Mean, maximum and spread of each channel over time. */
static void gather(const float *heard, float *pooled) {
    for (int c = 0; c < HEARD; c++) {
        float sum = 0.0f, top = heard[c], square = 0.0f;
        for (int t = 0; t < BLOCKS; t++) {
            float x = heard[t * HEARD + c];
            sum += x;
            top = x > top ? x : top;
        }
        float mean = sum / BLOCKS;
        for (int t = 0; t < BLOCKS; t++) {
            float x = heard[t * HEARD + c] - mean;
            square += x * x;
        }
        pooled[c] = mean;
        pooled[HEARD + c] = top;
        pooled[2 * HEARD + c] = sqrtf(square / BLOCKS + 1e-6f);
    }
}

static void normalise(float *x) {
    float sum = 0.0f;
    for (int i = 0; i < EMBEDDING; i++)
        sum += x[i] * x[i];
    float length = sqrtf(sum);
    for (int i = 0; i < EMBEDDING; i++)
        x[i] /= length > 1e-12f ? length : 1e-12f;
}

void st_rolenet_run(st_rolenet *n, const float *picture, float *logits,
                    float *embedding) {
    float pooled[POOLED];
    for (int r = 0; r < ST_ROLENET_FRAMES; r++)
        memcpy(inside(n, 0, r), picture + (size_t)r * ST_ROLENET_BANDS,
               ST_ROLENET_BANDS * sizeof *picture);
    for (int k = 0; k < FLAT; k++)
        run_flat(n, k);
    st_conv_run1(n->time, n->joined, n->heard, BLOCKS);
    gather(n->heard, pooled);
    st_conv_dense(n->embed, pooled, embedding, 1);
    normalise(embedding);
    st_conv_dense(n->answer, embedding, logits, 1);
}

void st_rolenet_chances(const st_rolenet *n, float *logits) {
    for (int i = 0; i < ST_ROLE_COUNT; i++)
        logits[i] /= n->temperature;
    st_softmax_run(logits, 1, ST_ROLE_COUNT);
}
