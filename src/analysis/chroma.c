#include "analysis/chroma.h"

#include "analysis/cqt.h"
#include "core/alloc.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    FINE = ST_CHROMA_FINE,
    CLASSES = ST_CHROMA_CLASSES,
    BLOCK = 1024, /* frames */
    OCTAVES = 7,
    BASS_OCTAVES = 3,
    PARTS = 2
};

/* One frame of one part: class i is top * part[i] / 65535. */
typedef struct {
    float top[PARTS];
    uint16_t part[PARTS][FINE];
} frame;

struct st_chroma {
    st_cqt *cqt;
    frame **block;
    size_t blocks, room; /* made; in the list */
    int64_t frames;
    st_frame_sink tap, fine;
    bool full; /* memory ran out */
    bool forgets;
};

static bool grow(st_chroma *c) {
    if (c->blocks == c->room) {
        void *list = c->block;
        if (st_regrow(&list, c->room, c->room + 64, sizeof(void *)) != ST_OK)
            return false;
        c->block = list;
        c->room += 64;
    }
    c->block[c->blocks] = st_calloc(BLOCK, sizeof(frame));
    if (c->block[c->blocks] == NULL)
        return false;
    c->blocks++;
    return true;
}

static void keep_part(frame *f, int part, const float *fine) {
    float top = 0.0f;
    for (int i = 0; i < FINE; i++)
        top = fine[i] > top ? fine[i] : top;
    float scale = top > 1e-30f ? 65535.0f / top : 0.0f;
    f->top[part] = top;
    for (int i = 0; i < FINE; i++)
        f->part[part][i] = (uint16_t)(fine[i] * scale + 0.5f);
}

static void keep(st_chroma *c, int64_t at, const float *fine) {
    if (c->full || ((size_t)at >= c->blocks * BLOCK && !grow(c))) {
        c->full = true;
        return;
    }
    frame *f = &c->block[at / BLOCK][at % BLOCK];
    for (int part = 0; part < PARTS; part++)
        keep_part(f, part, fine + part * FINE);
    c->frames = at + 1;
}

static void on_frame(void *ctx, int64_t at, const float *bins) {
    st_chroma *c = ctx;
    float fine[PARTS * FINE] = {0};
    if (c->tap.frame != NULL)
        c->tap.frame(c->tap.ctx, at, bins);
    if (c->forgets && c->fine.frame == NULL)
        return;
    for (int o = 0; o < OCTAVES; o++)
        for (int i = 0; i < FINE; i++)
            fine[(o < BASS_OCTAVES ? 0 : FINE) + i] += bins[o * FINE + i];
    if (!c->forgets)
        keep(c, at, fine);
    if (c->fine.frame == NULL)
        return;
    for (int i = 0; i < FINE; i++)
        fine[i] += fine[FINE + i];
    c->fine.frame(c->fine.ctx, at, fine);
}

st_status st_chroma_new(st_chroma **out, double rate_hz, int hop) {
    st_chroma *c = st_calloc(1, sizeof *c);
    if (c == NULL)
        return ST_NO_MEM;
    st_cqt_params params = st_cqt_defaults(rate_hz);
    params.per_octave = FINE;
    params.bins = FINE * OCTAVES;
    params.hop = hop;
    params.analytic = false;
    st_status status =
        st_cqt_new(&c->cqt, &params, (st_frame_sink){on_frame, c});
    if (status == ST_OK)
        *out = c;
    else
        st_chroma_free(c);
    return status;
}

void st_chroma_free(st_chroma *c) {
    if (c == NULL)
        return;
    st_cqt_free(c->cqt);
    for (size_t i = 0; i < c->blocks; i++)
        st_free(c->block[i]);
    st_free(c->block);
    st_free(c);
}

void st_chroma_reset(st_chroma *c) {
    st_cqt_reset(c->cqt);
    c->frames = 0;
    c->full = false;
}

