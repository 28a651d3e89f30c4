/* match_recipe: a recipe that was given, brought into the order of the stems.
 * Source: docs/formats.md, "Mix recipe". */
#ifndef ST_MIX_MATCH_RECIPE_H
#define ST_MIX_MATCH_RECIPE_H

#include "core/attr.h"
#include "core/err.h"
#include "mix/recipe.h"

/* The stems of `recipe` in the order of names[count], those it lacks added
 * with all moves off (role, channels from there); sources and targets follow.
 * ST_NOT_FOUND when it has a stem that is none of the names: the sentence says
 * which; ST_LIMIT. [any] */
ST_MUST_USE st_status st_mix_recipe_match(st_mix_recipe *recipe,
                                          const char *const *names,
                                          const st_role *roles,
                                          const int *channels, int count,
                                          st_err *err);

#endif
