#include "analysis/spectrum.h"

#include "analysis/meter_ops.h"
#include "audio/fft.h"
#include "audio/window.h"
#include "core/alloc.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MAX_PIECES = 256, MIN_PIECES = 8, PIECE_BYTES = 16 << 20 };

/* Sums over the blocks of a piece, [bins] each: |M|^2, |S|^2, Re(M S*). */
typedef struct {
    float *mid, *side, *cross;
    double weight; /* blocks, a short last one by its share of the window */
} piece;

struct st_spectrum {
    const st_meter_ops *ops;
    st_spectrum_params params;
    st_fft *fft;
    int size, bins, hop;
    float *window;
    double window_power; /* sum of its squares */
    float *mid, *side;   /* [size] frames of the block to come */
    int held;
    int fresh; /* frames of them that no block has covered yet */
    float *re, *im, *scratch;
    int64_t start; /* absolute frame of mid[0] */
    int64_t piece_frames;
    int piece_cap, pieces;
    float *store;
    bool finished;
    piece piece[MAX_PIECES];
};

st_spectrum_params st_spectrum_defaults(double rate_hz, int channels) {
    return (st_spectrum_params){rate_hz, channels, 2, 4.0};
}

int st_spectrum_size(double rate_hz) {
    int size = 64;
    while (size * 1.4142135623730951 < rate_hz * 0.175)
        size *= 2;
    return size;
}

static bool valid(const st_spectrum_params *p) {
    return p->rate_hz >= 8000.0 && p->rate_hz <= 384000.0 && p->channels >= 1 &&
           p->channels <= ST_MAX_CHANNELS &&
           (p->overlap == 1 || p->overlap == 2 || p->overlap == 4) &&
           (p->piece_s == 0.0 || (p->piece_s >= 1.0 && p->piece_s <= 60.0));
}

static int piece_limit(const st_spectrum *s) {
    size_t fit = PIECE_BYTES / ((size_t)s->bins * 3 * sizeof(float));
    int cap = fit > MAX_PIECES ? MAX_PIECES : (int)(fit / 2 * 2);
    cap = cap < MIN_PIECES ? MIN_PIECES : cap;
    return s->params.piece_s == 0.0 ? 2 : cap;
}

static st_status allocate(st_spectrum *s) {
    size_t size = (size_t)s->size;
    size_t bins = (size_t)s->bins;
    st_status status = st_fft_new(&s->fft, size);
    if (status != ST_OK)
        return status;
    s->window = st_calloc(size, sizeof(float));
    s->mid = st_calloc(size, sizeof(float));
    s->side = st_calloc(size, sizeof(float));
    s->re = st_calloc(size + 1, sizeof(float));
    s->im = st_calloc(size + 1, sizeof(float));
    s->scratch = st_calloc(st_fft_scratch(s->fft), sizeof(float));
    s->store = st_calloc((size_t)s->piece_cap * 3 * bins, sizeof(float));
    if (s->window == NULL || s->mid == NULL || s->side == NULL ||
        s->re == NULL || s->im == NULL || s->scratch == NULL ||
        s->store == NULL)
        return ST_NO_MEM;
    for (int i = 0; i < s->piece_cap; i++) {
        s->piece[i].mid = s->store + (size_t)i * 3 * bins;
        s->piece[i].side = s->piece[i].mid + bins;
        s->piece[i].cross = s->piece[i].side + bins;
    }
    return ST_OK;
}

st_status st_spectrum_new(st_spectrum **out, const st_spectrum_params *params) {
    if (!valid(params))
        return ST_BAD_ARG;
    st_spectrum *s = st_calloc(1, sizeof *s);
    if (s == NULL)
        return ST_NO_MEM;
    s->params = *params;
    s->ops = st_meter_ops_get();
    s->size = st_spectrum_size(params->rate_hz);
    s->bins = s->size / 2 + 1;
    s->hop = s->size / params->overlap;
    s->piece_cap = piece_limit(s);
    st_status status = allocate(s);
    if (status != ST_OK) {
        st_spectrum_free(s);
        return status;
    }
    st_window_fillf(s->window, (size_t)s->size, ST_WINDOW_HANN, true);
    for (int i = 0; i < s->size; i++)
        s->window_power += (double)s->window[i] * (double)s->window[i];
    st_spectrum_reset(s);
    *out = s;
    return ST_OK;
}

