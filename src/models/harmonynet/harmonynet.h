/* harmonynet: chords and what keys are told by, from cells of semitones.
 * Source: own; MODEL.md beside this file has it layer by layer, reference.py
 * runs the same in numpy, training/harmony_train.py made the weights.
 *
 * Every layer acts alike on all twelve pitch classes: a transposed recording
 * has transposed answers, but for what the octave does: where the circle of
 * classes closes, notes are seen an octave further, and "none" depends on the
 * register. Cells are those of analysis/harmony_cells.h. Equal to torch within
 * 1e-4. */
#ifndef ST_MODELS_HARMONYNET_H
#define ST_MODELS_HARMONYNET_H

#include "core/attr.h"
#include "core/err.h"
#include "nn/weights.h"

#include <stdint.h>

enum {
    ST_HARMONYNET_NOTES = 84,     /* semitones of a cell, from C1 */
    ST_HARMONYNET_QUALITIES = 8,  /* maj min dim aug sus4 7 maj7 min7 */
    ST_HARMONYNET_CHORDS = 97,    /* root * 8 + quality; the last: none */
    ST_HARMONYNET_FEATURES = 288, /* of a cell: 12 pitch classes x 24 */
    ST_HARMONYNET_KEYS = 25       /* tonic * 2 + minor; the last: none */
};

typedef struct st_harmonynet st_harmonynet;

/* What a run gives, each in the caller's memory; row 0 is the first cell that
 * was asked for. */
typedef struct {
    float *chords;    /* [..][ST_HARMONYNET_CHORDS] logits */
    float *features;  /* [..][ST_HARMONYNET_FEATURES] for a pool */
    float *attention; /* [..] for a pool */
} st_harmonynet_out;

/* Sums over cells that a key is told from; all zero at the start. */
typedef struct {
    int64_t cells;
    double weight; /* of `attended` */
    float plain[ST_HARMONYNET_FEATURES], attended[ST_HARMONYNET_FEATURES];
} st_harmonynet_pool;

/* weights NULL: those that are part of the program. They are copied.
 * ST_NOT_FOUND, ST_BAD_DATA, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_harmonynet_new(st_harmonynet **out,
                                        const st_weights *weights, st_err *err);
void st_harmonynet_free(st_harmonynet *net); /* NULL is fine [any] */
/* Of rows[cells][ST_HARMONYNET_NOTES], the cells from..to - 1 (0 <= from <= to
 * <= cells); before and behind them is silence. A cell's answer depends on 31
 * cells to each side and not on from and to. [one at a time] */
void st_harmonynet_run(st_harmonynet *net, const float *rows, int64_t cells,
                       int64_t from, int64_t to, const st_harmonynet_out *out);
/* Adds `cells` rows of what _run gave. [any] */
void st_harmonynet_pool_add(st_harmonynet_pool *pool, const float *features,
                            const float *attention, int64_t cells);
/* Adds another pool. [any] */
void st_harmonynet_pool_join(st_harmonynet_pool *pool,
                             const st_harmonynet_pool *other);
/* Logits of the key of what is in the pool, a cell or more. [any] */
void st_harmonynet_key(const st_harmonynet *net, const st_harmonynet_pool *pool,
                       float keys[ST_HARMONYNET_KEYS]);

#endif
