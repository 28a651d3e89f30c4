#include "models/harmonynet/harmonynet.h"

#include "core/alloc.h"
#include "core/math.h"
#include "models/models.h"
#include "nn/layers.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    NOTES = ST_HARMONYNET_NOTES,
    CLASSES = 12,
    AROUND = 2 * CLASSES - 1, /* a circle, for kernels of 12 */
    LOOK = 8,                 /* channels */
    WIDE = 32,
    KEYED = 24,
    QUALITIES = ST_HARMONYNET_QUALITIES,
    SPAN = 96,  /* semitones that a pitch class sees */
    ABOVE = 11, /* zeros above the notes; SPAN - NOTES below */
    BELOW = SPAN - NOTES,
    HIGH = BELOW + NOTES + ABOVE,
    BLOCKS = 4,
    TAPS = 5,
    REACH = 31, /* cells to each side that an answer depends on */
    PAD = 16,   /* rows of zeros before and behind */
    CHUNK = 512,
    ROWS = CHUNK + 2 * REACH,
    MADE = ST_HARMONYNET_FEATURES,
    BOUND = 40 /* of what attention is the logarithm of */
};

struct st_harmonynet {
    st_conv *look, *fold, *mix[BLOCKS], *time[BLOCKS];
    st_conv *chord, *flat, *keyed, *key_mix, *key, *no_key;
    float *notes; /* [1 + ROWS + 1][1 + HIGH + 1] */
    float *wide;  /* [ROWS][HIGH][LOOK] */
    float *h;     /* [ROWS][AROUND][WIDE] */
    float *mixed; /* [PAD + ROWS + PAD][CLASSES][WIDE] */
    float *timed; /* [ROWS][CLASSES][WIDE] */
};

/* --- making --- */

/* Takes `name`.weight [out, in, rows, columns] (a dense layer: [out, in]) and
 * `name`.bias. */
static st_status take(st_conv **out, const st_weights *w, const char *name,
                      const st_conv_shape *s, st_err *err) {
    char text[48];
    const float *weight = NULL, *bias = NULL;
    const int64_t shape[4] = {s->out, s->in, s->rows, s->columns};
    snprintf(text, sizeof text, "%s.weight", name);
    int rank = s->rows == 1 && s->columns == 1 ? 2 : 4;
    st_status status = st_weights_get(w, text, rank, shape, &weight, err);
    snprintf(text, sizeof text, "%s.bias", name);
    if (status == ST_OK)
        status = st_weights_get(w, text, 1, shape, &bias, err);
    return status == ST_OK ? st_conv_new(out, weight, bias, s) : status;
}

static st_status take_block(st_harmonynet *n, const st_weights *w, int k,
                            st_err *err) {
    char name[32];
    const st_conv_shape mix = {
        .in = WIDE, .out = WIDE, .rows = 1, .columns = CLASSES, .relu = true};
    const st_conv_shape time = {.in = WIDE,
                                .out = WIDE,
                                .rows = TAPS,
                                .columns = 1,
                                .row_step = 1 << k,
                                .relu = true};
    snprintf(name, sizeof name, "block.%d.mix", k);
    st_status status = take(&n->mix[k], w, name, &mix, err);
    snprintf(name, sizeof name, "block.%d.time", k);
    return status == ST_OK ? take(&n->time[k], w, name, &time, err) : status;
}

static st_status take_weights(st_harmonynet *n, const st_weights *w,
                              st_err *err) {
    const struct {
        st_conv **conv;
        const char *name;
        st_conv_shape shape;
    } layers[] = {
        {&n->look, "look", {1, LOOK, 3, 3, 0, 0, 0, true}},
        {&n->fold, "fold", {LOOK, WIDE, 1, SPAN, 0, 0, 0, true}},
        {&n->chord, "chord", {WIDE, QUALITIES, 1, 1, 0, 0, 0, false}},
        {&n->flat, "flat", {WIDE, 2, 1, 1, 0, 0, 0, false}},
        {&n->keyed, "keyed", {WIDE, KEYED, 1, 1, 0, 0, 0, true}},
        {&n->key_mix, "key_mix", {2 * KEYED, WIDE, 1, CLASSES, 0, 0, 0, true}},
        {&n->key, "key", {WIDE, 2, 1, 1, 0, 0, 0, false}},
        {&n->no_key, "no_key", {WIDE, 1, 1, 1, 0, 0, 0, false}},
    };
    st_status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < sizeof layers / sizeof *layers;
         i++)
        status = take(layers[i].conv, w, layers[i].name, &layers[i].shape, err);
    for (int k = 0; status == ST_OK && k < BLOCKS; k++)
        status = take_block(n, w, k, err);
    return status;
}

