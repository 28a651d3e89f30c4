#include "models/beat/beat.h"

#include "core/alloc.h"
#include "core/math.h"
#include "models/models.h"
#include "nn/layers.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    IN = ST_BEAT_INPUTS,
    FRONT = 40,
    WIDE = 64,
    BACK = 24, /* channels on the way back to 50 frames a second */
    BLOCKS = 9,
    KERNEL = 5,
    EDGE = 2 << (BLOCKS - 1), /* rows of zeros that the last block needs */
    TEMPI = ST_BEAT_TEMPI + 1,
    METRES = ST_BEAT_METRES,
    SLOW = TEMPI + METRES,
    CHUNK = 256,                  /* rows that go through a layer together */
    SEGMENT = 300 * 50,           /* frames that are kept of a run */
    HALO = 42 * 50,               /* frames around them that are not */
    MOST = SEGMENT + 2 * HALO + 2 /* frames of a run */
};

static const double low_bpm = 50.0, high_bpm = 215.0;

typedef struct {
    st_conv *conv, *mix;
} block;

struct st_beat_net {
    st_conv *front, *down, *up, *skip, *beats, *slow;
    block blocks[BLOCKS];
    float scale[WIDE], shift[WIDE];
};

/* Rows of one run. */
typedef struct {
    float *x;     /* [CHUNK + 2][IN] */
    float *near;  /* [MOST + 2][FRONT], a row of zeros at both ends */
    float *y[2];  /* [EDGE + MOST / 2 + EDGE][WIDE] */
    float *chunk; /* [2][CHUNK][WIDE] */
    float *back;  /* [MOST + 2][BACK], a row of zeros at both ends */
    float *slow;  /* [CHUNK][SLOW] */
} room;

double st_beat_class_bpm(double i) {
    return low_bpm * st_pow(high_bpm / low_bpm, i / (ST_BEAT_TEMPI - 1));
}

double st_beat_bpm_class(double bpm) {
    return st_log(bpm / low_bpm) / st_log(high_bpm / low_bpm) *
           (ST_BEAT_TEMPI - 1);
}

int64_t st_beat_seconds(int64_t frames) {
    return (frames + ST_BEAT_SECOND - 1) / ST_BEAT_SECOND;
}

/* --- making --- */

static st_status take(st_conv **out, const st_weights *w, const char *name,
                      const st_conv_shape *s, st_err *err) {
    char full[48];
    const float *weight = NULL, *bias = NULL;
    int64_t shape[3] = {s->out, s->in, s->columns};
    snprintf(full, sizeof full, "%s.weight", name);
    st_status status = st_weights_get(w, full, 3, shape, &weight, err);
    snprintf(full, sizeof full, "%s.bias", name);
    if (status == ST_OK)
        status = st_weights_get(w, full, 1, shape, &bias, err);
    if (status == ST_OK)
        status = st_conv_new(out, weight, bias, s);
    return status;
}

static st_status take_block(block *b, const st_weights *w, int i, st_err *err) {
    char name[32];
    st_conv_shape conv = {.in = WIDE,
                          .out = WIDE,
                          .rows = 1,
                          .columns = KERNEL,
                          .column_step = 1 << i,
                          .relu = true};
    st_conv_shape mix = {.in = WIDE, .out = WIDE, .rows = 1, .columns = 1};
    snprintf(name, sizeof name, "block.%d.conv", i);
    st_status status = take(&b->conv, w, name, &conv, err);
    snprintf(name, sizeof name, "block.%d.mix", i);
    if (status == ST_OK)
        status = take(&b->mix, w, name, &mix, err);
    return status;
}

static st_status take_affine(st_beat_net *n, const st_weights *w, st_err *err) {
    const int64_t shape[1] = {WIDE};
    const float *scale = NULL, *shift = NULL;
    st_status status = st_weights_get(w, "out.scale", 1, shape, &scale, err);
    if (status == ST_OK)
        status = st_weights_get(w, "out.shift", 1, shape, &shift, err);
    if (status != ST_OK)
        return status;
    memcpy(n->scale, scale, sizeof n->scale);
    memcpy(n->shift, shift, sizeof n->shift);
    return ST_OK;
}

