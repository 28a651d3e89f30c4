#include "nn/gru.h"

#include "core/alloc.h"
#include "nn/layers.h"

#include <string.h>

enum { RUN = 32 }; /* frames whose inputs are multiplied together */

struct st_gru {
    int in, hidden;
    st_conv *input, *state;
    const st_nn_ops *ops;
};

st_status st_gru_new(st_gru **out, int in, int hidden, const float *w_in,
                     const float *w_hidden, const float *b_in,
                     const float *b_hidden) {
    if (hidden < 1 || hidden > 65536 / 3)
        return ST_BAD_ARG;
    st_gru *g = st_calloc(1, sizeof *g);
    if (g == NULL)
        return ST_NO_MEM;
    *g = (st_gru){.in = in, .hidden = hidden, .ops = st_nn_ops_get()};
    st_conv_shape shape = {
        .in = in, .out = 3 * hidden, .rows = 1, .columns = 1};
    st_status status = st_conv_new(&g->input, w_in, b_in, &shape);
    shape.in = hidden;
    if (status == ST_OK)
        status = st_conv_new(&g->state, w_hidden, b_hidden, &shape);
    if (status != ST_OK) {
        st_gru_free(g);
        return status;
    }
    *out = g;
    return ST_OK;
}

void st_gru_free(st_gru *g) {
    if (g == NULL)
        return;
    st_conv_free(g->input);
    st_conv_free(g->state);
    st_free(g);
}

size_t st_gru_scratch(const st_gru *g) {
    return (RUN + 1) * 3 * (size_t)g->hidden;
}

/* y = U h + c, then the gates. */
static void step(const st_gru *g, const float *in, float *h, float *hid,
                 float *y) {
    st_conv_dense(g->state, h, hid, 1);
    g->ops->gru(h, in, hid, (size_t)g->hidden);
    memcpy(y, h, (size_t)g->hidden * sizeof *y);
}

void st_gru_run(const st_gru *g, const float *x, float *y, int64_t y_stride,
                int64_t frames, float *h, float *scratch) {
    const int64_t wide = 3 * (int64_t)g->hidden;
    float *hid = scratch + RUN * wide;
    for (int64_t at = 0; at < frames; at += RUN) {
        int64_t n = frames - at < RUN ? frames - at : RUN;
        st_conv_dense(g->input, x + at * g->in, scratch, n);
        for (int64_t i = 0; i < n; i++)
            step(g, scratch + i * wide, h, hid, y + (at + i) * y_stride);
    }
}

void st_gru_run_back(const st_gru *g, const float *x, float *y,
                     int64_t y_stride, int64_t frames, float *h,
                     float *scratch) {
    const int64_t wide = 3 * (int64_t)g->hidden;
    float *hid = scratch + RUN * wide;
    for (int64_t end = frames; end > 0; end -= RUN) {
        int64_t n = end < RUN ? end : RUN;
        int64_t at = end - n;
        st_conv_dense(g->input, x + at * g->in, scratch, n);
        for (int64_t i = n; i-- > 0;)
            step(g, scratch + i * wide, h, hid, y + (at + i) * y_stride);
    }
}
