/* guard: the guardrails of a mix, kept by measuring and changing.
 * Source: issue row M45, "M decisions": average gain reduction under 3 dB a
 * stem and a bus, side gain at most 140 %, correlation at least 0.1, fold-down
 * loss at most 3 dB, 6 dB of headroom before the master. EQ within +-4 dB: one
 * band by the bounds of mix/move.h, bands that overlap by st_guard_eq.
 *
 * What the user gave is left alone and reported. */
#ifndef ST_MIX_GUARD_H
#define ST_MIX_GUARD_H

#include "mix/render.h"

#define ST_GUARD_REDUCTION_DB 3.0
#define ST_GUARD_CORRELATION 0.1
#define ST_GUARD_FOLD_DB 3.0
#define ST_GUARD_PEAK_DBFS (-6.0)

#define ST_GUARD_EQ_DB 4.0
#define ST_GUARD_WIDTH_PCT 140.0

/* EQ and dynamic EQ whose bands add up to more than 4 dB anywhere are weakened,
 * bands of the user aside. [any] */
void st_guard_eq(st_mix_recipe *recipe);
/* Largest sum of bands of one kind (at most ST_MIX_EQS), |dB|. [any] */
double st_guard_eq_db(const st_move *bands, int count, double rate_hz);
/* The same of all EQs of a recipe. [any] */
double st_guard_most_eq_db(const st_mix_recipe *recipe);
/* Compressors of stems that work too hard are eased, and lost level is put back
 * (makeup). Bit i: stem i has to be printed anew. [any] */
uint64_t st_guard_strips(st_mix_recipe *recipe, const st_print *prints);
/* The same of the buses, and the width of the mix; true: the desk has to run
 * again. [any] */
bool st_guard_desk(st_mix_recipe *recipe, const st_premix *premix);
/* Sets the gain of the mix so that its peaks leave 6 dB. [any] */
void st_guard_headroom(st_mix_recipe *recipe, const st_premix *premix);

/* The figures of a finished premix and whether each guard holds. */
typedef struct {
    double peak_dbfs; /* of the premaster */
    double bus_peak_dbfs[ST_BUS_COUNT];
    double correlation;
    double fold_loss_db; /* docs/measures.md, mono_loss_db: 0 or below */
    double width_pct;
    double most_reduction_db; /* of any stem or bus */
    double most_eq_db;        /* the same, of bands added up */
    bool headroom, correlated, folds, width, reduction, eq;
} st_guard_figures;
/* One limit beside what was measured. */
typedef struct {
    const char *name;  /* "headroom": as in documents */
    const char *title; /* "Headroom" */
    const char *rule;  /* "peaks before the master at most -6 dBFS" */
    const char *unit;  /* "dB", "dBFS", "%" or "" */
    double limit, measured;
    double by; /* how far over the limit, 0 while it holds */
    int decimals;
    bool held;
} st_guard_line;
enum { ST_GUARD_LINES = 6 };
/* All limits, in the order of the report. [any] */
void st_guard_lines(const st_guard_figures *f,
                    st_guard_line out[ST_GUARD_LINES]);
st_guard_figures st_guard_check(const st_mix_recipe *recipe,
                                const st_print *prints,
                                const st_premix *premix);

#endif