void st_chroma_tap(st_chroma *c, st_frame_sink sink) {
    c->tap = sink;
}

void st_chroma_tap_fine(st_chroma *c, st_frame_sink sink) {
    c->fine = sink;
}

void st_chroma_forget(st_chroma *c) {
    for (size_t i = 0; i < c->blocks; i++)
        st_free(c->block[i]);
    c->forgets = true;
    c->blocks = 0;
    c->frames = 0;
}

st_status st_chroma_process(st_chroma *c, const float *in, int64_t n) {
    st_cqt_process(c->cqt, in, n);
    return c->full ? ST_NO_MEM : ST_OK;
}

st_status st_chroma_finish(st_chroma *c) {
    st_cqt_finish(c->cqt);
    return c->full ? ST_NO_MEM : ST_OK;
}

int64_t st_chroma_frames(const st_chroma *c) {
    return c->frames;
}

/* --- reading --- */

static void add_fine(const st_chroma *c, st_chroma_part part, int64_t at,
                     float *out) {
    const frame *f = &c->block[at / BLOCK][at % BLOCK];
    for (int p = 0; p < PARTS; p++) {
        if ((part == ST_CHROMA_BASS && p != 0) ||
            (part == ST_CHROMA_TREBLE && p != 1))
            continue;
        float scale = f->top[p] / 65535.0f;
        for (int i = 0; i < FINE; i++)
            out[i] += (float)f->part[p][i] * scale;
    }
}

/* Fine class b covers b - 1/2 .. b + 1/2, pitch class k covers 3 of them
 * around 3 (k + cents / 100): their shares are 4 neighbours' overlaps. */
void st_chroma_fold(const float *fine, double cents, float *out) {
    double shift = cents * 3.0 / 100.0;
    double whole = floor(shift);
    float part = (float)(shift - whole);
    int base = (int)whole + 2 * FINE;
    for (int k = 0; k < CLASSES; k++) {
        const int at = base + 3 * k;
        out[k] = (1.0f - part) * fine[(at - 1) % FINE] + fine[at % FINE] +
                 fine[(at + 1) % FINE] + part * fine[(at + 2) % FINE];
    }
}

void st_chroma_norm_apply(float *chroma, st_chroma_norm norm) {
    float top = 0.0f, power = 0.0f;
    for (int k = 0; k < CLASSES; k++) {
        top = chroma[k] > top ? chroma[k] : top;
        power += chroma[k] * chroma[k];
    }
    float size = norm == ST_CHROMA_MAX    ? top
                 : norm == ST_CHROMA_UNIT ? sqrtf(power)
                                          : 1.0f;
    float scale = size > 1e-18f ? 1.0f / size : 0.0f;
    for (int k = 0; k < CLASSES; k++)
        chroma[k] *= scale;
}

void st_chroma_fine(const st_chroma *c, st_chroma_part part, int64_t first,
                    int64_t count, float *out) {
    memset(out, 0, (size_t)count * FINE * sizeof *out);
    for (int64_t i = 0; i < count; i++)
        add_fine(c, part, first + i, out + i * FINE);
}

void st_chroma_get(const st_chroma *c, st_chroma_part part, double cents,
                   st_chroma_norm norm, int64_t first, int64_t count,
                   float *out) {
    for (int64_t i = 0; i < count; i++, out += CLASSES) {
        float fine[FINE] = {0};
        add_fine(c, part, first + i, fine);
        st_chroma_fold(fine, cents, out);
        st_chroma_norm_apply(out, norm);
    }
}

void st_chroma_sum(const st_chroma *c, st_chroma_part part, double cents,
                   st_chroma_norm norm, int64_t first, int64_t count,
                   float *out) {
    float fine[FINE] = {0};
    for (int64_t i = 0; i < count; i++)
        add_fine(c, part, first + i, fine);
    st_chroma_fold(fine, cents, out);
    st_chroma_norm_apply(out, norm);
}
