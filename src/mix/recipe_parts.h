/* recipe_parts: which moves a strip, a bus and the mix have in a document, and
 * what in a document is none of them.
 * Source: docs/formats.md, "stemma.mix-recipe/1".
 *
 * Names that begin with "x-", "x_" or "_" are a person's own: nobody asks what
 * they are. */
#ifndef ST_MIX_RECIPE_PARTS_H
#define ST_MIX_RECIPE_PARTS_H

#include "core/attr.h"
#include "core/err.h"
#include "mix/recipe.h"

#include <jansson.h>

/* `count` 0: one move in that slot; else a list of so many from it on. */
typedef struct {
    const char *name;
    st_move_kind kind;
    int slot, count;
} st_recipe_part;

/* Each ends with a NULL name. */
extern const st_recipe_part st_strip_parts[];
extern const st_recipe_part st_bus_parts[];
extern const st_recipe_part st_mix_parts[];
extern const st_recipe_part st_return_parts[]; /* slots mean nothing */

/* ST_BAD_DATA names the first thing that looks like a move (an object, or a
 * list of them) and has the name of none that can stand there. [any] */
ST_MUST_USE st_status st_recipe_moves_known(const json_t *document,
                                            st_err *err);
/* One field that nobody reads: `path` from the top ("stems[2].eq[0].gian_db"),
 * `near` the name that was perhaps meant, or NULL. */
typedef void (*st_recipe_unknown_fn)(void *ctx, const char *path,
                                     const char *near);
/* All fields of a mix recipe, its groups and its master's that are not known.
 * Any document may come in. [any] */
void st_mix_recipe_unknown(json_t *document, st_recipe_unknown_fn tell,
                           void *ctx);

#endif
