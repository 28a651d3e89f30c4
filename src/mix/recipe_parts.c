#include "mix/recipe_parts.h"

#include "master/recipe.h"
#include "stage/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

const st_recipe_part st_strip_parts[] = {
    {"staging", ST_MOVE_STAGING, ST_STRIP_STAGING, 0},
    {"polarity", ST_MOVE_POLARITY, ST_STRIP_POLARITY, 0},
    {"highpass", ST_MOVE_HIGHPASS, ST_STRIP_HIGHPASS, 0},
    {"lowpass", ST_MOVE_LOWPASS, ST_STRIP_LOWPASS, 0},
    {"eq", ST_MOVE_EQ, ST_STRIP_EQ, ST_MIX_EQS},
    {"dynamic_eq", ST_MOVE_DYNAMIC_EQ, ST_STRIP_DYNEQ, ST_MIX_DYNEQS},
    {"deesser", ST_MOVE_DEESSER, ST_STRIP_DEESSER, 0},
    {"compressor", ST_MOVE_COMPRESSOR, ST_STRIP_COMPRESSOR, 0},
    {"fader", ST_MOVE_FADER, ST_STRIP_FADER, 0},
    {"place", ST_MOVE_PLACE, ST_STRIP_PLACE, 0},
    {"reverb", ST_MOVE_SEND, ST_STRIP_REVERB, 0},
    {"delay", ST_MOVE_SEND, ST_STRIP_DELAY, 0},
    {0}};

const st_recipe_part st_bus_parts[] = {
    {"eq", ST_MOVE_EQ, ST_BUSMOVE_EQ, ST_MIX_EQS},
    {"compressor", ST_MOVE_COMPRESSOR, ST_BUSMOVE_COMPRESSOR, 0},
    {"transient", ST_MOVE_TRANSIENT, ST_BUSMOVE_TRANSIENT, 0},
    {"parallel", ST_MOVE_PARALLEL, ST_BUSMOVE_PARALLEL, 0},
    {"fader", ST_MOVE_FADER, ST_BUSMOVE_FADER, 0},
    {0}};

const st_recipe_part st_mix_parts[] = {
    {"eq", ST_MOVE_EQ, ST_MIXMOVE_EQ, ST_MIX_EQS},
    {"place", ST_MOVE_PLACE, ST_MIXMOVE_PLACE, 0},
    {"fader", ST_MOVE_FADER, ST_MIXMOVE_FADER, 0},
    {0}};

const st_recipe_part st_return_parts[] = {
    {"reverb", ST_MOVE_REVERB, 0, 0}, {"delay", ST_MOVE_DELAY, 1, 0}, {0}};

static const char *const stem_words[] = {"name",     "role", "bus",
                                         "channels", "hash", NULL};

/* --- names that may stand in one object --- */

enum { NAMES = 48, PATH = 256 };

typedef struct {
    const char *name[NAMES];
    int count;
} names;

static void add(names *n, const char *name) {
    if (n->count < NAMES)
        n->name[n->count++] = name;
}

static names names_of(const char *const *words, const st_recipe_part *parts) {
    names n = {0};
    for (int i = 0; words != NULL && words[i] != NULL; i++)
        add(&n, words[i]);
    for (; parts != NULL && parts->name != NULL; parts++)
        add(&n, parts->name);
    return n;
}

static names bus_names(void) {
    names n = {0};
    for (int b = 0; b < ST_BUS_COUNT; b++)
        add(&n, st_bus_name((st_bus)b));
    return n;
}

static names move_names(st_move_kind kind) {
    const st_move_info *about = st_move_about(kind);
    names n = {0};
    for (int i = 0; i < about->count; i++)
        add(&n, about->field[i].name);
    if (kind == ST_MOVE_DYNAMIC_EQ || kind == ST_MOVE_DUCK)
        add(&n, "source");
    if (kind == ST_MOVE_DUCK)
        add(&n, "target");
    add(&n, "amount_pct");
    add(&n, "reason");
    return n;
}

static bool is_own(const char *key) {
    return key[0] == '_' || strncmp(key, "x-", 2) == 0 ||
           strncmp(key, "x_", 2) == 0;
}