void st_spectrum_free(st_spectrum *s) {
    if (s == NULL)
        return;
    st_fft_free(s->fft);
    st_free(s->window);
    st_free(s->mid);
    st_free(s->side);
    st_free(s->re);
    st_free(s->im);
    st_free(s->scratch);
    st_free(s->store);
    st_free(s);
}

static void clear_piece(st_spectrum *s, piece *p) {
    memset(p->mid, 0, (size_t)s->bins * 3 * sizeof(float));
    p->weight = 0.0;
}

void st_spectrum_reset(st_spectrum *s) {
    double seconds = s->params.piece_s > 0.0 ? s->params.piece_s : 4.0;
    for (int i = 0; i < s->piece_cap; i++)
        clear_piece(s, &s->piece[i]);
    s->piece_frames = (int64_t)(seconds * s->params.rate_hz);
    s->pieces = 0;
    s->held = 0;
    s->fresh = 0;
    s->start = 0;
    s->finished = false;
}

/* ---- blocks ---- */

static void join_pieces(st_spectrum *s) {
    for (int i = 0; i < s->pieces; i++) {
        piece *from = &s->piece[i];
        piece *to = &s->piece[i / 2];
        if (i % 2 == 0 && i > 0) {
            memcpy(to->mid, from->mid, (size_t)s->bins * 3 * sizeof(float));
            to->weight = from->weight;
        } else if (i % 2 == 1) {
            for (int k = 0; k < 3 * s->bins; k++)
                to->mid[k] += from->mid[k];
            to->weight += from->weight;
        }
        if (i > 0)
            clear_piece(s, from);
    }
    s->pieces = (s->pieces + 1) / 2;
    s->piece_frames *= 2;
}

static piece *piece_at(st_spectrum *s, int64_t frame) {
    while (frame / s->piece_frames >= s->piece_cap)
        join_pieces(s);
    int i = (int)(frame / s->piece_frames);
    if (i >= s->pieces)
        s->pieces = i + 1;
    return &s->piece[i];
}

/* One complex transform holds both: mid is its real, side its imaginary
 * input. A silent side is kept at exactly 0. */
static void add_block(st_spectrum *s, double weight) {
    size_t n = (size_t)s->size;
    piece *p = piece_at(s, s->start);
    s->ops->window(s->re, s->mid, s->window, n);
    bool wide = s->ops->window(s->im, s->side, s->window, n) > 0.0f;
    st_fft_forward(s->fft, s->re, s->im, s->re, s->im, s->scratch);
    s->re[n] = s->re[0];
    s->im[n] = s->im[0];
    if (wide)
        s->ops->split(p->mid, p->side, p->cross, s->re, s->im, n);
    else
        s->ops->power(p->mid, s->re, s->im, (size_t)s->bins);
    p->weight += weight;
}

static void slide(st_spectrum *s) {
    size_t kept = (size_t)(s->size - s->hop);
    memmove(s->mid, s->mid + s->hop, kept * sizeof(float));
    memmove(s->side, s->side + s->hop, kept * sizeof(float));
    s->held = (int)kept;
    s->fresh = 0;
    s->start += s->hop;
}

void st_spectrum_process(st_spectrum *s, const float *const *in,
                         int64_t frames) {
    assert(!s->finished);
    const float *left = in[0];
    const float *right = in[s->params.channels > 1 ? 1 : 0];
    for (int64_t done = 0; done < frames;) {
        int64_t room = s->size - s->held;
        int64_t n = frames - done < room ? frames - done : room;
        s->ops->mid_side(s->mid + s->held, s->side + s->held, left + done,
                         right + done, (size_t)n);
        s->held += (int)n;
        s->fresh += (int)n;
        done += n;
        if (s->held == s->size) {
            add_block(s, 1.0);
            slide(s);
        }
    }
}

