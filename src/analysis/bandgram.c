#include "analysis/bandgram.h"

#include "analysis/meter_ops.h"
#include "audio/fft.h"
#include "audio/window.h"
#include "core/alloc.h"
#include "core/math.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { FIRST_CELLS = 256, BANDS = ST_SPECTRUM_BANDS };

struct st_bandgram {
    const st_meter_ops *ops;
    int rate_hz, channels;
    int size, bins;
    st_fft *fft;
    float *window, *mid, *side; /* [size] */
    float *re, *im, *scratch;   /* [size + 1] */
    float *power;               /* [bins] */
    double scale;               /* bin power to mean square, one-sided */
    double edges[BANDS + 1];
    int64_t frames; /* taken; they fill the blocks from -size/2 on */
    int64_t start;  /* absolute frame of mid[0] */
    int held;
    int16_t *cells;
    size_t count, capacity;
    bool finished;
};

static st_status allocate(st_bandgram *g) {
    size_t size = (size_t)g->size;
    st_status status = st_fft_new(&g->fft, size);
    if (status != ST_OK)
        return status;
    g->window = st_calloc(size, sizeof(float));
    g->mid = st_calloc(size, sizeof(float));
    g->side = st_calloc(size, sizeof(float));
    g->re = st_calloc(size + 1, sizeof(float));
    g->im = st_calloc(size + 1, sizeof(float));
    g->scratch = st_calloc(st_fft_scratch(g->fft), sizeof(float));
    g->power = st_calloc((size_t)g->bins * 3, sizeof(float));
    g->cells = st_calloc((size_t)FIRST_CELLS * BANDS, sizeof(int16_t));
    g->capacity = FIRST_CELLS;
    return g->window && g->mid && g->side && g->re && g->im && g->scratch &&
                   g->power && g->cells
               ? ST_OK
               : ST_NO_MEM;
}

st_status st_bandgram_new(st_bandgram **out, int rate_hz, int channels) {
    if (rate_hz < 8000 || rate_hz > 384000 || channels < 1 ||
        channels > ST_MAX_CHANNELS)
        return ST_BAD_ARG;
    st_bandgram *g = st_calloc(1, sizeof *g);
    if (g == NULL)
        return ST_NO_MEM;
    g->ops = st_meter_ops_get();
    g->rate_hz = rate_hz;
    g->channels = channels;
    g->size = st_spectrum_size(rate_hz);
    g->bins = g->size / 2 + 1;
    if (allocate(g) != ST_OK) {
        st_bandgram_free(g);
        return ST_NO_MEM;
    }
    st_window_fillf(g->window, (size_t)g->size, ST_WINDOW_HANN, true);
    double sum = 0.0;
    for (int i = 0; i < g->size; i++)
        sum += (double)g->window[i] * (double)g->window[i];
    g->scale = 1.0 / (sum * g->size);
    st_spectrum_band_edges(g->edges);
    /* the first cell is centred on frame 0: half a block of silence */
    g->start = -(int64_t)(g->size / 2);
    g->held = g->size / 2;
    *out = g;
    return ST_OK;
}

void st_bandgram_free(st_bandgram *g) {
    if (g == NULL)
        return;
    st_fft_free(g->fft);
    st_free(g->window);
    st_free(g->mid);
    st_free(g->side);
    st_free(g->re);
    st_free(g->im);
    st_free(g->scratch);
    st_free(g->power);
    st_free(g->cells);
    st_free(g);
}

/* Frame that cell i is centred on: i / 10 s, to the nearest frame. */
static int64_t centre(const st_bandgram *g, int64_t cell) {
    return (cell * g->rate_hz + ST_BANDGRAM_RATE / 2) / ST_BANDGRAM_RATE;
}

static int16_t level(double power) {
    double db = power > 1e-12 ? 10.0 * st_log10(power) : -120.0;
    return (int16_t)(db >= 300.0 ? 30000.0 : db * 100.0);
}

