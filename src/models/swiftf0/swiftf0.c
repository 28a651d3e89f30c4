#include "models/swiftf0/swiftf0.h"

#include "core/alloc.h"
#include "core/math.h"
#include "models/models.h"
#include "models/swiftf0/graph_dft.h"
#include "nn/layers.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define PINNED                                                                 \
    "979e380d1fc7c242d2ffbeb6a04d104a"                                         \
    "3490533d7bba03d685d83dc19a8a566b"

enum {
    SIZE = 1024,
    HOP = ST_SWIFTF0_HOP,
    LEAD = (SIZE - HOP) / 2, /* zeros before the first sample */
    FIRST = 3,               /* lowest bin of the spectrum */
    BINS = 132,
    WIDE = BINS + 4, /* with the kernel's zeros at both sides */
    LAYERS = 5,
    KERNEL = 5,
    EDGE = KERNEL / 2,
    HISTORY = KERNEL - 1,
    CHUNK = 8, /* frames that go through the layers together */
    ROWS = HISTORY + CHUNK + LAYERS * EDGE, /* the end comes at once */
    TAPS = KERNEL * KERNEL,
    CLASSES = 200,
    REACH = 9 /* classes around the best that count */
};

static const int channels[LAYERS + 1] = {1, 8, 16, 32, 64, 1};

/* What a layer has of its input: rows [WIDE, channels], zero at the sides. */
typedef struct {
    float *rows;
    int have;
} stage;

struct st_swiftf0 {
    st_conv *conv[LAYERS]; /* the last one: each tap a channel of its own */
    st_conv *project;
    float last_bias;
    float centres[CLASSES];
    st_graph_dft *dft;
    float window[SIZE];
    stage stages[LAYERS];
    float *taps; /* [ROWS, WIDE, TAPS]: what each tap adds to its target */
    float held[SIZE], turned[SIZE], re[SIZE], im[SIZE];
    int filled;
    int64_t samples;
    float *hz, *confidence; /* of the call that runs */
    int64_t given;
};

/* --- making --- */

/* The graph has kernels as [bins, frames], here they are [frames, bins]. */
static int across(int tap) {
    return tap % KERNEL * KERNEL + tap / KERNEL;
}

/* [1, 64, 5, 5] seen as 25 outputs of 64 inputs. */
static st_status take_last(st_swiftf0 *n, const float *weight,
                           const float *bias) {
    enum { IN = 64 };
    float turned[TAPS * IN];
    for (int i = 0; i < IN; i++)
        for (int t = 0; t < TAPS; t++)
            turned[t * IN + i] = weight[i * TAPS + across(t)];
    st_conv_shape s = {.in = IN, .out = TAPS, .rows = 1, .columns = 1};
    n->last_bias = bias[0];
    return st_conv_new(&n->conv[LAYERS - 1], turned, NULL, &s);
}

static st_status take_conv(st_swiftf0 *n, const st_weights *w, int k,
                           st_err *err) {
    char name[32];
    const float *weight = NULL, *bias = NULL;
    int64_t shape[4] = {channels[k + 1], channels[k], KERNEL, KERNEL};
    snprintf(name, sizeof name, "conv.%d.weight", k);
    st_status status = st_weights_get(w, name, 4, shape, &weight, err);
    snprintf(name, sizeof name, "conv.%d.bias", k);
    if (status == ST_OK)
        status = st_weights_get(w, name, 1, shape, &bias, err);
    if (status != ST_OK)
        return status;
    st_conv_shape s = {.in = channels[k],
                       .out = channels[k + 1],
                       .rows = KERNEL,
                       .columns = KERNEL,
                       .relu = true};
    if (k == LAYERS - 1)
        return take_last(n, weight, bias);
    float *turned =
        st_calloc((size_t)s.out * (size_t)s.in * TAPS, sizeof *turned);
    if (turned == NULL)
        return ST_NO_MEM;
    for (int i = 0; i < s.out * s.in; i++)
        for (int t = 0; t < TAPS; t++)
            turned[i * TAPS + t] = weight[i * TAPS + across(t)];
    status = st_conv_new(&n->conv[k], turned, bias, &s);
    st_free(turned);
    return status;
}

