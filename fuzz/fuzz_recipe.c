/* Any bytes as a mastering recipe: what is taken is in range and survives
 * being written and read again. */
#include "core/json.h"
#include "master/recipe.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const st_recipe *r) {
    for (int i = 0; i < ST_SET_COUNT; i++) {
        const st_field *f = st_recipe_field((st_setting)i);
        if (!(r->value[i] >= f->min && r->value[i] <= f->max))
            abort();
    }
    for (double hz = 1; hz < 1e5; hz *= 3)
        if (!(fabs(st_recipe_eq_db(r, true, hz)) <= r->value[ST_SET_EQ_LIMIT]))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    json_t *doc = NULL;
    st_recipe *r = NULL, *back = NULL;
    st_err err = {0};
    if (st_json_load(&doc, (const char *)data, size, NULL, &err) != ST_OK)
        return 0;
    if (st_recipe_parse(&r, doc, &err) == ST_OK) {
        check(r);
        json_t *again = st_recipe_json(r);
        if (!again || st_recipe_parse(&back, again, &err) != ST_OK)
            abort();
        check(back);
        json_decref(again);
    } else if (err.text[0] == '\0') {
        abort();
    }
    st_recipe_free(r);
    st_recipe_free(back);
    json_decref(doc);
    return 0;
}