static bool has(const names *n, const char *key) {
    bool there = is_own(key);
    for (int i = 0; i < n->count; i++)
        there |= strcmp(n->name[i], key) == 0;
    return there;
}

static const char *nearest(const names *n, const char *key) {
    int best = INT_MAX;
    const char *near = NULL;
    for (int i = 0; i < n->count; i++)
        if (st_nearer(key, n->name[i], &best))
            near = n->name[i];
    return near;
}

/* --- what looks like a move and is none --- */

static bool like_move(const json_t *value) {
    return json_is_object(value) ||
           (json_is_array(value) && json_is_object(json_array_get(value, 0)));
}

static st_status strange(const char *place, const char *what, const char *key,
                         const names *n, st_err *err) {
    const char *near = nearest(n, key);
    if (near != NULL)
        return st_err_set(err, ST_BAD_DATA,
                          "%s has no %s \"%.64s\". Did you mean %s?", place,
                          what, key, near);
    char list[200] = "";
    size_t used = 0;
    for (int i = 0; i < n->count && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s",
                                 i > 0 ? ", " : "", n->name[i]);
    return st_err_set(err, ST_BAD_DATA,
                      "%s has no %s \"%.64s\"; there are %s. (A name of your "
                      "own begins with \"x-\".)",
                      place, what, key, list);
}

static st_status need_known(json_t *doc, const char *place, const char *what,
                            const char *const *words,
                            const st_recipe_part *parts, st_err *err) {
    const char *key;
    json_t *value;
    names all = names_of(words, parts), moves = names_of(NULL, parts);
    if (parts == NULL)
        all = moves = bus_names();
    json_object_foreach(
        doc, key, value) if (like_move(value) &&
                             !has(&all, key)) return strange(place, what, key,
                                                             &moves, err);
    return ST_OK;
}

st_status st_recipe_moves_known(const json_t *document, st_err *err) {
    const json_t *stems = json_object_get(document, "stems");
    json_t *buses = json_object_get(document, "buses");
    char place[64];
    st_status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < json_array_size(stems); i++) {
        snprintf(place, sizeof place, "stems[%zu]", i);
        status = need_known(json_array_get(stems, i), place, "move", stem_words,
                            st_strip_parts, err);
    }
    if (status == ST_OK)
        status = need_known(buses, "buses", "bus", NULL, NULL, err);
    for (int b = 0; status == ST_OK && b < ST_BUS_COUNT; b++) {
        const char *name = st_bus_name((st_bus)b);
        snprintf(place, sizeof place, "buses.%s", name);
        status = need_known(json_object_get(buses, name), place, "move", NULL,
                            st_bus_parts, err);
    }
    if (status == ST_OK)
        status = need_known(json_object_get(document, "returns"), "returns",
                            "return", NULL, st_return_parts, err);
    if (status == ST_OK)
        status = need_known(json_object_get(document, "mix"), "mix", "move",
                            NULL, st_mix_parts, err);
    return status;
}

/* --- fields that nobody reads --- */

typedef struct {
    st_recipe_unknown_fn tell;
    void *ctx;
} teller;

static void check(const teller *t, json_t *doc, const char *path,
                  const names *known) {
    const char *key;
    json_t *value;
    json_object_foreach(doc, key, value) {
        char place[2 * PATH];
        if (has(known, key))
            continue;
        snprintf(place, sizeof place, "%s%s%.128s", path,
                 path[0] != '\0' ? "." : "", key);
        t->tell(t->ctx, place, nearest(known, key));
    }
}

static void check_moves(const teller *t, json_t *doc, const char *path,
                        const st_recipe_part *part) {
    for (; part->name != NULL; part++) {
        json_t *item = json_object_get(doc, part->name);
        const names known = move_names(part->kind);
        char place[PATH];
        snprintf(place, sizeof place, "%s.%s", path, part->name);
        if (part->count == 0)
            check(t, item, place, &known);
        for (size_t i = 0; part->count > 0 && i < json_array_size(item); i++) {
            snprintf(place, sizeof place, "%s.%s[%zu]", path, part->name, i);
            check(t, json_array_get(item, i), place, &known);
        }
    }
}

