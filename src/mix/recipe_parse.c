#include "mix/recipe_json.h"
#include "mix/recipe_parts.h"

#include "core/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char schema_name[] = "stemma.mix-recipe/";

/* Where the parser stands, for its sentences. */
typedef struct {
    const st_mix_recipe *recipe;
    char place[ST_MIX_NAME + 64];
    st_err *err;
} reader;

static st_status bad(const reader *r, const char *what) {
    return st_err_set(r->err, ST_BAD_DATA, "%s: %s", r->place, what);
}

static st_status bad_value(const reader *r, const st_move_field *f) {
    char names[96] = "";
    size_t used = 0;
    for (int i = 0; f->choices != NULL && f->choices[i] != NULL; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                 i > 0 ? ", " : "", f->choices[i]);
    if (f->choices != NULL)
        return st_err_set(r->err, ST_BAD_DATA, "%s.%s must be one of: %s.",
                          r->place, f->name, names);
    return st_err_set(r->err, ST_BAD_DATA,
                      "%s.%s must be a number from %g to %g.", r->place,
                      f->name, f->min, f->max);
}

/* As much of `text` (or NULL) as there is room for, cut between characters. */
static void copy_text(char *to, size_t room, const char *text) {
    size_t used = 0, left = text != NULL ? strlen(text) : 0;
    for (size_t n; left > 0 && (n = st_utf8_length(text + used, left)) > 0 &&
                   used + n < room;
         left -= n)
        used += n;
    if (used > 0)
        memcpy(to, text, used);
    to[used] = '\0';
}

/* Absent is fine. */
static st_status need_object(const reader *r, const json_t *parent,
                             const char *name) {
    const json_t *item = json_object_get(parent, name);
    return item == NULL || json_is_object(item)
               ? ST_OK
               : st_err_set(r->err, ST_BAD_DATA, "\"%s\" must be an object.",
                            name);
}

static double number_of(const st_move_field *f, const json_t *value) {
    const char *text = json_string_value(value);
    if (json_is_boolean(value) && strncmp(f->name, "invert", 6) == 0)
        return json_is_true(value);
    for (int i = 0; text != NULL && f->choices != NULL && f->choices[i] != NULL;
         i++)
        if (strcmp(f->choices[i], text) == 0)
            return i;
    return f->choices == NULL && json_is_number(value)
               ? json_number_value(value)
               : NAN;
}

static int stem_named(const st_mix_recipe *r, const char *name) {
    for (int i = 0; name != NULL && i < r->stems; i++)
        if (strcmp(r->stem[i].name, name) == 0)
            return i;
    return -1;
}

static st_status read_source(reader *r, const json_t *list, st_move *m) {
    bool one = json_is_string(list);
    if (list != NULL && !one && !json_is_array(list))
        return bad(r, "\"source\" must be a stem's name, or a list of them.");
    size_t count = one ? 1 : json_array_size(list);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = one ? list : json_array_get(list, i);
        int stem = stem_named(r->recipe, json_string_value(item));
        if (stem < 0)
            return bad(r, "\"source\" names no stem of this recipe.");
        m->source |= (uint64_t)1 << stem;
    }
    return ST_OK;
}

static st_status read_amount(reader *r, const json_t *doc, st_move *m) {
    const json_t *amount = json_object_get(doc, "amount_pct");
    if (amount == NULL)
        return ST_OK;
    double pct = json_is_number(amount) ? json_number_value(amount) : NAN;
    if (!(pct >= 0.0 && pct <= 100.0))
        return bad(r, "amount_pct must be a number from 0 to 100.");
    m->amount = pct / 100.0;
    return ST_OK;
}

static st_status read_move(reader *r, const json_t *doc, st_move *m) {
    const st_move_info *about = st_move_about(m->kind);
    if (!json_is_object(doc))
        return bad(r, "must be an object of values.");
    m->on = m->given = true;
    for (int i = 0; i < about->count; i++) {
        const st_move_field *f = &about->field[i];
        const json_t *value = json_object_get(doc, f->name);
        double number = value != NULL ? number_of(f, value) : m->value[i];
        if (!(number >= f->min && number <= f->max))
            return bad_value(r, f);
        m->value[i] = number;
    }
    const char *why = json_string_value(json_object_get(doc, "reason"));
    copy_text(m->reason, sizeof m->reason,
              why != NULL ? why : "Given in the recipe.");
    st_status status = read_amount(r, doc, m);
    if (status == ST_OK)
        status = read_source(r, json_object_get(doc, "source"), m);
    return status;
}

static st_status read_one(reader *r, const json_t *doc, const char *of,
                          const char *name, st_move *m) {
    const json_t *item = json_object_get(doc, name);
    if (item == NULL)
        return ST_OK;
    snprintf(r->place, sizeof r->place, "%.95s.%s", of, name);
    return read_move(r, item, m);
}

