#include "analysis/grid.h"

#include "core/alloc.h"

#include <string.h>

struct st_grid {
    size_t rows, columns;
    float *sum; /* [columns][rows] */
    int64_t frames, step;
};

st_status st_grid_new(st_grid **out, int rows, int columns) {
    if (rows < 1 || rows > 65537 || columns < 2 || columns > 65536 ||
        columns % 2 != 0)
        return ST_BAD_ARG;
    st_grid *g = st_calloc(1, sizeof *g);
    if (g == NULL)
        return ST_NO_MEM;
    g->rows = (size_t)rows;
    g->columns = (size_t)columns;
    g->step = 1;
    g->sum = st_calloc(g->rows * g->columns, sizeof(float));
    if (g->sum == NULL) {
        st_grid_free(g);
        return ST_NO_MEM;
    }
    *out = g;
    return ST_OK;
}

void st_grid_free(st_grid *g) {
    if (g == NULL)
        return;
    st_free(g->sum);
    st_free(g);
}

void st_grid_reset(st_grid *g) {
    memset(g->sum, 0, g->rows * g->columns * sizeof(float));
    g->frames = 0;
    g->step = 1;
}

static void join_pairs(st_grid *g) {
    size_t half = g->columns / 2;
    for (size_t c = 0; c < half; c++)
        for (size_t r = 0; r < g->rows; r++)
            g->sum[c * g->rows + r] =
                g->sum[2 * c * g->rows + r] + g->sum[(2 * c + 1) * g->rows + r];
    memset(g->sum + half * g->rows, 0, half * g->rows * sizeof(float));
    g->step *= 2;
}

void st_grid_add(st_grid *g, const float *values) {
    if (g->frames / g->step >= (int64_t)g->columns)
        join_pairs(g);
    float *to = g->sum + (size_t)(g->frames / g->step) * g->rows;
    for (size_t r = 0; r < g->rows; r++)
        to[r] += values[r];
    g->frames++;
}

void st_grid_sink(void *ctx, int64_t frame, const float *values) {
    (void)frame;
    st_grid_add(ctx, values);
}

int st_grid_rows(const st_grid *g) {
    return (int)g->rows;
}

int st_grid_columns(const st_grid *g) {
    return (int)((g->frames + g->step - 1) / g->step);
}

int64_t st_grid_frames(const st_grid *g) {
    return g->frames;
}

int64_t st_grid_step(const st_grid *g) {
    return g->step;
}

void st_grid_column(const st_grid *g, int column, float *out) {
    int64_t left = g->frames - column * g->step;
    float scale = 1.0f / (float)(left < g->step ? left : g->step);
    const float *sum = g->sum + (size_t)column * g->rows;
    for (size_t r = 0; r < g->rows; r++)
        out[r] = sum[r] * scale;
}
