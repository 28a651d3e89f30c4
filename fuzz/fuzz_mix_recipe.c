/* Any bytes as a mix recipe: what is taken is in range, survives being written
 * and read again, and stays so under any --accept. */
#include "core/json.h"
#include "mix/recipe_json.h"
#include "mix/recipe_parts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(st_mix_recipe *r) {
    st_move_walk walk = {0};
    if (r->stems > ST_MIX_STEMS || r->ducks > ST_MIX_DUCKS)
        abort();
    for (st_move *m; (m = st_mix_recipe_next(r, &walk)) != NULL;) {
        const st_move_info *about = st_move_about(m->kind);
        for (int i = 0; i < about->count; i++) {
            const st_move_field *f = &about->field[i];
            double counts = st_move_value(m, i);
            if (!(m->value[i] >= f->min && m->value[i] <= f->max &&
                  counts >= f->min && counts <= f->max))
                abort();
        }
        if (!(m->amount >= 0 && m->amount <= 1) || m->source >> r->stems != 0 ||
            memchr(m->reason, 0, sizeof m->reason) == NULL)
            abort();
    }
    for (int i = 0; i < r->ducks; i++)
        if (r->duck[i].target < ST_TARGET_BUS
                ? r->duck[i].target >= r->stems
                : r->duck[i].target >= ST_TARGET_BUS + ST_BUS_COUNT)
            abort();
}

static void check_again(st_mix_recipe *r, json_t *document) {
    static st_mix_recipe back;
    st_move_walk walk = {0}, other = {0};
    st_err err = {0};
    bool complete = false;
    json_t *again = st_mix_recipe_json(r, document);
    if (again == NULL ||
        st_mix_recipe_parse(&back, &complete, again, &err) != ST_OK ||
        !complete || back.stems != r->stems || back.ducks != r->ducks)
        abort();
    check(&back);
    for (st_move *m; (m = st_mix_recipe_next(r, &walk)) != NULL;) {
        const st_move *n = st_mix_recipe_next(&back, &other);
        if (m->on != n->on || m->amount != n->amount || m->source != n->source)
            abort();
        if (memcmp(m->value, n->value, sizeof m->value) != 0)
            abort();
    }
    json_decref(again);
}

/* A field of the document as a list for --accept. */
static void accept_any(st_mix_recipe *r, const json_t *document) {
    const char *list = json_string_value(json_object_get(document, "accept"));
    st_err err = {0};
    if (list == NULL)
        return;
    if (st_mix_recipe_accept(r, list, &err) != ST_OK && err.text[0] == '\0')
        abort();
    check(r);
}

/* Any document may be asked what in it nobody knows. */
static void tell(void *ctx, const char *path, const char *near) {
    (void)ctx;
    if (path[0] == '\0' || (near != NULL && near[0] == '\0'))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static st_mix_recipe r;
    json_t *doc = NULL;
    st_err err = {0};
    bool complete;
    if (st_json_load(&doc, (const char *)data, size, NULL, &err) != ST_OK)
        return 0;
    st_mix_recipe_unknown(doc, tell, NULL);
    if (st_mix_recipe_parse(&r, &complete, doc, &err) == ST_OK) {
        check(&r);
        check_again(&r, doc);
        accept_any(&r, doc);
    } else if (err.text[0] == '\0') {
        abort();
    }
    json_decref(doc);
    return 0;
}
