#include "mix/stage_mix.h"

#include <string.h>

/* Are the stems still the sounds that a recipe was made for? It keeps the
 * hash of each one's samples; of a group, those of its members. */

/* Whose sound it was when the recipe was made; NULL: of none in it. */
static const char *owner_of(const st_mix_job *job, const char *hash) {
    const json_t *stems = json_object_get(job->given, "stems");
    const json_t *groups = json_object_get(job->given, "groups"), *one;
    size_t i, k;
    json_array_foreach(stems, i, one) {
        const char *its = json_string_value(json_object_get(one, "hash"));
        if (its != NULL && strcmp(its, hash) == 0)
            return json_string_value(json_object_get(one, "name"));
    }
    json_array_foreach(groups, i, one) {
        const json_t *members = json_object_get(one, "members"), *row;
        json_array_foreach(members, k, row) {
            const char *its = json_string_value(json_object_get(row, "hash"));
            if (its != NULL && strcmp(its, hash) == 0)
                return json_string_value(json_object_get(row, "file"));
        }
    }
    return NULL;
}

static void compare(const st_mix_job *job, const st_session_file *f,
                    const char *was, const char *is) {
    if (was == NULL || was[0] == '\0' || strcmp(was, is) == 0)
        return;
    const char *owner = owner_of(job, is);
    st_ctx_warn(job->ctx, "stem_changed",
                "%s is not the sound that the recipe was made for: %s%s. It "
                "was mixed as the recipe says; for moves that fit it, take the "
                "stem's moves and \"complete\" out of the recipe.",
                f->label,
                owner != NULL ? "it holds what was " : "it changed since",
                owner != NULL ? owner : "");
}

static const json_t *given_members(const st_mix_job *job, const char *name) {
    const json_t *groups = json_object_get(job->given, "groups"), *one;
    size_t i;
    json_array_foreach(groups, i, one) {
        const char *its = json_string_value(json_object_get(one, "name"));
        if (its != NULL && strcmp(its, name) == 0)
            return json_object_get(one, "members");
    }
    return NULL;
}

/* Members stand in a group in the order of the document. */
static void compare_members(const st_mix_job *job, const st_session_file *f) {
    const st_session_group *g = &job->session.group[f->group - 1];
    const json_t *rows = given_members(job, f->name);
    for (int k = 0; k < g->count; k++) {
        char is[ST_HASH_TEXT_BYTES];
        const json_t *row = json_array_get(rows, (size_t)k);
        if (st_session_hash(&job->session, g->file[k], is))
            compare(job, &job->session.file[g->file[k]],
                    json_string_value(json_object_get(row, "hash")), is);
    }
}

void st_mix_same_stems(st_mix_job *job) {
    _Static_assert(sizeof job->recipe.stem[0].hash >= ST_HASH_TEXT_BYTES,
                   "a hash has to fit into a stem");
    for (int i = 0; i < job->recipe.stems; i++) {
        const st_session_file *f = &job->session.file[job->heard.file[i]];
        char is[ST_HASH_TEXT_BYTES], *own = job->recipe.stem[i].hash;
        if (f->group > 0) {
            compare_members(job, f);
            own[0] = '\0';
        } else if (st_session_hash(&job->session, job->heard.file[i], is)) {
            compare(job, f, own, is);
            memcpy(own, is, sizeof is);
        }
    }
}
