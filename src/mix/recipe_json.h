/* recipe_json: a mix recipe as a document, and back.
 * Source: docs/formats.md, "Mix recipe"; JSON "stemma.mix-recipe/1".
 *
 * Moves that are off do not stand in it. "complete": true says that nothing is
 * left to decide; without it, what the document does not say is decided.
 * Fields that are not known here are kept. */
#ifndef ST_MIX_RECIPE_JSON_H
#define ST_MIX_RECIPE_JSON_H

#include "core/attr.h"
#include "core/err.h"
#include "mix/recipe.h"

#include <jansson.h>

/* Parse a document (borrowed); every move in it counts as given. *complete gets
 * that field. ST_BAD_DATA: wrong schema, type, range, an unknown stem, role or
 * move: the sentence names the place. ST_UNSUPPORTED: a newer major. [any] */
ST_MUST_USE st_status st_mix_recipe_parse(st_mix_recipe *out, bool *complete,
                                          const json_t *document, st_err *err);
/* As a new document; `base` (or NULL): one that was parsed, whose unknown
 * fields are kept. NULL when out of memory. [any] */
json_t *st_mix_recipe_json(const st_mix_recipe *recipe, json_t *base);

/* The amounts of --accept: words with a comma between, each the name of a move
 * or the beginning of names up to a dot ("bass", "bass.eq", "all"), with "=N"
 * percent behind it, or "-" before it for none: "all,-lead.deesser,bass.eq=50".
 * Spaces around words mean nothing; names with commas, '=' or spaces may stand
 * as they are or in quotes; a stem may be named with its file's ending.
 * Without an "all" at the beginning everything not named stays. ST_BAD_ARG
 * names the word that fits nothing. [any] */
ST_MUST_USE st_status st_mix_recipe_accept(st_mix_recipe *recipe,
                                           const char *list, st_err *err);

#endif