static st_status take_weights(st_swiftf0 *n, const st_weights *w, st_err *err) {
    const float *weight = NULL, *bias = NULL, *centres = NULL;
    st_status status = ST_OK;
    for (int k = 0; k < LAYERS && status == ST_OK; k++)
        status = take_conv(n, w, k, err);
    const int64_t shape[2] = {CLASSES, BINS};
    if (status == ST_OK)
        status = st_weights_get(w, "project.weight", 2, shape, &weight, err);
    if (status == ST_OK)
        status = st_weights_get(w, "project.bias", 1, shape, &bias, err);
    if (status == ST_OK)
        status = st_weights_get(w, "centres_hz", 1, shape, &centres, err);
    if (status != ST_OK)
        return status;
    memcpy(n->centres, centres, sizeof n->centres);
    st_conv_shape s = {.in = BINS, .out = CLASSES, .rows = 1, .columns = 1};
    return st_conv_new(&n->project, weight, bias, &s);
}

static st_status take_spectrum(st_swiftf0 *n, const st_weights *w,
                               st_err *err) {
    const float *window = NULL, *re = NULL, *im = NULL;
    const int64_t points = SIZE;
    st_status status = st_weights_get(w, "window", 1, &points, &window, err);
    if (status == ST_OK)
        status = st_weights_get(w, "dft.re", 1, &points, &re, err);
    if (status == ST_OK)
        status = st_weights_get(w, "dft.im", 1, &points, &im, err);
    if (status != ST_OK)
        return status;
    n->dft = st_calloc(1, sizeof *n->dft);
    if (n->dft == NULL)
        return ST_NO_MEM;
    st_graph_dft_init(n->dft, re, im);
    memcpy(n->window, window, sizeof n->window);
    return ST_OK;
}

static st_status make_room(st_swiftf0 *n) {
    n->taps = st_calloc((size_t)ROWS * WIDE * TAPS, sizeof *n->taps);
    bool whole = n->taps != NULL;
    for (int k = 0; k < LAYERS; k++) {
        size_t row = (size_t)WIDE * (size_t)channels[k];
        n->stages[k].rows = st_calloc(ROWS * row, sizeof(float));
        whole = whole && n->stages[k].rows;
    }
    if (!whole)
        return ST_NO_MEM;
    return ST_OK;
}

static st_status check_pin(const st_weights *w, st_err *err) {
    char hash[65];
    st_weights_hash(w, hash);
    if (strcmp(hash, PINNED) == 0)
        return ST_OK;
    return st_err_set(err, ST_BAD_DATA,
                      "These are not the weights of SwiftF0 that this program "
                      "was checked with.");
}

st_status st_swiftf0_new(st_swiftf0 **out, const st_weights *weights,
                         bool any_weights, st_err *err) {
    st_weights *own = NULL;
    st_swiftf0 *n = st_calloc(1, sizeof *n);
    st_status status = n ? ST_OK : ST_NO_MEM;
    if (status == ST_OK && weights == NULL)
        status = st_model_open(&own, "swiftf0", err);
    const st_weights *w = weights ? weights : own;
    if (status == ST_OK && !any_weights)
        status = check_pin(w, err);
    if (status == ST_OK)
        status = take_weights(n, w, err);
    if (status == ST_OK)
        status = take_spectrum(n, w, err);
    if (status == ST_OK)
        status = make_room(n);
    st_weights_free(own);
    if (status != ST_OK) {
        st_swiftf0_free(n);
        return status == ST_NO_MEM ? st_err_set(err, status, "Out of memory.")
                                   : status;
    }
    st_swiftf0_reset(n);
    *out = n;
    return ST_OK;
}

void st_swiftf0_free(st_swiftf0 *n) {
    if (n == NULL)
        return;
    for (int k = 0; k < LAYERS; k++) {
        st_conv_free(n->conv[k]);
        st_free(n->stages[k].rows);
    }
    st_conv_free(n->project);
    st_free(n->dft);
    st_free(n->taps);
    st_free(n);
}

/* The rows before the first are zeros: the kernel's padding. */
void st_swiftf0_reset(st_swiftf0 *n) {
    for (int k = 0; k < LAYERS; k++) {
        size_t row = (size_t)WIDE * (size_t)channels[k];
        memset(n->stages[k].rows, 0, EDGE * row * sizeof(float));
        n->stages[k].have = EDGE;
    }
    memset(n->held, 0, sizeof n->held);
    n->filled = LEAD;
    n->samples = 0;
}

/* --- the layers --- */

static float *row_of(st_swiftf0 *n, int k, int row) {
    return n->stages[k].rows + (size_t)row * WIDE * (size_t)channels[k];
}

/* Classes to pitch: the mean of the centres near the best one. */
static void answer(st_swiftf0 *n, const float *p) {
    int best = 0;
    float sum = 0.0f, mean = 0.0f;
    for (int i = 1; i < CLASSES; i++)
        best = p[i] > p[best] ? i : best;
    int from = best > REACH ? best - REACH : 0;
    int to = best + REACH < CLASSES ? best + REACH : CLASSES - 1;
    for (int i = from; i <= to; i++)
        sum += p[i];
    for (int i = from; i <= to; i++)
        mean += p[i] / (sum + 1e-7f) * n->centres[i];
    n->hz[n->given] = mean;
    n->confidence[n->given] = sum;
    n->given++;
}

