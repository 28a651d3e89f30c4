#include "models/mixnet/mixnet.h"

#include "core/alloc.h"
#include "models/models.h"
#include "nn/layers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WIDTH = 48,
    HEADS = 4,
    DEPTH = WIDTH / HEADS,
    LAYERS = 2,
    NETS = 8, /* at most */
    MOST = ST_MIXNET_STEMS
};

#define STEP_DB 6.0f /* of the last layer's unit */
#define EPS 1e-5f

typedef struct {
    float gamma[WIDTH], beta[WIDTH];
} norm;

typedef struct {
    norm before, between;
    st_conv *qkv, *merge, *up, *down;
} layer;

typedef struct {
    st_conv *first, *last;
    layer layer[LAYERS];
    norm end;
} one;

struct st_mixnet {
    int nets;
    one net[NETS];
    float h[MOST * WIDTH], n[MOST * WIDTH], seen[MOST * WIDTH];
    float qkv[MOST * 3 * WIDTH], wide[MOST * 2 * WIDTH], score[MOST];
    float answer[MOST];
};

/* --- making --- */

static st_status take_dense(st_conv **out, const st_weights *w,
                            const char *name, int in, int count, st_err *err) {
    char field[64];
    const float *weight = NULL, *bias = NULL;
    const int64_t shape[2] = {count, in}, one_row[1] = {count};
    const st_conv_shape dense = {
        .in = in, .out = count, .rows = 1, .columns = 1};
    snprintf(field, sizeof field, "%s.weight", name);
    st_status status = st_weights_get(w, field, 2, shape, &weight, err);
    snprintf(field, sizeof field, "%s.bias", name);
    if (status == ST_OK)
        status = st_weights_get(w, field, 1, one_row, &bias, err);
    return status == ST_OK ? st_conv_new(out, weight, bias, &dense) : status;
}

static st_status take_norm(norm *out, const st_weights *w, const char *name,
                           st_err *err) {
    char field[64];
    const float *gamma = NULL, *beta = NULL;
    const int64_t shape[1] = {WIDTH};
    snprintf(field, sizeof field, "%s.weight", name);
    st_status status = st_weights_get(w, field, 1, shape, &gamma, err);
    snprintf(field, sizeof field, "%s.bias", name);
    if (status == ST_OK)
        status = st_weights_get(w, field, 1, shape, &beta, err);
    if (status != ST_OK)
        return status;
    memcpy(out->gamma, gamma, sizeof out->gamma);
    memcpy(out->beta, beta, sizeof out->beta);
    return ST_OK;
}

static st_status take_layer(layer *l, const st_weights *w, int net, int k,
                            st_err *err) {
    const struct {
        const char *name;
        st_conv **conv;
        int in, out;
    } dense[] = {{"qkv", &l->qkv, WIDTH, 3 * WIDTH},
                 {"merge", &l->merge, WIDTH, WIDTH},
                 {"up", &l->up, WIDTH, 2 * WIDTH},
                 {"down", &l->down, 2 * WIDTH, WIDTH}};
    char name[48];
    snprintf(name, sizeof name, "%d.layers.%d.norm1", net, k);
    st_status status = take_norm(&l->before, w, name, err);
    snprintf(name, sizeof name, "%d.layers.%d.norm2", net, k);
    if (status == ST_OK)
        status = take_norm(&l->between, w, name, err);
    for (size_t i = 0; status == ST_OK && i < sizeof dense / sizeof *dense;
         i++) {
        snprintf(name, sizeof name, "%d.layers.%d.%s", net, k, dense[i].name);
        status =
            take_dense(dense[i].conv, w, name, dense[i].in, dense[i].out, err);
    }
    return status;
}

static st_status take_one(one *o, const st_weights *w, int net, st_err *err) {
    char name[48];
    snprintf(name, sizeof name, "%d.first", net);
    st_status status =
        take_dense(&o->first, w, name, ST_MIXNET_INPUTS, WIDTH, err);
    for (int k = 0; status == ST_OK && k < LAYERS; k++)
        status = take_layer(&o->layer[k], w, net, k, err);
    snprintf(name, sizeof name, "%d.norm", net);
    if (status == ST_OK)
        status = take_norm(&o->end, w, name, err);
    snprintf(name, sizeof name, "%d.last", net);
    return status == ST_OK ? take_dense(&o->last, w, name, WIDTH, 1, err)
                           : status;
}