static void check_part(const teller *t, json_t *doc, const char *path,
                       const char *const *words, const st_recipe_part *parts) {
    const names known = names_of(words, parts);
    check(t, doc, path, &known);
    check_moves(t, doc, path, parts);
}

static void check_groups(const teller *t, const json_t *groups) {
    static const char *const words[] = {"name", "members", NULL};
    static const char *const member[] = {"file", "gain_db", "invert_right",
                                         "hash", NULL};
    const names group = names_of(words, NULL), row = names_of(member, NULL);
    char place[PATH];
    for (size_t i = 0; i < json_array_size(groups); i++) {
        json_t *one = json_array_get(groups, i);
        const json_t *members = json_object_get(one, "members");
        snprintf(place, sizeof place, "groups[%zu]", i);
        check(t, one, place, &group);
        for (size_t k = 0; k < json_array_size(members); k++) {
            snprintf(place, sizeof place, "groups[%zu].members[%zu]", i, k);
            check(t, json_array_get(members, k), place, &row);
        }
    }
}

/* Sections of the master's settings (`section` NULL), or names in one. */
static names setting_names(const char *section) {
    names n = {0};
    for (int i = 0; i < ST_SET_COUNT; i++) {
        const st_field *f = st_recipe_field((st_setting)i);
        const char *name = section == NULL ? f->section : f->name;
        if ((section == NULL || strcmp(f->section, section) == 0) &&
            !has(&n, name))
            add(&n, name);
    }
    return n;
}

static void check_master(const teller *t, json_t *master) {
    static const char *const words[] = {"schema", "preset", "settings",
                                        "eq_curve", NULL};
    static const char *const curve[] = {"mid", "side", "reason", NULL};
    json_t *settings = json_object_get(master, "settings");
    const names top = names_of(words, NULL), points = names_of(curve, NULL);
    const names sections = setting_names(NULL);
    check(t, master, "master", &top);
    check(t, json_object_get(master, "eq_curve"), "master.eq_curve", &points);
    check(t, settings, "master.settings", &sections);
    for (int i = 0; i < sections.count; i++) {
        const names known = setting_names(sections.name[i]);
        char place[PATH];
        snprintf(place, sizeof place, "master.settings.%s", sections.name[i]);
        check(t, json_object_get(settings, sections.name[i]), place, &known);
    }
}

void st_mix_recipe_unknown(json_t *document, st_recipe_unknown_fn tell,
                           void *ctx) {
    static const char *const words[] = {
        "schema", "complete", "rate_hz", "tempo_bpm", "preset",
        "stems",  "buses",    "returns", "sidechain", "mix",
        "master", "groups",   NULL};
    const teller t = {tell, ctx};
    const json_t *stems = json_object_get(document, "stems");
    const json_t *ducks = json_object_get(document, "sidechain");
    json_t *buses = json_object_get(document, "buses");
    const names top = names_of(words, NULL), bus = bus_names();
    const names duck = move_names(ST_MOVE_DUCK);
    char place[PATH];
    check(&t, document, "", &top);
    for (size_t i = 0; i < json_array_size(stems); i++) {
        snprintf(place, sizeof place, "stems[%zu]", i);
        check_part(&t, json_array_get(stems, i), place, stem_words,
                   st_strip_parts);
    }
    check(&t, buses, "buses", &bus);
    for (int b = 0; b < bus.count; b++) {
        snprintf(place, sizeof place, "buses.%s", bus.name[b]);
        check_part(&t, json_object_get(buses, bus.name[b]), place, NULL,
                   st_bus_parts);
    }
    for (size_t i = 0; i < json_array_size(ducks); i++) {
        snprintf(place, sizeof place, "sidechain[%zu]", i);
        check(&t, json_array_get(ducks, i), place, &duck);
    }
    check_part(&t, json_object_get(document, "returns"), "returns", NULL,
               st_return_parts);
    check_part(&t, json_object_get(document, "mix"), "mix", NULL, st_mix_parts);
    check_groups(&t, json_object_get(document, "groups"));
    check_master(&t, json_object_get(document, "master"));
}