/* Scratch is written row by row before it is read; the padding of `mixed` stays
 * zero. */
static st_status make_room(st_harmonynet *n) {
    n->notes = st_alloc_scratch((size_t)(ROWS + 2) * (HIGH + 2), sizeof(float));
    n->wide = st_alloc_scratch((size_t)ROWS * HIGH * LOOK, sizeof(float));
    n->h = st_alloc_scratch((size_t)ROWS * AROUND * WIDE, sizeof(float));
    n->mixed =
        st_calloc((size_t)(ROWS + 2 * PAD) * CLASSES * WIDE, sizeof(float));
    n->timed = st_alloc_scratch((size_t)ROWS * CLASSES * WIDE, sizeof(float));
    bool whole = n->notes && n->wide && n->h && n->mixed && n->timed;
    return whole ? ST_OK : ST_NO_MEM;
}

st_status st_harmonynet_new(st_harmonynet **out, const st_weights *weights,
                            st_err *err) {
    st_weights *own = NULL;
    st_status status = ST_OK;
    st_harmonynet *n = st_calloc(1, sizeof *n);
    if (n == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    if (weights == NULL)
        status = st_model_open(&own, "harmony", err);
    if (status == ST_OK)
        status = take_weights(n, weights != NULL ? weights : own, err);
    if (status == ST_OK)
        status = make_room(n);
    st_weights_free(own);
    if (status == ST_OK) {
        *out = n;
        return ST_OK;
    }
    st_harmonynet_free(n);
    return status == ST_NO_MEM ? st_err_set(err, status, "Out of memory.")
                               : status;
}

void st_harmonynet_free(st_harmonynet *n) {
    if (n == NULL)
        return;
    st_conv_free(n->look);
    st_conv_free(n->fold);
    st_conv_free(n->chord);
    st_conv_free(n->flat);
    st_conv_free(n->keyed);
    st_conv_free(n->key_mix);
    st_conv_free(n->key);
    st_conv_free(n->no_key);
    for (int k = 0; k < BLOCKS; k++) {
        st_conv_free(n->mix[k]);
        st_conv_free(n->time[k]);
    }
    st_free(n->notes);
    st_free(n->wide);
    st_free(n->h);
    st_free(n->mixed);
    st_free(n->timed);
    st_free(n);
}

/* --- the layers, over `rows` cells of a chunk --- */

/* [12] to [23] in place: the first eleven come again. */
static void close_circle(float *x, int64_t rows, size_t channels) {
    for (int64_t r = 0; r < rows; r++, x += AROUND * channels)
        memcpy(x + CLASSES * channels, x,
               (AROUND - CLASSES) * channels * sizeof *x);
}

static void look(st_harmonynet *n, const float *rows, int64_t from,
                 int64_t count, int64_t cells) {
    memset(n->notes, 0, (size_t)(count + 2) * (HIGH + 2) * sizeof(float));
    for (int64_t r = -1; r <= count; r++)
        if (from + r >= 0 && from + r < cells)
            memcpy(n->notes + (r + 1) * (HIGH + 2) + 1 + BELOW,
                   rows + (from + r) * NOTES, NOTES * sizeof(float));
    st_conv_run2(n->look, n->notes, HIGH + 2, n->wide, HIGH * LOOK, count,
                 HIGH);
    st_conv_run2(n->fold, n->wide, HIGH * LOOK, n->h, AROUND * WIDE, count,
                 CLASSES);
}

static void block(st_harmonynet *n, int k, int64_t count) {
    enum { ROW = CLASSES * WIDE };
    int64_t lead = (TAPS / 2) << k;
    float *mixed = n->mixed + PAD * ROW;
    close_circle(n->h, count, WIDE);
    st_conv_run2(n->mix[k], n->h, AROUND * WIDE, mixed, ROW, count, CLASSES);
    memset(mixed + count * ROW, 0, PAD * ROW * sizeof(float));
    st_conv_run2(n->time[k], mixed - lead * ROW, ROW, n->timed, ROW, count,
                 CLASSES);
    for (int64_t r = 0; r < count; r++)
        for (int i = 0; i < ROW; i++)
            n->h[r * AROUND * WIDE + i] += n->timed[r * ROW + i];
}

static void mean_of_classes(const float *x, float *out) {
    memset(out, 0, WIDE * sizeof *out);
    for (int k = 0; k < CLASSES; k++)
        for (int i = 0; i < WIDE; i++)
            out[i] += x[k * WIDE + i];
    for (int i = 0; i < WIDE; i++)
        out[i] *= 1.0f / CLASSES;
}

static void heads(const st_harmonynet *n, int64_t row, int64_t cell,
                  const st_harmonynet_out *out) {
    float mean[WIDE], flat[2];
    const float *h = n->h + row * AROUND * WIDE;
    float *chords = out->chords + cell * ST_HARMONYNET_CHORDS;
    mean_of_classes(h, mean);
    st_conv_dense(n->flat, mean, flat, 1);
    st_conv_dense(n->chord, h, chords, CLASSES);
    chords[ST_HARMONYNET_CHORDS - 1] = flat[0];
    out->attention[cell] = flat[1];
    st_conv_dense(n->keyed, h, out->features + cell * MADE, CLASSES);
}

/* REACH neighbours around a chunk, so that its border does not show. */
void st_harmonynet_run(st_harmonynet *n, const float *rows, int64_t cells,
                       int64_t from, int64_t to, const st_harmonynet_out *out) {
    for (int64_t at = from; at < to; at += CHUNK) {
        int64_t end = at + CHUNK < to ? at + CHUNK : to;
        int64_t low = at > REACH ? at - REACH : 0;
        int64_t high = end + REACH < cells ? end + REACH : cells;
        look(n, rows, low, high - low, cells);
        for (int k = 0; k < BLOCKS; k++)
            block(n, k, high - low);
        for (int64_t c = at; c < end; c++)
            heads(n, c - low, c - from, out);
    }
}

/* --- keys --- */

void st_harmonynet_pool_add(st_harmonynet_pool *pool, const float *features,
                            const float *attention, int64_t cells) {
    for (int64_t c = 0; c < cells; c++, features += MADE) {
        double a = (double)attention[c];
        double weight = st_exp(a < -BOUND ? -BOUND : a > BOUND ? BOUND : a);
        pool->weight += weight;
        for (int i = 0; i < MADE; i++) {
            pool->plain[i] += features[i];
            pool->attended[i] += (float)weight * features[i];
        }
    }
    pool->cells += cells;
}

void st_harmonynet_pool_join(st_harmonynet_pool *pool,
                             const st_harmonynet_pool *other) {
    pool->cells += other->cells;
    pool->weight += other->weight;
    for (int i = 0; i < MADE; i++) {
        pool->plain[i] += other->plain[i];
        pool->attended[i] += other->attended[i];
    }
}

void st_harmonynet_key(const st_harmonynet *n, const st_harmonynet_pool *pool,
                       float keys[ST_HARMONYNET_KEYS]) {
    float means[AROUND * 2 * KEYED], h[CLASSES * WIDE], mean[WIDE];
    const float plain = 1.0f / (float)pool->cells;
    const float attended = (float)(1.0 / pool->weight);
    for (int i = 0; i < MADE; i++) {
        float *to = means + i / KEYED * 2 * KEYED + i % KEYED;
        to[0] = pool->plain[i] * plain;
        to[KEYED] = pool->attended[i] * attended;
    }
    close_circle(means, 1, 2 * KEYED);
    st_conv_run1(n->key_mix, means, h, CLASSES);
    st_conv_dense(n->key, h, keys, CLASSES);
    mean_of_classes(h, mean);
    st_conv_dense(n->no_key, mean, keys + ST_HARMONYNET_KEYS - 1, 1);
}
