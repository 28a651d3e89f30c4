/* harmony_cells: constant-Q frames gathered to cells, folded with the tuning.
 * Source: Mauch & Dixon 2010 (three bins a semitone); square roots instead of
 * magnitudes, so that a drum hit in a cell does not cover its chord. */
#ifndef ST_ANALYSIS_HARMONY_CELLS_H
#define ST_ANALYSIS_HARMONY_CELLS_H

#include "analysis/frames.h"
#include "core/attr.h"
#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    ST_CELL_FRAMES = 8,
    ST_CELL_BINS = 252, /* 36 an octave from C1 */
    ST_CELL_NOTES = 84  /* semitones from C1 */
};

typedef struct st_cells st_cells;

/* ST_NO_MEM. [main] */
ST_MUST_USE st_status st_cells_new(st_cells **out);
void st_cells_free(st_cells *c);  /* NULL is fine [main] */
void st_cells_reset(st_cells *c); /* as new; keeps its memory [rt] */
/* Takes frames of ST_CELL_BINS magnitudes, 256 bytes a cell of
 * ST_CELL_FRAMES; the lack of memory is told by _end. [main] */
st_frame_sink st_cells_sink(st_cells *c);
/* Ends the last cell, of whatever frames it has. ST_NO_MEM. [main] */
ST_MUST_USE st_status st_cells_end(st_cells *c);
/* Memory has run out: frames are lost. [any] */
bool st_cells_full(const st_cells *c);
/* Cells ended. [any] */
int64_t st_cells_count(const st_cells *c);
/* The greatest magnitude in a cell, of its means. [any] */
float st_cells_level(const st_cells *c, int64_t cell);
/* out[ST_CELL_NOTES] for A4 = 440 * 2^(cents / 1200) Hz: the mean square root
 * of each semitone's bins, not scaled. [any] */
void st_cells_fold(const st_cells *c, int64_t cell, double cents, float *out);
/* out[count of cells][ST_CELL_NOTES]: all of them, each divided by the
 * greatest value within 2 s around it, or by 1/16 of the greatest of all
 * (48 dB under it) where that is more; silence gives zeros. ST_NO_MEM. [any]
 */
ST_MUST_USE st_status st_cells_rows(const st_cells *c, double cents,
                                    float *out);

#endif
