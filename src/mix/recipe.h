/* recipe: a whole mix as moves: each stem's strip, the buses, the side-chain
 * matrix, the returns, the mix bus and the master.
 * Source: issue rows M22-M35, M48-M54; JSON "stemma.mix-recipe/1"
 * (docs/formats.md).
 *
 * It is what `mix` decides, shows, renders, compares, and takes back after a
 * person has edited it. Signal flow, in the order of the slots:
 *   stem: staging, polarity, filters, EQ, dynamic EQ, de-esser, compressor,
 *         (ducks of this stem), fader, pan and width, sends
 *   bus:  EQ, compressor, transients, parallel, (ducks of this bus), fader
 *   mix:  sum of buses and returns, EQ, width, gain
 * A stem's fader is its gain from file to bus: what staging did before the
 * dynamics, the fader takes back. Plain data: copied by assignment, but for the
 * documents that only recipe_json.c touches. */
#ifndef ST_MIX_RECIPE_H
#define ST_MIX_RECIPE_H

#include "audio/role.h"
#include "mix/move.h"

#include <stddef.h>

enum { ST_MIX_EQS = 6, ST_MIX_DYNEQS = 4, ST_MIX_DUCKS = 6, ST_MIX_NAME = 96 };

/* Slots of a strip. */
enum {
    ST_STRIP_STAGING,
    ST_STRIP_POLARITY,
    ST_STRIP_HIGHPASS,
    ST_STRIP_LOWPASS,
    ST_STRIP_EQ,
    ST_STRIP_DYNEQ = ST_STRIP_EQ + ST_MIX_EQS,
    ST_STRIP_DEESSER = ST_STRIP_DYNEQ + ST_MIX_DYNEQS,
    ST_STRIP_COMPRESSOR,
    ST_STRIP_FADER,
    ST_STRIP_PLACE,
    ST_STRIP_REVERB,
    ST_STRIP_DELAY,
    ST_STRIP_SLOTS
};

typedef struct {
    char name[ST_MIX_NAME]; /* unique in the recipe; file name without ending */
    char hash[72];          /* of its samples (docs/formats.md, pcm), or "" */
    st_role role;
    st_bus bus;
    int channels; /* 1 or 2 */
    st_move move[ST_STRIP_SLOTS];
} st_mix_stem;

/* Slots of a bus. */
enum {
    ST_BUSMOVE_EQ,
    ST_BUSMOVE_COMPRESSOR = ST_BUSMOVE_EQ + ST_MIX_EQS,
    ST_BUSMOVE_TRANSIENT,
    ST_BUSMOVE_PARALLEL,
    ST_BUSMOVE_FADER,
    ST_BUSMOVE_SLOTS
};

/* Slots of the mix bus. */
enum {
    ST_MIXMOVE_EQ,
    ST_MIXMOVE_PLACE = ST_MIXMOVE_EQ + ST_MIX_EQS,
    ST_MIXMOVE_FADER,
    ST_MIXMOVE_SLOTS
};

typedef struct {
    int rate_hz;
    int stems;
    double tempo_bpm; /* 0: none */
    char preset[64];
    st_mix_stem stem[ST_MIX_STEMS];
    st_move bus[ST_BUS_COUNT][ST_BUSMOVE_SLOTS];
    int ducks;
    st_move duck[ST_MIX_DUCKS];
    st_move reverb, delay;
    st_move mix[ST_MIXMOVE_SLOTS];
} st_mix_recipe;

/* No stem, no move on. [any] */
void st_mix_recipe_init(st_mix_recipe *recipe);
/* A stem more, all moves off; -1 when there is no room. [any] */
int st_mix_recipe_add(st_mix_recipe *recipe, const char *name, st_role role,
                      int channels);
/* Kind that stands in a slot of a strip, a bus, the mix. [any] */
st_move_kind st_strip_kind(int slot);
st_move_kind st_busmove_kind(int slot);
st_move_kind st_mixmove_kind(int slot);

/* Every move of a recipe in the order of the signal, with its name:
 * "bass.eq2", "music.compressor", "duck1", "reverb", "mix.fader". The name
 * stands until the next call with the same `it`. Start with a zeroed one; NULL
 * at the end. [any] */
typedef struct {
    int at;
    char name[ST_MIX_NAME + 32];
} st_move_walk;
st_move *st_mix_recipe_next(st_mix_recipe *recipe, st_move_walk *it);

/* Decide a value: clamped to its bounds, unless the user gave the move.
 * Switches the move on. [any] */
void st_move_set(st_move *move, int field, double value);

#endif