void st_spectrum_finish(st_spectrum *s) {
    if (s->finished)
        return;
    s->finished = true;
    if (s->fresh == 0)
        return;
    double power = 0.0;
    for (int i = 0; i < s->held; i++)
        power += (double)s->window[i] * (double)s->window[i];
    size_t rest = (size_t)(s->size - s->held) * sizeof(float);
    memset(s->mid + s->held, 0, rest);
    memset(s->side + s->held, 0, rest);
    add_block(s, power / s->window_power);
}

st_status st_spectrum_run(st_spectrum *s, st_source *source, st_err *err) {
    enum { BLOCK = 8192 };
    st_buffer b = {0};
    st_status status = st_buffer_init(&b, s->params.channels, BLOCK);
    if (status != ST_OK)
        return st_err_set(err, status, "Not enough memory for a spectrum.");
    int64_t got = BLOCK;
    while (status == ST_OK && got == BLOCK) {
        status = st_source_read(source, b.channel, BLOCK, &got, err);
        if (status == ST_OK)
            st_spectrum_process(s, (const float *const *)b.channel, got);
    }
    st_buffer_deinit(&b);
    if (status == ST_OK)
        st_spectrum_finish(s);
    return status;
}

/* ---- results ---- */

int st_spectrum_bins(const st_spectrum *s) {
    return s->bins;
}

int st_spectrum_pieces(const st_spectrum *s) {
    return s->pieces;
}

static double part_of(const piece *p, st_spectrum_part part, int bin) {
    double m = (double)p->mid[bin];
    double d = (double)p->side[bin];
    double x = 2.0 * (double)p->cross[bin];
    switch (part) {
    case ST_SPECTRUM_MID:
        return m;
    case ST_SPECTRUM_SIDE:
        return d;
    case ST_SPECTRUM_LEFT:
        return m + d + x > 0.0 ? m + d + x : 0.0;
    default:
        return m + d - x > 0.0 ? m + d - x : 0.0;
    }
}

/* One-sided: bins between the ends count twice. */
static double scale_of(const st_spectrum *s, int bin, double weight) {
    double sides = bin == 0 || bin == s->bins - 1 ? 1.0 : 2.0;
    return weight > 0.0 ? sides / (weight * s->window_power * s->size) : 0.0;
}

/* The pieces with at least `floor` mean power. */
static double gather(const st_spectrum *s, st_spectrum_part part,
                     const double *level, double floor, float *out) {
    double weight = 0.0;
    for (int i = 0; i < s->pieces; i++)
        if (level == NULL || level[i] >= floor)
            weight += s->piece[i].weight;
    for (int k = 0; k < s->bins; k++) {
        double sum = 0.0;
        for (int i = 0; i < s->pieces; i++)
            if (level == NULL || level[i] >= floor)
                sum += part_of(&s->piece[i], part, k);
        out[k] = (float)(sum * scale_of(s, k, weight));
    }
    return weight;
}

void st_spectrum_power(const st_spectrum *s, st_spectrum_part part,
                       float *out) {
    (void)gather(s, part, NULL, 0.0, out);
}

void st_spectrum_power_loud(const st_spectrum *s, st_spectrum_part part,
                            float *out, double *share) {
    double level[MAX_PIECES] = {0};
    double sum = 0.0;
    double weight = 0.0;
    for (int i = 0; i < s->pieces; i++) {
        const piece *p = &s->piece[i];
        for (int k = 0; k < s->bins; k++)
            level[i] += (double)p->mid[k] + (double)p->side[k];
        sum += level[i];
        weight += p->weight;
        level[i] = p->weight > 0.0 ? level[i] / p->weight : 0.0;
    }
    /* a hair under the mean, so that equal pieces are all taken */
    double floor = weight > 0.0 ? sum / weight * (1.0 - 1e-9) : 0.0;
    double taken = gather(s, part, level, floor, out);
    if (share != NULL)
        *share = weight > 0.0 ? taken / weight : 0.0;
}

void st_spectrum_piece_power(const st_spectrum *s, int index,
                             st_spectrum_part part, float *out) {
    const piece *p = &s->piece[index];
    for (int k = 0; k < s->bins; k++)
        out[k] = (float)(part_of(p, part, k) * scale_of(s, k, p->weight));
}
