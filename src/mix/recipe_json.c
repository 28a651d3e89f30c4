#include "mix/recipe_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const return_names[] = {"reverb", "delay"};

/* --- out --- */

static json_t *value_json(const st_move_field *f, double value) {
    if (f->choices != NULL)
        return json_string(f->choices[(int)value]);
    if (strncmp(f->name, "invert", 6) == 0)
        return json_boolean(value > 0.5);
    return json_real(value);
}

static json_t *names_json(const st_mix_recipe *r, uint64_t mask) {
    json_t *list = json_array();
    for (int i = 0; i < r->stems; i++)
        if (mask >> i & 1)
            json_array_append_new(list, json_string(r->stem[i].name));
    return list;
}

static const char *target_name(const st_mix_recipe *r, int target) {
    return target >= ST_TARGET_BUS
               ? st_bus_name((st_bus)(target - ST_TARGET_BUS))
               : r->stem[target].name;
}

/* The percentage that an amount was read from, so that it is read as the same
 * again: 0.9, not 0.9000000000000001. */
static double percent(double amount) {
    double pct = 100.0 * amount, plain = round(pct * 1e6) / 1e6;
    if (plain / 100.0 == amount)
        return plain;
    if (pct / 100.0 > amount)
        return nextafter(pct, 0.0);
    return pct / 100.0 < amount ? nextafter(pct, 100.0) : pct;
}

static json_t *move_json(const st_mix_recipe *r, const st_move *m) {
    const st_move_info *about = st_move_about(m->kind);
    json_t *doc = json_object();
    if (m->kind == ST_MOVE_DUCK || m->source != 0)
        json_object_set_new(doc, "source", names_json(r, m->source));
    if (m->kind == ST_MOVE_DUCK)
        json_object_set_new(doc, "target",
                            json_string(target_name(r, m->target)));
    for (int i = 0; i < about->count; i++)
        json_object_set_new(doc, about->field[i].name,
                            value_json(&about->field[i], m->value[i]));
    json_object_set_new(doc, "amount_pct", json_real(percent(m->amount)));
    json_object_set_new(doc, "reason", json_string(m->reason));
    return doc;
}

static void add_move(json_t *doc, const char *name, const st_mix_recipe *r,
                     const st_move *m) {
    if (m->on)
        json_object_set_new(doc, name, move_json(r, m));
}

/* Those that are on: where one is off, the rest move up. */
static void add_moves(json_t *doc, const char *name, const st_mix_recipe *r,
                      const st_move *m, int count) {
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        if (m[i].on)
            json_array_append_new(list, move_json(r, &m[i]));
    if (json_array_size(list) > 0)
        json_object_set(doc, name, list);
    json_decref(list);
}

static json_t *stem_json(const st_mix_recipe *r, const st_mix_stem *s) {
    const st_move *m = s->move;
    json_t *doc = json_object();
    json_object_set_new(doc, "name", json_string(s->name));
    json_object_set_new(doc, "role", json_string(st_role_name(s->role)));
    json_object_set_new(doc, "bus", json_string(st_bus_name(s->bus)));
    json_object_set_new(doc, "channels", json_integer(s->channels));
    if (s->hash[0] != '\0')
        json_object_set_new(doc, "hash", json_string(s->hash));
    add_move(doc, "staging", r, &m[ST_STRIP_STAGING]);
    add_move(doc, "polarity", r, &m[ST_STRIP_POLARITY]);
    add_move(doc, "highpass", r, &m[ST_STRIP_HIGHPASS]);
    add_move(doc, "lowpass", r, &m[ST_STRIP_LOWPASS]);
    add_moves(doc, "eq", r, &m[ST_STRIP_EQ], ST_MIX_EQS);
    add_moves(doc, "dynamic_eq", r, &m[ST_STRIP_DYNEQ], ST_MIX_DYNEQS);
    add_move(doc, "deesser", r, &m[ST_STRIP_DEESSER]);
    add_move(doc, "compressor", r, &m[ST_STRIP_COMPRESSOR]);
    add_move(doc, "fader", r, &m[ST_STRIP_FADER]);
    add_move(doc, "place", r, &m[ST_STRIP_PLACE]);
    add_move(doc, "reverb", r, &m[ST_STRIP_REVERB]);
    add_move(doc, "delay", r, &m[ST_STRIP_DELAY]);
    return doc;
}

