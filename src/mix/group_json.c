#include "mix/group.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FARTHEST_DB = 60 };

/* --- out --- */

static json_t *members_json(const st_session *s, const st_session_group *g) {
    json_t *list = json_array();
    for (int i = 0; i < g->count; i++) {
        json_t *row = json_pack("{s:s, s:f}", "file", s->file[g->file[i]].label,
                                "gain_db", g->gain_db[i]);
        char hash[ST_HASH_TEXT_BYTES];
        if (st_session_hash(s, g->file[i], hash))
            json_object_set_new(row, "hash", json_string(hash));
        if (g->invert_right[i])
            json_object_set_new(row, "invert_right", json_true());
        json_array_append_new(list, row);
    }
    return list;
}

json_t *st_group_json(const st_session *session) {
    json_t *list = json_array();
    for (int i = 0; i < session->count; i++) {
        const st_session_file *f = &session->file[i];
        if (f->group == 0)
            continue;
        const st_session_group *g = &session->group[f->group - 1];
        json_array_append_new(list,
                              json_pack("{s:s, s:o}", "name", f->name,
                                        "members", members_json(session, g)));
    }
    return list;
}

/* --- in --- */

/* The place of one member in the document, for sentences. */
typedef struct {
    st_session *session;
    const char *group;
    st_err *err;
} reader;

/* A file of that label that is still free; two may have one label, then they
 * come in their order. */
static int free_file(const st_session *s, const st_session_group *g,
                     const char *label) {
    for (int i = 0; i < s->count; i++) {
        const st_session_file *f = &s->file[i];
        bool used = f->group > 0 || f->grouped;
        for (int k = 0; k < g->count; k++)
            used |= g->file[k] == i;
        if (!used &&
            (strcmp(f->label, label) == 0 || strcmp(f->name, label) == 0))
            return i;
    }
    return -1;
}

static st_status read_member(const reader *r, const json_t *doc,
                             st_session_group *g) {
    const char *label = json_string_value(json_object_get(doc, "file"));
    const json_t *number = json_object_get(doc, "gain_db");
    double gain = number == NULL           ? 0.0
                  : json_is_number(number) ? json_number_value(number)
                                           : NAN;
    if (label == NULL || !(fabs(gain) <= FARTHEST_DB))
        return st_err_set(r->err, ST_BAD_DATA,
                          "groups, \"%s\": each member needs a \"file\", and a "
                          "\"gain_db\" from -%d to %d.",
                          r->group, (int)FARTHEST_DB, (int)FARTHEST_DB);
    int file = free_file(r->session, g, label);
    if (file < 0)
        return st_err_set(r->err, ST_NOT_FOUND,
                          "groups, \"%s\": \"%.95s\" is not among the files, "
                          "or in a group already: give the file, or take it "
                          "out of the group.",
                          r->group, label);
    if (r->session->file[file].left_out)
        return st_err_set(r->err, ST_BAD_DATA, "groups, \"%s\": %s: %.120s",
                          r->group, label, r->session->file[file].why);
    g->file[g->count] = file;
    g->invert_right[g->count] =
        json_is_true(json_object_get(doc, "invert_right"));
    g->gain_db[g->count++] = gain;
    return ST_OK;
}

static st_role role_in(const st_mix_recipe *recipe, const char *name) {
    for (int i = 0; i < recipe->stems; i++)
        if (strcmp(recipe->stem[i].name, name) == 0)
            return recipe->stem[i].role;
    return ST_ROLE_NONE;
}

static bool taken(const st_session *s, const char *name) {
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->file[i].name, name) == 0 && !s->file[i].grouped)
            return true;
    return false;
}

static st_status read_group(st_session *session, const json_t *doc,
                            const st_mix_recipe *recipe, const st_taste *taste,
                            st_err *err) {
    const char *name = json_string_value(json_object_get(doc, "name"));
    const json_t *members = json_object_get(doc, "members");
    const reader r = {session, name, err};
    st_session_group g = {0};
    st_status status = ST_OK;
    if (name == NULL || name[0] == '\0' || strlen(name) >= ST_MIX_NAME ||
        !json_is_array(members) || json_array_size(members) == 0 ||
        json_array_size(members) > ST_SESSION_FILES)
        return st_err_set(err, ST_BAD_DATA,
                          "groups: each needs a \"name\" of 1 to %d bytes and "
                          "\"members\", a list of 1 to %d.",
                          (int)ST_MIX_NAME - 1, (int)ST_SESSION_FILES);
    for (size_t i = 0; status == ST_OK && i < json_array_size(members); i++)
        status = read_member(&r, json_array_get(members, i), &g);
    if (status != ST_OK)
        return status;
    for (int i = 0; i < g.count; i++)
        session->file[g.file[i]].grouped = true;
    if (taken(session, name))
        return st_err_set(err, ST_BAD_DATA,
                          "groups: \"%s\" is the name of another stem too.",
                          name);
    return st_group_add(session, &g, name, role_in(recipe, name), taste, err);
}

st_status st_group_parse(st_session *session, const json_t *groups,
                         const st_mix_recipe *recipe, const st_taste *taste,
                         st_err *err) {
    st_status status = ST_OK;
    if (groups != NULL && !json_is_array(groups))
        return st_err_set(err, ST_BAD_DATA, "\"groups\" must be a list.");
    for (size_t i = 0; status == ST_OK && i < json_array_size(groups); i++)
        status =
            read_group(session, json_array_get(groups, i), recipe, taste, err);
    return status;
}