static st_status take_all(st_beat_net *n, const st_weights *w, st_err *err) {
    const struct {
        st_conv **out;
        const char *name;
        st_conv_shape shape;
    } rows[] = {
        {&n->front,
         "front",
         {.in = IN, .out = FRONT, .rows = 1, .columns = 3, .relu = true}},
        {&n->down,
         "down",
         {.in = FRONT,
          .out = WIDE,
          .rows = 1,
          .columns = 4,
          .stride = 2,
          .relu = true}},
        {&n->up, "up", {.in = WIDE, .out = 2 * BACK, .rows = 1, .columns = 1}},
        {&n->skip, "skip", {.in = FRONT, .out = BACK, .rows = 1, .columns = 3}},
        {&n->beats, "beats", {.in = BACK, .out = 2, .rows = 1, .columns = 3}},
        {&n->slow, "slow", {.in = WIDE, .out = SLOW, .rows = 1, .columns = 1}},
    };
    st_status status = take_affine(n, w, err);
    for (size_t i = 0; i < sizeof rows / sizeof *rows && status == ST_OK; i++)
        status = take(rows[i].out, w, rows[i].name, &rows[i].shape, err);
    for (int i = 0; i < BLOCKS && status == ST_OK; i++)
        status = take_block(&n->blocks[i], w, i, err);
    return status;
}

st_status st_beat_net_new(st_beat_net **out, const st_weights *weights,
                          st_err *err) {
    st_weights *own = NULL;
    st_beat_net *n = st_calloc(1, sizeof *n);
    st_status status = n ? ST_OK : ST_NO_MEM;
    if (status == ST_OK && weights == NULL)
        status = st_model_open(&own, "beat", err);
    if (status == ST_OK)
        status = take_all(n, weights ? weights : own, err);
    st_weights_free(own);
    if (status != ST_OK) {
        st_beat_net_free(n);
        return status == ST_NO_MEM ? st_err_set(err, status, "Out of memory.")
                                   : status;
    }
    *out = n;
    return ST_OK;
}

void st_beat_net_free(st_beat_net *n) {
    if (n == NULL)
        return;
    for (int i = 0; i < BLOCKS; i++) {
        st_conv_free(n->blocks[i].conv);
        st_conv_free(n->blocks[i].mix);
    }
    st_conv_free(n->front);
    st_conv_free(n->down);
    st_conv_free(n->up);
    st_conv_free(n->skip);
    st_conv_free(n->beats);
    st_conv_free(n->slow);
    st_free(n);
}

/* --- one run --- */

static void room_free(room *r) {
    st_free(r->x);
    st_free(r->near);
    st_free(r->y[0]);
    st_free(r->y[1]);
    st_free(r->chunk);
    st_free(r->back);
    st_free(r->slow);
}

