/* grid: feature frames of any length of sound in a fixed number of columns.
 * Source: as spectrum.h's pieces: when the columns are full, pairs are joined
 * to their mean and each column stands for twice as many frames. */
#ifndef ST_ANALYSIS_GRID_H
#define ST_ANALYSIS_GRID_H

#include "core/attr.h"
#include "core/status.h"

#include <stdint.h>

typedef struct st_grid st_grid;

/* rows 1..65537, columns 2..65536 and even. ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_grid_new(st_grid **out, int rows, int columns);
void st_grid_free(st_grid *g);  /* NULL is fine [main] */
void st_grid_reset(st_grid *g); /* as new [rt] */
/* The next frame, values[rows]. [rt] */
void st_grid_add(st_grid *g, const float *values);
/* For use as a st_frame_sink: ctx is the grid. [rt] */
void st_grid_sink(void *ctx, int64_t frame, const float *values);
int st_grid_rows(const st_grid *g);
/* Columns in use; the last may stand for fewer frames. [any] */
int st_grid_columns(const st_grid *g);
int64_t st_grid_frames(const st_grid *g);
/* Frames a whole column stands for, a power of two. [any] */
int64_t st_grid_step(const st_grid *g);
/* out[rows]: mean of a column's frames. column 0..columns-1. [any] */
void st_grid_column(const st_grid *g, int column, float *out);

#endif
