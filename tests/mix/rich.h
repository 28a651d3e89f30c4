/* rich: a recipe in which every kind of move does something, and one with any
 * values at all, for the tests of this room. */
#ifndef ST_TESTS_MIX_RICH_H
#define ST_TESTS_MIX_RICH_H

#include "mix/recipe.h"

/* Stems of the rich recipe. */
enum { RICH_KICK, RICH_BASS, RICH_KEYS, RICH_VOICE, RICH_DRUMS, RICH_STEMS };

/* Five stems, mono and stereo, every slot of every strip and bus on, keys
 * across stems, ducks of stems and buses, both returns. Values stay where
 * nothing clips or booms. */
void rich_make(st_mix_recipe *r, int rate_hz);
/* Twelve stems, every move on with values anywhere in their bounds that are no
 * round numbers, every move with a reason of its own. */
void rich_random(st_mix_recipe *r, uint64_t seed);
/* Five seconds or so of stem i: [channels][frames]. */
void rich_sound(int stem, float *left, float *right, size_t frames,
                int rate_hz);

#endif