static st_status read_list(reader *r, const json_t *doc, const char *of,
                           const char *name, st_move *m, int room) {
    const json_t *list = json_object_get(doc, name);
    snprintf(r->place, sizeof r->place, "%.95s.%s", of, name);
    if (list != NULL &&
        (!json_is_array(list) || json_array_size(list) > (size_t)room))
        return st_err_set(r->err, ST_BAD_DATA,
                          "%s must be a list of at most %d moves.", r->place,
                          room);
    st_status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < json_array_size(list); i++) {
        snprintf(r->place, sizeof r->place, "%.95s.%s%zu", of, name, i + 1);
        status = read_move(r, json_array_get(list, i), &m[i]);
    }
    return status;
}

/* All moves of a strip, a bus, the mix: `m`, by the slots of the table. */
static st_status read_parts(reader *r, const json_t *doc, const char *of,
                            const st_recipe_part *part, st_move *m) {
    st_status status = ST_OK;
    for (; status == ST_OK && part->name != NULL; part++)
        status =
            part->count > 0
                ? read_list(r, doc, of, part->name, &m[part->slot], part->count)
                : read_one(r, doc, of, part->name, &m[part->slot]);
    return status;
}

/* "none" is a role too: nobody could tell what the stem is. */
static st_status read_role(reader *r, const json_t *doc, st_role *out) {
    const json_t *item = json_object_get(doc, "role");
    const char *name = json_string_value(item);
    *out = st_role_find(name);
    bool known = *out != ST_ROLE_NONE ||
                 (name != NULL && strcmp(name, st_role_name(*out)) == 0);
    return item == NULL || known
               ? ST_OK
               : bad(r, "\"role\" is none that a stem can have (see `stemma "
                        "help mix`).");
}

/* The role's bus, unless another is named. */
static st_status read_bus_name(reader *r, const json_t *doc, st_bus *bus) {
    const json_t *item = json_object_get(doc, "bus");
    const char *name = json_string_value(item);
    for (int b = 0; name != NULL && b < ST_BUS_COUNT; b++)
        if (strcmp(name, st_bus_name((st_bus)b)) == 0) {
            *bus = (st_bus)b;
            return ST_OK;
        }
    return item == NULL ? ST_OK
                        : bad(r, "\"bus\" must be one of: drums, music, "
                                 "vocals.");
}

static st_status add_stem(reader *r, st_mix_recipe *recipe, const json_t *doc,
                          size_t number) {
    const char *name = json_string_value(json_object_get(doc, "name"));
    const json_t *channels = json_object_get(doc, "channels");
    st_role role;
    snprintf(r->place, sizeof r->place, "stems[%zu]", number);
    if (name == NULL || name[0] == '\0' || strlen(name) >= ST_MIX_NAME)
        return bad(r, "needs a \"name\" of 1 to 95 bytes.");
    if (stem_named(recipe, name) >= 0)
        return bad(r, "has the name of an earlier stem.");
    st_status status = read_role(r, doc, &role);
    if (status != ST_OK)
        return status;
    json_int_t count = channels != NULL ? json_integer_value(channels) : 2;
    if (count < 1 || count > 2)
        return bad(r, "\"channels\" must be 1 or 2.");
    int at = st_mix_recipe_add(recipe, name, role, (int)count);
    if (at < 0)
        return bad(r, "is one too many: a mix has at most 12 stems.");
    st_mix_stem *stem = &recipe->stem[at];
    copy_text(stem->hash, sizeof stem->hash,
              json_string_value(json_object_get(doc, "hash")));
    return read_bus_name(r, doc, &stem->bus);
}

/* Names first: keys may name a stem that comes later. */
static st_status read_stems(reader *r, st_mix_recipe *recipe,
                            const json_t *list) {
    st_status status = ST_OK;
    if (list != NULL && !json_is_array(list))
        return st_err_set(r->err, ST_BAD_DATA, "\"stems\" must be a list.");
    for (size_t i = 0; status == ST_OK && i < json_array_size(list); i++)
        status = add_stem(r, recipe, json_array_get(list, i), i);
    for (size_t i = 0; status == ST_OK && i < json_array_size(list); i++)
        status = read_parts(r, json_array_get(list, i), recipe->stem[i].name,
                            st_strip_parts, recipe->stem[i].move);
    return status;
}

static st_status read_target(reader *r, const json_t *doc, st_move *m) {
    const char *name = json_string_value(json_object_get(doc, "target"));
    m->target = stem_named(r->recipe, name);
    for (int b = 0; name != NULL && m->target < 0 && b < ST_BUS_COUNT; b++)
        if (strcmp(st_bus_name((st_bus)b), name) == 0)
            m->target = ST_TARGET_BUS + b;
    if (m->target < 0)
        return bad(r, "\"target\" names no stem or bus.");
    if (m->source == 0)
        return bad(r, "needs a \"source\".");
    return ST_OK;
}