static st_status room_make(room *r, int64_t frames) {
    size_t n = (size_t)(frames < MOST ? frames : MOST) + 4;
    *r = (room){
        .x = st_calloc((CHUNK + 2) * (size_t)IN, sizeof(float)),
        .near = st_calloc(n * FRONT, sizeof(float)),
        .y = {st_calloc((n / 2 + 2 * EDGE) * WIDE, sizeof(float)),
              st_calloc((n / 2 + 2 * EDGE) * WIDE, sizeof(float))},
        .chunk = st_calloc(2 * (size_t)CHUNK * WIDE, sizeof(float)),
        .back = st_calloc(n * BACK, sizeof(float)),
        .slow = st_calloc((size_t)CHUNK * SLOW, sizeof(float)),
    };
    if (r->x && r->near && r->y[0] && r->y[1] && r->chunk && r->back && r->slow)
        return ST_OK;
    room_free(r);
    return ST_NO_MEM;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static void run_front(const st_beat_net *net, const st_beat_input *in,
                      int64_t first, int64_t n, room *r) {
    for (int64_t at = 0; at < n; at += CHUNK) {
        int64_t count = least(CHUNK, n - at);
        in->fill(in->ctx, first + at - 1, count + 2, r->x);
        st_conv_run1(net->front, r->x, r->near + (at + 1) * FRONT, count);
    }
    memset(r->near + (n + 1) * FRONT, 0, FRONT * sizeof(float));
}

/* Two buffers take turns, for a row is needed long after its sum is known. */
static const float *run_blocks(const st_beat_net *net, int64_t rows, room *r) {
    const st_nn_ops *ops = st_nn_ops_get();
    for (int k = 0; k < 2; k++) {
        float *end = r->y[k] + (EDGE + rows) * WIDE;
        memset(end, 0, (size_t)EDGE * WIDE * sizeof(float));
    }
    float *from = r->y[0] + (size_t)EDGE * WIDE;
    float *to = r->y[1] + (size_t)EDGE * WIDE;
    st_conv_run1(net->down, r->near, from, rows);
    for (int i = 0; i < BLOCKS; i++) {
        const block *b = &net->blocks[i];
        const int64_t reach = ((KERNEL - 1) / 2) << i;
        for (int64_t at = 0; at < rows; at += CHUNK) {
            int64_t n = least(CHUNK, rows - at);
            float *h = r->chunk, *mixed = h + (size_t)CHUNK * WIDE;
            st_conv_run1(b->conv, from + (at - reach) * WIDE, h, n);
            st_conv_dense(b->mix, h, mixed, n);
            memcpy(to + at * WIDE, from + at * WIDE,
                   (size_t)(n * WIDE) * sizeof(float));
            ops->add(to + at * WIDE, mixed, (size_t)(n * WIDE));
        }
        float *other = from;
        from = to;
        to = other;
    }
    return from;
}

/* Means over the second that a row lies in. */
static void add_slow(const st_beat_output *out, float *rows, int64_t first,
                     int64_t n, int64_t from, int64_t to) {
    for (int64_t i = 0; i < n; i++) {
        int64_t frame = first + 2 * i;
        if (frame < from || frame >= to)
            continue;
        int64_t second = frame / ST_BEAT_SECOND;
        int64_t left = to - second * ST_BEAT_SECOND;
        int64_t in_it = (least(left, ST_BEAT_SECOND) + 1) / 2;
        float *row = rows + i * SLOW, *metre = row + TEMPI;
        const float share = 1.0f / (float)in_it;
        st_softmax_run(row, 1, TEMPI);
        st_softmax_run(metre, 1, METRES);
        for (int k = 0; k < TEMPI; k++)
            out->tempo[second * TEMPI + k] += share * row[k];
        for (int k = 0; k < METRES; k++)
            out->metre[second * METRES + k] += share * metre[k];
    }
}

/* `kept` frames [from, to) of a run that starts at frame `first`. */
static void run_heads(const st_beat_net *net, const float *y, int64_t first,
                      int64_t rows, int64_t from, int64_t to,
                      const st_beat_output *out, room *r) {
    float *up = r->back + BACK;
    for (int64_t at = 0; at < rows; at += CHUNK) {
        int64_t n = least(CHUNK, rows - at);
        float *h = r->chunk;
        memcpy(h, y + at * WIDE, (size_t)(n * WIDE) * sizeof(float));
        st_scale_shift_run(h, n, WIDE, net->scale, net->shift);
        st_act_run(h, n * WIDE, ST_ACT_RELU);
        st_conv_dense(net->up, h, up + 2 * at * BACK, n);
        st_conv_dense(net->slow, h, r->slow, n);
        add_slow(out, r->slow, first + 2 * at, n, from, to);
        float *skip = h;
        for (int64_t f = 2 * at; f < 2 * (at + n); f += CHUNK) {
            int64_t m = least(CHUNK, 2 * (at + n) - f);
            st_conv_run1(net->skip, r->near + f * FRONT, skip, m);
            st_nn_ops_get()->add(up + f * BACK, skip, (size_t)(m * BACK));
        }
    }
    st_act_run(up, 2 * rows * BACK, ST_ACT_RELU);
    memset(up + 2 * rows * BACK, 0, BACK * sizeof(float));
}

static void run_beats(const st_beat_net *net, int64_t first, int64_t from,
                      int64_t to, const st_beat_output *out, room *r) {
    float pair[2 * CHUNK];
    for (int64_t at = from; at < to; at += CHUNK) {
        int64_t n = least(CHUNK, to - at);
        st_conv_run1(net->beats, r->back + (at - first) * BACK, pair, n);
        st_act_run(pair, 2 * n, ST_ACT_SIGMOID);
        for (int64_t i = 0; i < n; i++) {
            out->beat[at + i] = pair[2 * i];
            out->downbeat[at + i] = pair[2 * i + 1];
        }
    }
}

/* Frames [from, to); `from` is even. */
static void run_segment(const st_beat_net *net, const st_beat_input *in,
                        int64_t from, int64_t to, const st_beat_output *out,
                        room *r) {
    int64_t first = from > HALO ? from - HALO : 0;
    int64_t end = least(to + HALO, in->frames);
    int64_t rows = (end - first + 1) / 2;
    assert(2 * rows <= MOST);
    run_front(net, in, first, 2 * rows, r);
    const float *y = run_blocks(net, rows, r);
    run_heads(net, y, first, rows, from, to, out, r);
    run_beats(net, first, from, to, out, r);
}

st_status st_beat_net_run(const st_beat_net *net, const st_beat_input *in,
                          const st_beat_output *out) {
    if (in->frames <= 0)
        return ST_OK;
    room r;
    st_status status = room_make(&r, in->frames);
    if (status != ST_OK)
        return status;
    size_t seconds = (size_t)st_beat_seconds(in->frames);
    memset(out->tempo, 0, seconds * TEMPI * sizeof(float));
    memset(out->metre, 0, seconds * METRES * sizeof(float));
    for (int64_t at = 0; at < in->frames; at += SEGMENT)
        run_segment(net, in, at, least(at + SEGMENT, in->frames), out, &r);
    room_free(&r);
    return ST_OK;
}