static st_status take_all(st_mixnet *n, const st_weights *w, st_err *err) {
    const char *count = st_weights_note(w, "nets");
    long nets = count != NULL ? strtol(count, NULL, 10) : 0;
    if (nets < 1 || nets > NETS)
        return st_err_set(err, ST_BAD_DATA,
                          "The mix network says nothing of how many it is.");
    n->nets = (int)nets;
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < n->nets; i++)
        status = take_one(&n->net[i], w, i, err);
    return status;
}

st_status st_mixnet_new(st_mixnet **out, const st_weights *weights,
                        st_err *err) {
    st_weights *own = NULL;
    st_mixnet *n = st_calloc(1, sizeof *n);
    st_status status = n ? ST_OK : ST_NO_MEM;
    if (status == ST_OK && weights == NULL)
        status = st_model_open(&own, "mix", err);
    if (status == ST_OK)
        status = take_all(n, weights ? weights : own, err);
    st_weights_free(own);
    if (status == ST_OK) {
        *out = n;
        return ST_OK;
    }
    st_mixnet_free(n);
    return status == ST_NO_MEM ? st_err_set(err, status, "Out of memory.")
                               : status;
}

void st_mixnet_free(st_mixnet *n) {
    if (n == NULL)
        return;
    for (int i = 0; i < NETS; i++) {
        one *o = &n->net[i];
        st_conv_free(o->first);
        st_conv_free(o->last);
        for (int k = 0; k < LAYERS; k++) {
            st_conv_free(o->layer[k].qkv);
            st_conv_free(o->layer[k].merge);
            st_conv_free(o->layer[k].up);
            st_conv_free(o->layer[k].down);
        }
    }
    st_free(n);
}

/* --- running --- */

static void normalised(st_mixnet *n, const norm *by, int stems) {
    memcpy(n->n, n->h, (size_t)stems * WIDTH * sizeof(float));
    st_layernorm_run(n->n, stems, WIDTH, by->gamma, by->beta, EPS);
}

static void add(float *h, const float *more, int count) {
    for (int i = 0; i < count; i++)
        h[i] += more[i];
}

/* What one head of stem i gathers from all stems. */
static void attend(st_mixnet *n, int stems, int i, int head) {
    const float *q = n->qkv + (size_t)i * 3 * WIDTH + (size_t)head * DEPTH;
    float *to = n->seen + (size_t)i * WIDTH + (size_t)head * DEPTH;
    const float scale = 1.0f / sqrtf((float)DEPTH);
    for (int j = 0; j < stems; j++) {
        const float *k =
            n->qkv + ((size_t)j * 3 + 1) * WIDTH + (size_t)head * DEPTH;
        float sum = 0.0f;
        for (int d = 0; d < DEPTH; d++)
            sum += q[d] * k[d];
        n->score[j] = sum * scale;
    }
    st_softmax_run(n->score, 1, stems);
    for (int d = 0; d < DEPTH; d++)
        to[d] = 0.0f;
    for (int j = 0; j < stems; j++) {
        const float *v =
            n->qkv + ((size_t)j * 3 + 2) * WIDTH + (size_t)head * DEPTH;
        for (int d = 0; d < DEPTH; d++)
            to[d] += n->score[j] * v[d];
    }
}

static void run_layer(st_mixnet *n, const layer *l, int stems) {
    normalised(n, &l->before, stems);
    st_conv_dense(l->qkv, n->n, n->qkv, stems);
    for (int i = 0; i < stems; i++)
        for (int head = 0; head < HEADS; head++)
            attend(n, stems, i, head);
    st_conv_dense(l->merge, n->seen, n->n, stems);
    add(n->h, n->n, stems * WIDTH);
    normalised(n, &l->between, stems);
    st_conv_dense(l->up, n->n, n->wide, stems);
    st_act_run(n->wide, (int64_t)stems * 2 * WIDTH, ST_ACT_GELU);
    st_conv_dense(l->down, n->wide, n->n, stems);
    add(n->h, n->n, stems * WIDTH);
}

void st_mixnet_run(st_mixnet *n, const float *x, int stems, float *level_db) {
    for (int i = 0; i < stems; i++)
        level_db[i] = 0.0f;
    for (int k = 0; k < n->nets; k++) {
        const one *o = &n->net[k];
        st_conv_dense(o->first, x, n->h, stems);
        st_act_run(n->h, (int64_t)stems * WIDTH, ST_ACT_GELU);
        for (int l = 0; l < LAYERS; l++)
            run_layer(n, &o->layer[l], stems);
        normalised(n, &o->end, stems);
        st_conv_dense(o->last, n->n, n->answer, stems);
        for (int i = 0; i < stems; i++)
            level_db[i] += STEP_DB / (float)n->nets * n->answer[i];
    }
}
