#include "mix/match_recipe.h"

#include "core/alloc.h"

#include <string.h>

static int place_of(const char *const *names, int count, const char *name) {
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static uint64_t moved(uint64_t mask, const int *to, int count) {
    uint64_t out = 0;
    for (int i = 0; i < count; i++)
        if (mask >> i & 1)
            out |= (uint64_t)1 << to[i];
    return out;
}

static void follow(st_mix_recipe *r, const int *to, int count) {
    st_move_walk walk = {0};
    for (st_move *m; (m = st_mix_recipe_next(r, &walk)) != NULL;)
        m->source = moved(m->source, to, count);
    for (int i = 0; i < r->ducks; i++)
        if (r->duck[i].target < ST_TARGET_BUS)
            r->duck[i].target = to[r->duck[i].target];
}

/* Those that were there, at their new places; their old masks still. */
static st_status reorder(st_mix_recipe *out, const st_mix_recipe *in,
                         const char *const *names, const st_role *roles,
                         const int *channels, int count, int *to, st_err *err) {
    out->stems = 0;
    for (int i = 0; i < count; i++)
        if (st_mix_recipe_add(out, names[i], roles[i], channels[i]) < 0)
            return st_err_set(err, ST_LIMIT,
                              "A mix has at most %d stems; group some of them "
                              "(--group).",
                              (int)ST_MIX_STEMS);
    for (int i = 0; i < in->stems; i++) {
        int at = place_of(names, count, in->stem[i].name);
        if (at < 0)
            return st_err_set(err, ST_NOT_FOUND,
                              "The recipe has a stem \"%.95s\" that is not "
                              "among the files: give its file too, or take it "
                              "out of the recipe.",
                              in->stem[i].name);
        to[i] = at;
        out->stem[at] = in->stem[i];
        out->stem[at].channels = channels[at];
        if (in->stem[i].role == ST_ROLE_NONE) {
            out->stem[at].role = roles[at];
            const st_role_info *about = st_role_get(roles[at]);
            bool placed = in->stem[i].bus != ST_BUS_MUSIC; /* by hand */
            if (!placed && about != NULL && about->bus != ST_BUS_NONE)
                out->stem[at].bus = about->bus;
        }
    }
    return ST_OK;
}

st_status st_mix_recipe_match(st_mix_recipe *recipe, const char *const *names,
                              const st_role *roles, const int *channels,
                              int count, st_err *err) {
    int to[ST_MIX_STEMS] = {0};
    st_mix_recipe *in = st_calloc(1, sizeof *in);
    if (in == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    *in = *recipe;
    st_status status =
        reorder(recipe, in, names, roles, channels, count, to, err);
    if (status == ST_OK)
        follow(recipe, to, in->stems);
    st_free(in);
    return status;
}