static json_t *bus_json(const st_mix_recipe *r, const st_move *m) {
    json_t *doc = json_object();
    add_moves(doc, "eq", r, &m[ST_BUSMOVE_EQ], ST_MIX_EQS);
    add_move(doc, "compressor", r, &m[ST_BUSMOVE_COMPRESSOR]);
    add_move(doc, "transient", r, &m[ST_BUSMOVE_TRANSIENT]);
    add_move(doc, "parallel", r, &m[ST_BUSMOVE_PARALLEL]);
    add_move(doc, "fader", r, &m[ST_BUSMOVE_FADER]);
    return doc;
}

static json_t *mix_json(const st_mix_recipe *r) {
    json_t *doc = json_object();
    add_moves(doc, "eq", r, &r->mix[ST_MIXMOVE_EQ], ST_MIX_EQS);
    add_move(doc, "place", r, &r->mix[ST_MIXMOVE_PLACE]);
    add_move(doc, "fader", r, &r->mix[ST_MIXMOVE_FADER]);
    return doc;
}

/* --- unknown fields --- */

static bool is_field(const char *name) {
    for (int k = 0; k < ST_MOVE_KINDS; k++) {
        const st_move_info *about = st_move_about((st_move_kind)k);
        if (strcmp(about->name, name) == 0)
            return true;
        for (int i = 0; i < about->count; i++)
            if (strcmp(about->field[i].name, name) == 0)
                return true;
    }
    return false;
}

static bool is_known(const char *name) {
    static const char *const words[] = {
        "schema", "complete", "rate_hz",   "tempo_bpm", "preset", "stems",
        "buses",  "returns",  "sidechain", "mix",       "name",   "role",
        "bus",    "channels", "hash",      "source",    "target", "amount_pct",
        "reason", "drums",    "music",     "vocals",    NULL};
    for (int i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], name) == 0)
            return true;
    return is_field(name);
}

static json_t *named(const json_t *list, const char *name) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *item = json_array_get(list, i);
        const char *its = json_string_value(json_object_get(item, "name"));
        if (its != NULL && strcmp(its, name) == 0)
            return item;
    }
    return NULL;
}

enum { DEPTH = 6 };

static void keep_unknown(json_t *doc, json_t *base, int depth);

/* Items with a name are found by it (stems), others by their place. */
static void keep_in_list(json_t *list, const json_t *base, int depth) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *item = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(item, "name"));
        json_t *old =
            name != NULL ? named(base, name) : json_array_get(base, i);
        if (json_is_object(old))
            keep_unknown(item, old, depth);
    }
}

static void keep_unknown(json_t *doc, json_t *base, int depth) {
    const char *key;
    json_t *value;
    if (depth == 0)
        return;
    json_object_foreach(base, key, value) {
        json_t *mine = json_object_get(doc, key);
        if (mine == NULL && !is_known(key))
            json_object_set(doc, key, value);
        else if (json_is_object(mine) && json_is_object(value))
            keep_unknown(mine, value, depth - 1);
        else if (json_is_array(mine) && json_is_array(value))
            keep_in_list(mine, value, depth - 1);
    }
}

json_t *st_mix_recipe_json(const st_mix_recipe *r, json_t *base) {
    json_t *stems = json_array(), *buses = json_object();
    json_t *returns = json_object();
    for (int i = 0; i < r->stems; i++)
        json_array_append_new(stems, stem_json(r, &r->stem[i]));
    for (int b = 0; b < ST_BUS_COUNT; b++)
        json_object_set_new(buses, st_bus_name((st_bus)b),
                            bus_json(r, r->bus[b]));
    add_move(returns, return_names[0], r, &r->reverb);
    add_move(returns, return_names[1], r, &r->delay);
    json_t *doc = json_pack("{s:s, s:b, s:i, s:f, s:s, s:o, s:o, s:o, s:o}",
                            "schema", "stemma.mix-recipe/1", "complete", 1,
                            "rate_hz", r->rate_hz, "tempo_bpm", r->tempo_bpm,
                            "preset", r->preset, "stems", stems, "buses", buses,
                            "returns", returns, "mix", mix_json(r));
    if (doc == NULL)
        return NULL;
    json_t *sidechain = json_array();
    for (int i = 0; i < r->ducks; i++)
        if (r->duck[i].on)
            json_array_append_new(sidechain, move_json(r, &r->duck[i]));
    json_object_set_new(doc, "sidechain", sidechain);
    if (base != NULL)
        keep_unknown(doc, base, DEPTH);
    return doc;
}