/* One output row of the last convolution from what its taps add. */
static void last_row(st_swiftf0 *n, const float *taps) {
    float y[BINS], p[CLASSES];
    for (int c = 0; c < BINS; c++) {
        float sum = n->last_bias;
        for (int r = 0; r < KERNEL; r++)
            for (int i = 0; i < KERNEL; i++)
                sum += taps[(r * WIDE + c + i) * TAPS + r * KERNEL + i];
        y[c] = sum > 0.0f ? sum : 0.0f;
    }
    st_conv_dense(n->project, y, p, 1);
    st_softmax_run(p, 1, CLASSES);
    answer(n, p);
}

static void run_last(st_swiftf0 *n, int ready) {
    const stage *s = &n->stages[LAYERS - 1];
    st_conv_dense(n->conv[LAYERS - 1], s->rows, n->taps,
                  (int64_t)s->have * WIDE);
    for (int r = 0; r < ready; r++)
        last_row(n, n->taps + (size_t)r * WIDE * TAPS);
}

/* Rows that layer k can make, on to the next one; the last four stay. */
static void run_layer(st_swiftf0 *n, int k) {
    stage *s = &n->stages[k];
    int ready = s->have - HISTORY;
    if (ready <= 0)
        return;
    if (k == LAYERS - 1) {
        run_last(n, ready);
    } else {
        stage *next = &n->stages[k + 1];
        st_conv_run2(n->conv[k], s->rows, (int64_t)WIDE * channels[k],
                     row_of(n, k + 1, next->have) + EDGE * channels[k + 1],
                     (int64_t)WIDE * channels[k + 1], ready, BINS);
        next->have += ready;
    }
    size_t row = (size_t)WIDE * (size_t)channels[k];
    memmove(s->rows, row_of(n, k, ready), HISTORY * row * sizeof(float));
    s->have = HISTORY;
}

static void run_layers(st_swiftf0 *n) {
    for (int k = 0; k < LAYERS; k++)
        run_layer(n, k);
}

/* --- frames --- */

static void frame(st_swiftf0 *n) {
    stage *s = &n->stages[0];
    float *row = row_of(n, 0, s->have) + EDGE;
    for (int i = 0; i < SIZE; i++)
        n->turned[i] = n->held[i] * n->window[i];
    st_graph_dft_run(n->dft, n->turned, n->re, n->im);
    for (int i = 0; i < BINS; i++) {
        float re = n->re[FIRST + i], im = n->im[FIRST + i];
        row[i] = (float)st_log((double)(sqrtf(re * re + im * im) + 1e-8f));
    }
    s->have++;
    memmove(n->held, n->held + HOP, (SIZE - HOP) * sizeof *n->held);
    n->filled -= HOP;
    if (s->have >= HISTORY + CHUNK)
        run_layers(n);
}

static void take(st_swiftf0 *n, const float *in, int64_t count) {
    while (count > 0) {
        int64_t room = SIZE - n->filled;
        int64_t now = count < room ? count : room;
        for (int64_t i = 0; i < now; i++) {
            float x = in ? in[i] : 0.0f;
            n->held[n->filled + i] = fabsf(x) <= 1e10f ? x : 0.0f;
        }
        n->filled += (int)now;
        in = in ? in + now : NULL;
        count -= now;
        if (n->filled == SIZE)
            frame(n);
    }
}

int64_t st_swiftf0_room(int64_t n) {
    return n / HOP + CHUNK + 2 * HISTORY * LAYERS;
}

int64_t st_swiftf0_process(st_swiftf0 *net, const float *in, int64_t samples,
                           float *hz, float *confidence) {
    net->hz = hz;
    net->confidence = confidence;
    net->given = 0;
    net->samples += samples;
    take(net, in, samples);
    return net->given;
}

int64_t st_swiftf0_finish(st_swiftf0 *n, float *hz, float *confidence) {
    n->hz = hz;
    n->confidence = confidence;
    n->given = 0;
    if (n->samples == 0)
        return 0;
    if (n->samples < HOP)
        take(n, NULL, HOP - n->samples);
    take(n, NULL, LEAD);
    for (int k = 0; k < LAYERS; k++) {
        size_t row = (size_t)WIDE * (size_t)channels[k];
        memset(row_of(n, k, n->stages[k].have), 0, EDGE * row * sizeof(float));
        n->stages[k].have += EDGE;
        run_layer(n, k);
    }
    return n->given;
}