static st_status read_sidechain(reader *r, st_mix_recipe *recipe,
                                const json_t *list) {
    st_status status = ST_OK;
    if (list != NULL &&
        (!json_is_array(list) || json_array_size(list) > ST_MIX_DUCKS))
        return st_err_set(r->err, ST_BAD_DATA,
                          "\"sidechain\" must be a list of at most %d moves.",
                          (int)ST_MIX_DUCKS);
    for (size_t i = 0; status == ST_OK && i < json_array_size(list); i++) {
        st_move *m = &recipe->duck[recipe->ducks++];
        snprintf(r->place, sizeof r->place, "sidechain[%zu]", i);
        status = read_move(r, json_array_get(list, i), m);
        if (status == ST_OK)
            status = read_target(r, json_array_get(list, i), m);
    }
    return status;
}

static st_status read_mix(reader *r, st_mix_recipe *recipe, const json_t *doc) {
    const json_t *returns = json_object_get(doc, "returns");
    const json_t *mix = json_object_get(doc, "mix");
    st_status status = need_object(r, doc, "returns");
    if (status == ST_OK)
        status = need_object(r, doc, "mix");
    if (status == ST_OK)
        status = read_one(r, returns, "returns", "reverb", &recipe->reverb);
    if (status == ST_OK)
        status = read_one(r, returns, "returns", "delay", &recipe->delay);
    if (status == ST_OK)
        status = read_parts(r, mix, "mix", st_mix_parts, recipe->mix);
    return status;
}

static st_status check_schema(const json_t *document, st_err *err) {
    const char *schema = json_string_value(json_object_get(document, "schema"));
    size_t n = sizeof schema_name - 1;
    if (schema == NULL || strncmp(schema, schema_name, n) != 0)
        return st_err_set(err, ST_BAD_DATA,
                          "This is no mix recipe: its \"schema\" must be "
                          "\"stemma.mix-recipe/1\" (each mix writes one, "
                          "recipe.json).");
    if (strcmp(schema + n, "1") != 0)
        return st_err_set(err, ST_UNSUPPORTED,
                          "The recipe is of version \"%.40s\"; this program "
                          "reads version 1.",
                          schema + n);
    return ST_OK;
}

static st_status read_head(st_mix_recipe *recipe, bool *complete,
                           const json_t *document, st_err *err) {
    const json_t *whole = json_object_get(document, "complete");
    const json_t *rate = json_object_get(document, "rate_hz");
    const json_t *tempo = json_object_get(document, "tempo_bpm");
    const char *preset = json_string_value(json_object_get(document, "preset"));
    double bpm = json_is_number(tempo) ? json_number_value(tempo) : 0.0;
    json_int_t hz = json_integer_value(rate);
    if (whole != NULL && !json_is_boolean(whole))
        return st_err_set(err, ST_BAD_DATA,
                          "\"complete\" must be true or false.");
    *complete = json_is_true(whole);
    recipe->rate_hz = hz >= 8000 && hz <= 384000 ? (int)hz : 0;
    recipe->tempo_bpm = bpm >= 20.0 && bpm <= 400.0 ? bpm : 0.0;
    copy_text(recipe->preset, sizeof recipe->preset, preset);
    return ST_OK;
}

static st_status read_buses(reader *r, st_mix_recipe *recipe,
                            const json_t *document) {
    const json_t *buses = json_object_get(document, "buses");
    st_status status = need_object(r, document, "buses");
    for (int b = 0; status == ST_OK && b < ST_BUS_COUNT; b++) {
        const char *name = st_bus_name((st_bus)b);
        status = need_object(r, buses, name);
        if (status == ST_OK)
            status = read_parts(r, json_object_get(buses, name), name,
                                st_bus_parts, recipe->bus[b]);
    }
    return status;
}

st_status st_mix_recipe_parse(st_mix_recipe *out, bool *complete,
                              const json_t *document, st_err *err) {
    reader r = {.recipe = out, .err = err};
    st_status status = check_schema(document, err);
    if (status != ST_OK)
        return status;
    st_mix_recipe_init(out);
    status = st_recipe_moves_known(document, err);
    if (status == ST_OK)
        status = read_head(out, complete, document, err);
    if (status == ST_OK)
        status = read_stems(&r, out, json_object_get(document, "stems"));
    if (status == ST_OK)
        status = read_buses(&r, out, document);
    if (status == ST_OK)
        status =
            read_sidechain(&r, out, json_object_get(document, "sidechain"));
    if (status == ST_OK)
        status = read_mix(&r, out, document);
    return status;
}