/* Mean power of left and right is that of mid plus that of side. */
static void powers(st_bandgram *g) {
    size_t n = (size_t)g->size;
    float *mid = g->power;
    float *side = mid + g->bins;
    memset(mid, 0, (size_t)g->bins * 3 * sizeof(float));
    g->ops->window(g->re, g->mid, g->window, n);
    g->ops->window(g->im, g->side, g->window, n);
    st_fft_forward(g->fft, g->re, g->im, g->re, g->im, g->scratch);
    g->re[n] = g->re[0];
    g->im[n] = g->im[0];
    g->ops->split(mid, side, side + g->bins, g->re, g->im, n);
    for (int k = 0; k < g->bins; k++) {
        double sides = k == 0 || k == g->bins - 1 ? 1.0 : 2.0;
        mid[k] = (float)(((double)mid[k] + (double)side[k]) * sides * g->scale);
    }
}

static st_status add_cell(st_bandgram *g) {
    if (g->count == g->capacity) {
        st_status status = st_regrow((void **)&g->cells, g->capacity * BANDS,
                                     g->capacity * 2 * BANDS, sizeof(int16_t));
        if (status != ST_OK)
            return status;
        g->capacity *= 2;
    }
    double band[BANDS];
    powers(g);
    st_spectrum_fold(g->power, g->bins, g->rate_hz, g->edges, BANDS, band);
    int16_t *cell = g->cells + g->count++ * BANDS;
    for (int b = 0; b < BANDS; b++)
        cell[b] = level(band[b]);
    return ST_OK;
}

/* Drop what lies before the block of the next cell. */
static void slide(st_bandgram *g) {
    int64_t next = centre(g, (int64_t)g->count) - g->size / 2;
    int64_t drop = next - g->start;
    size_t kept = (size_t)(g->size - drop);
    memmove(g->mid, g->mid + drop, kept * sizeof(float));
    memmove(g->side, g->side + drop, kept * sizeof(float));
    g->held = (int)kept;
    g->start = next;
}

st_status st_bandgram_process(st_bandgram *g, const float *const *in,
                              int64_t frames) {
    assert(!g->finished);
    const float *left = in[0];
    const float *right = in[g->channels > 1 ? 1 : 0];
    for (int64_t done = 0; done < frames;) {
        int64_t room = g->size - g->held;
        int64_t n = frames - done < room ? frames - done : room;
        g->ops->mid_side(g->mid + g->held, g->side + g->held, left + done,
                         right + done, (size_t)n);
        g->held += (int)n;
        done += n;
        g->frames += n;
        if (g->held < g->size)
            continue;
        st_status status = add_cell(g);
        if (status != ST_OK)
            return status;
        slide(g);
    }
    return ST_OK;
}

st_status st_bandgram_finish(st_bandgram *g) {
    while (!g->finished && centre(g, (int64_t)g->count) < g->frames) {
        size_t rest = (size_t)(g->size - g->held) * sizeof(float);
        memset(g->mid + g->held, 0, rest);
        memset(g->side + g->held, 0, rest);
        st_status status = add_cell(g);
        if (status != ST_OK)
            return status;
        slide(g);
    }
    g->finished = true;
    return ST_OK;
}

int64_t st_bandgram_cells(const st_bandgram *g) {
    return (int64_t)g->count;
}

const int16_t *st_bandgram_cell(const st_bandgram *g, int64_t cell) {
    assert(cell >= 0 && cell < (int64_t)g->count);
    return g->cells + (size_t)cell * BANDS;
}

st_status st_bandgram_moved(st_bandgram **out, const st_bandgram *gram,
                            const double *add_db) {
    st_bandgram *g = st_calloc(1, sizeof *g);
    if (g == NULL)
        return ST_NO_MEM;
    g->rate_hz = gram->rate_hz;
    g->channels = gram->channels;
    g->size = gram->size;
    g->count = g->capacity = gram->count;
    g->finished = true;
    g->cells = st_calloc(gram->count * BANDS + 1, sizeof(int16_t));
    if (g->cells == NULL) {
        st_free(g);
        return ST_NO_MEM;
    }
    for (size_t i = 0; i < gram->count * BANDS; i++) {
        double db = gram->cells[i] + 100.0 * add_db[i % BANDS];
        bool none = gram->cells[i] <= ST_BANDGRAM_FLOOR;
        db = none || db < ST_BANDGRAM_FLOOR ? ST_BANDGRAM_FLOOR : db;
        g->cells[i] = (int16_t)(db > 30000.0 ? 30000.0 : db);
    }
    *out = g;
    return ST_OK;
}
