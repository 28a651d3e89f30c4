/* strip: the chain of one stem, from its file to its print.
 * Source: issue rows M24-M30, M34; mix/recipe.h for the order.
 *
 * Staging, polarity and offset, high- and low-pass, EQ, dynamic EQ, de-esser,
 * compressor, ducks. What comes out is the *print*: still mono or stereo, at
 * the level of the staging, before fader and place. Units that act on nothing
 * are not made, so a print of a strip without moves is the stem, bit for bit
 * (but for a staging gain). */
#ifndef ST_MIX_STRIP_H
#define ST_MIX_STRIP_H

#include "dsp/dynamics.h"
#include "dsp/unit.h"
#include "mix/recipe.h"

/* Places between the units, in order, where the signal can be listened to. */
typedef enum {
    ST_TAP_INPUT, /* staged, polarity and offset mended */
    ST_TAP_FILTERS,
    ST_TAP_EQ,
    ST_TAP_DYNEQ,
    ST_TAP_DEESSER,
    ST_TAP_COMPRESSOR,
    ST_TAP_DUCK, /* the print */
    ST_TAP_COUNT
} st_strip_tap;

/* Called for each place in turn with the signal there, [channels]. */
typedef struct {
    void (*hear)(void *ctx, int tap, const float *const *signal, int frames);
    void *ctx;
} st_tap_ear;

typedef struct st_strip st_strip;

/* The chain of stem `stem` (spec.channels: its own, 1 or 2). `live`: every unit
 * is made, so that _set can bring in any move later. ST_NO_MEM, ST_BAD_ARG.
 * [main] */
ST_MUST_USE st_status st_strip_new(st_strip **out, const st_spec *spec,
                                   const st_mix_recipe *recipe, int stem,
                                   bool live);
void st_strip_free(st_strip *strip);  /* NULL is fine [main] */
void st_strip_reset(st_strip *strip); /* [rt] */
/* Values of the same recipe, changed; smoothed. Moves whose unit was not made
 * stay out. [rt] */
void st_strip_set(st_strip *strip, const st_mix_recipe *recipe);
int st_strip_latency_frames(const st_strip *strip);
/* How much later than the input the signal at a tap is. [any] */
int st_strip_tap_latency(const st_strip *strip, st_strip_tap tap);
/* Did the recipe give this place a unit of its own? [any] */
bool st_strip_has(const st_strip *strip, st_strip_tap tap);

/* Stems whose keys are needed (bit i: stem i). [any] */
uint64_t st_strip_keys(const st_mix_recipe *recipe, int stem);
/* What keys hear of a stem: mono, staged, polarity and offset mended.
 * in[channels], key[frames]. [rt] */
void st_strip_key(const st_mix_recipe *recipe, int stem, const float *const *in,
                  int channels, float *key, int frames);

/* in[channels], out[channels]; keys[i] is the key of stem i where it is needed,
 * else NULL; ear may be NULL. in may be out. [rt] */
void st_strip_process(st_strip *strip, const float *const *in,
                      const float *const *keys, float *const *out, int frames,
                      const st_tap_ear *ear);

/* What the dynamics did. [rt] */
typedef struct {
    st_reduction compressor, deesser, duck, band[ST_MIX_DYNEQS];
} st_strip_meter;
st_strip_meter st_strip_read(const st_strip *strip);

#endif
