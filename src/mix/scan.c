#include "mix/scan.h"

#include "audio/buffer.h"
#include "core/alloc.h"
#include "core/math.h"

#include <math.h>
#include <string.h>

enum {
    BLOCK = 4096, /* frames; runs are bridged inside of one */
    OCTAVES = 256,
    NO_NUMBER = OCTAVES - 1, /* exponent of what is infinite or no number */
    ONE = 127,               /* exponent of 1.0 */
    RUN = 3,                 /* samples of a flat top */
    OVER_OCTAVES = 5,        /* 30 dB over the usual peaks */
    WILD_OCTAVES = 2,        /* +12 dBFS */
    HIGHEST_OCTAVES = 4,     /* +24 dBFS */
    ONE_IN = 10000
};
#define FULL_SCALE (1.0f - 0x1p-15f)

/* --- looking --- */

typedef struct {
    int at_full, at_top; /* running runs */
    float last;
} run;

typedef struct {
    int64_t count[2][OCTAVES]; /* samples above 0 and below, by exponent */
    float most[2][OCTAVES];
    int64_t top_runs[2][OCTAVES]; /* of exactly that size */
    int64_t full_runs;
    run run[ST_MAX_CHANNELS];
} tally;

static void count_each(tally *t, run *r, const float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits;
        float size = fabsf(x[i]);
        memcpy(&bits, &x[i], sizeof bits);
        int side = (int)(bits >> 31), octave = (int)(bits >> 23 & 0xff);
        float *most = &t->most[side][octave];
        t->count[side][octave]++;
        r->at_full = size >= FULL_SCALE ? r->at_full + 1 : 0;
        t->full_runs += r->at_full == RUN;
        if (size > *most) {
            *most = size;
            t->top_runs[side][octave] = 0;
        }
        r->at_top = size != *most ? 0 : x[i] == r->last ? r->at_top + 1 : 1;
        r->last = x[i];
        t->top_runs[side][octave] += r->at_top == RUN;
    }
}

/* Of all sizes the largest, as its bits: they rise with it, no numbers last. */
static int32_t largest_bits(const float *x, int64_t n) {
    int32_t most = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        bits &= 0x7fffffff;
        most = bits > most ? bits : most;
    }
    return most;
}

/* Samples of a block under full scale count as its peak: what is wild has to
 * stand over that. */
static void count_block(tally *t, run *r, const float *x, int64_t n) {
    int32_t bits = largest_bits(x, n);
    float size;
    memcpy(&size, &bits, sizeof size);
    if (!(size < FULL_SCALE)) {
        count_each(t, r, x, n);
        return;
    }
    float *most = &t->most[0][bits >> 23];
    *most = size > *most ? size : *most;
    t->count[0][bits >> 23] += n;
    r->at_full = r->at_top = 0;
}

static int64_t count_of(const tally *t, int octave) {
    return t->count[0][octave] + t->count[1][octave];
}

/* The octave from which on samples are wild. */
static int wild_octave(const tally *t, int64_t samples) {
    int64_t rare = 1 + samples / ONE_IN, seen = count_of(t, NO_NUMBER);
    int octave = NO_NUMBER;
    while (octave > 0 && seen <= rare)
        seen += count_of(t, --octave);
    int wild = octave + 1 + OVER_OCTAVES;
    wild = wild < ONE + WILD_OCTAVES ? ONE + WILD_OCTAVES : wild;
    return wild < NO_NUMBER ? wild : NO_NUMBER;
}

/* The largest from octave `from` to before `to`. */
static float largest(const tally *t, int side, int from, int to) {
    for (int i = to; i-- > from;)
        if (t->most[side][i] > 0.0f)
            return t->most[side][i];
    return 0.0f;
}

/* Exponent e with x in [2^(e-1), 2^e). */
static int exponent(float x) {
    int octaves = 0;
    (void)frexpf(x, &octaves);
    return octaves;
}

/* Each side of what goes over full scale has a top of its own. */
static int64_t flat_runs(const tally *t, const float peak[2]) {
    int64_t sum = 0;
    if (peak[0] <= 1.0f && peak[1] <= 1.0f)
        return t->full_runs;
    for (int side = 0; side < 2; side++)
        if (peak[side] >= FULL_SCALE)
            sum += t->top_runs[side][ONE - 1 + exponent(peak[side])];
    return sum;
}

static double dbfs(float x) {
    return x > 0.0f ? 20.0 * st_log10(x) : -INFINITY;
}

static void judge(const tally *t, int channels, st_scan *out) {
    int wild = wild_octave(t, out->frames * channels);
    float peak[2], most[2];
    for (int side = 0; side < 2; side++) {
        peak[side] = largest(t, side, 0, wild);
        most[side] = largest(t, side, wild, NO_NUMBER);
    }
    out->wild_samples = 0;
    for (int i = wild; i < OCTAVES; i++)
        out->wild_samples += count_of(t, i);
    float top = fmaxf(peak[0], peak[1]);
    out->wild_over = nextafterf(ldexpf(1.0f, wild - ONE), 0.0f);
    out->wild_dbfs =
        count_of(t, NO_NUMBER) > 0 ? INFINITY : dbfs(fmaxf(most[0], most[1]));
    out->peak_dbfs = dbfs(top);
    out->flat_runs = flat_runs(t, peak);
    out->gain =
        exponent(top) > HIGHEST_OCTAVES ? ldexpf(1.0f, -exponent(top)) : 1.0f;
}

