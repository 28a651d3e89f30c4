#include "analysis/harmony_cells.h"

#include "core/alloc.h"

#include <math.h>
#include <string.h>

enum {
    BINS = ST_CELL_BINS,
    NOTES = ST_CELL_NOTES,
    BLOCK = 1024, /* cells */
    NEAR = 11     /* cells in 2 s */
};

static const float quiet = 1e-7f; /* of a magnitude: silence */
static const float depth = 0.0625f;

/* Bin i has the square root top * value[i] / 255. */
typedef struct {
    float top;
    uint8_t value[BINS];
} cell;

struct st_cells {
    cell **block;
    size_t blocks, room; /* made; in the list */
    int64_t cells;
    int filled; /* frames in sum */
    bool full;  /* memory ran out */
    float sum[BINS];
};

st_status st_cells_new(st_cells **out) {
    *out = st_calloc(1, sizeof **out);
    return *out != NULL ? ST_OK : ST_NO_MEM;
}

void st_cells_free(st_cells *c) {
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->blocks; i++)
        st_free(c->block[i]);
    st_free(c->block);
    st_free(c);
}

void st_cells_reset(st_cells *c) {
    c->cells = 0;
    c->filled = 0;
    c->full = false;
    memset(c->sum, 0, sizeof c->sum);
}

static bool grow(st_cells *c) {
    if (c->blocks == c->room) {
        void *list = c->block;
        if (st_regrow(&list, c->room, c->room + 64, sizeof(void *)) != ST_OK)
            return false;
        c->block = list;
        c->room += 64;
    }
    c->block[c->blocks] = st_calloc(BLOCK, sizeof(cell));
    if (c->block[c->blocks] == NULL)
        return false;
    c->blocks++;
    return true;
}

static void keep(st_cells *c) {
    if (c->full ||
        ((size_t)c->cells >= c->blocks * (size_t)BLOCK && !grow(c))) {
        c->full = true;
        return;
    }
    cell *k = &c->block[c->cells / BLOCK][c->cells % BLOCK];
    float top = 0.0f;
    for (int i = 0; i < BINS; i++)
        top = c->sum[i] > top ? c->sum[i] : top;
    float mean = top / (float)c->filled;
    bool silent = mean * mean < quiet;
    float scale = silent ? 0.0f : 255.0f / top;
    k->top = silent ? 0.0f : mean;
    for (int i = 0; i < BINS; i++)
        k->value[i] = (uint8_t)(c->sum[i] * scale + 0.5f);
    memset(c->sum, 0, sizeof c->sum);
    c->filled = 0;
    c->cells++;
}

static void on_frame(void *ctx, int64_t frame, const float *bins) {
    st_cells *c = ctx;
    (void)frame;
    for (int i = 0; i < BINS; i++)
        c->sum[i] += sqrtf(bins[i]);
    if (++c->filled == ST_CELL_FRAMES)
        keep(c);
}

st_frame_sink st_cells_sink(st_cells *c) {
    return (st_frame_sink){on_frame, c};
}

st_status st_cells_end(st_cells *c) {
    if (c->filled > 0)
        keep(c);
    return c->full ? ST_NO_MEM : ST_OK;
}

bool st_cells_full(const st_cells *c) {
    return c->full;
}

int64_t st_cells_count(const st_cells *c) {
    return c->cells;
}

/* --- reading --- */

static const cell *at(const st_cells *c, int64_t i) {
    return &c->block[i / BLOCK][i % BLOCK];
}

float st_cells_level(const st_cells *c, int64_t i) {
    float top = at(c, i)->top;
    return top * top;
}

/* Semitone k covers three bins around 3 k + cents * 3 / 100. */
void st_cells_fold(const st_cells *c, int64_t i, double cents, float *out) {
    const cell *k = at(c, i);
    double shift = cents * 3.0 / 100.0;
    double whole = floor(shift);
    float part = (float)(shift - whole), scale = k->top / (3.0f * 255.0f);
    float padded[BINS + 8] = {0};
    for (int b = 0; b < BINS; b++)
        padded[b + 4] = (float)k->value[b];
    const float *v = padded + 3 + (int)whole;
    for (int n = 0; n < NOTES; n++, v += 3)
        out[n] = ((1.0f - part) * v[0] + v[1] + v[2] + part * v[3]) * scale;
}

static float greatest(const float *v, int64_t n) {
    float top = 0.0f;
    for (int64_t i = 0; i < n; i++)
        top = v[i] > top ? v[i] : top;
    return top;
}

st_status st_cells_rows(const st_cells *c, double cents, float *out) {
    float *top = st_calloc((size_t)c->cells, sizeof *top);
    if (top == NULL)
        return ST_NO_MEM;
    for (int64_t i = 0; i < c->cells; i++) {
        st_cells_fold(c, i, cents, out + i * NOTES);
        top[i] = greatest(out + i * NOTES, NOTES);
    }
    float floor_level = depth * greatest(top, c->cells);
    for (int64_t i = 0; i < c->cells; i++) {
        int64_t from = i > NEAR ? i - NEAR : 0;
        int64_t to = i + NEAR < c->cells ? i + NEAR + 1 : c->cells;
        float level = greatest(top + from, to - from);
        level = level > floor_level ? level : floor_level;
        float scale = level > 0.0f ? 1.0f / level : 0.0f;
        for (int n = 0; n < NOTES; n++)
            out[i * NOTES + n] *= scale;
    }
    st_free(top);
    return ST_OK;
}