st_status st_scan_source(st_scan *out, st_source *source, st_err *err) {
    int channels = source->format.channels;
    st_buffer block = {0};
    tally *t = st_calloc(1, sizeof *t);
    int64_t got = 1, frames = 0;
    st_status status =
        t != NULL ? st_buffer_init(&block, channels, BLOCK) : ST_NO_MEM;
    if (status != ST_OK)
        (void)st_err_set(err, status, "Out of memory.");
    while (status == ST_OK && got > 0) {
        status = st_source_read(source, block.channel, BLOCK, &got, err);
        for (int c = 0; status == ST_OK && c < channels; c++)
            count_block(t, &t->run[c], block.channel[c], got);
        frames += status == ST_OK ? got : 0;
    }
    if (status == ST_OK) {
        out->frames = frames;
        judge(t, channels, out);
    }
    st_buffer_deinit(&block);
    st_free(t);
    return status;
}

/* --- mending --- */

typedef struct {
    st_source base;
    st_source *in;
    st_scan scan;
    st_buffer block;
    int64_t first, held; /* frames of the source that the block holds */
    int64_t at, next;    /* next to give; next of `in` */
} mended;

static void bridge(float *x, int64_t n, float over) {
    for (int64_t i = 0; i < n; i++) {
        if (fabsf(x[i]) <= over)
            continue;
        int64_t end = i;
        while (end < n && !(fabsf(x[end]) <= over))
            end++;
        float after = end < n ? x[end] : i > 0 ? x[i - 1] : 0.0f;
        float before = i > 0 ? x[i - 1] : after;
        float step = (after - before) / (float)(end - i + 1);
        for (int64_t k = i; k < end; k++)
            x[k] = before + step * (float)(k - i + 1);
        i = end;
    }
}

/* The whole block that holds frame `at`: blocks begin at multiples of BLOCK,
 * so a bridge does not depend on where reading began. */
static st_status fill(mended *m, st_err *err) {
    int64_t got = 1;
    st_status status = ST_OK;
    m->first = m->at - m->at % BLOCK;
    m->held = 0;
    if (m->next != m->first)
        status = st_source_seek(m->in, m->first, err);
    while (status == ST_OK && got > 0 && m->held < BLOCK) {
        float *to[ST_MAX_CHANNELS];
        for (int c = 0; c < m->base.format.channels; c++)
            to[c] = m->block.channel[c] + m->held;
        status = st_source_read(m->in, to, BLOCK - m->held, &got, err);
        m->held += status == ST_OK ? got : 0;
    }
    m->next = m->first + m->held;
    for (int c = 0; status == ST_OK && c < m->base.format.channels; c++) {
        float *x = m->block.channel[c];
        bridge(x, m->held, m->scan.wild_over);
        for (int64_t i = 0; i < m->held; i++)
            x[i] *= m->scan.gain;
    }
    return status;
}

static st_status mended_read(st_source *source, float *const *out,
                             int64_t frames, int64_t *got, st_err *err) {
    mended *m = (mended *)source;
    *got = 0;
    while (*got < frames) {
        bool here = m->at >= m->first && m->at < m->first + m->held;
        st_status status = here ? ST_OK : fill(m, err);
        if (status != ST_OK)
            return status;
        int64_t left = m->first + m->held - m->at;
        int64_t n = frames - *got < left ? frames - *got : left;
        if (n <= 0)
            break;
        for (int c = 0; c < source->format.channels; c++)
            memcpy(out[c] + *got, m->block.channel[c] + (m->at - m->first),
                   (size_t)n * sizeof(float));
        m->at += n;
        *got += n;
    }
    return ST_OK;
}

static st_status mended_seek(st_source *source, int64_t frame, st_err *err) {
    (void)err;
    ((mended *)source)->at = frame;
    return ST_OK;
}

static void mended_free(st_source *source) {
    mended *m = (mended *)source;
    st_source_free(m->in);
    st_buffer_deinit(&m->block);
    st_free(m);
}

st_status st_mended_source_new(st_source **out, st_source *in,
                               const st_scan *scan, st_err *err) {
    static const st_source_ops ops = {mended_read, mended_seek, mended_free};
    if (scan->wild_samples == 0 && (scan->gain == 1.0f || scan->gain == 0.0f)) {
        *out = in;
        return ST_OK;
    }
    mended *m = st_calloc(1, sizeof *m);
    if (m == NULL || st_buffer_init(&m->block, in->format.channels, BLOCK)) {
        st_free(m);
        st_source_free(in);
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    }
    m->base = (st_source){&ops, in->format};
    m->in = in;
    m->scan = *scan;
    *out = &m->base;
    return ST_OK;
}
