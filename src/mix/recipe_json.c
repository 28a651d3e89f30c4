#include "mix/recipe_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const return_names[] = {"reverb", "delay"};

/* --- out --- */

/* `torn`: memory was short somewhere, so the document has a hole. */
typedef struct {
    const st_mix_recipe *recipe;
    bool torn;
} writer;

static void put(writer *w, json_t *object, const char *name, json_t *value) {
    w->torn |= json_object_set_new(object, name, value) != 0;
}

static void append(writer *w, json_t *list, json_t *value) {
    w->torn |= json_array_append_new(list, value) != 0;
}

static json_t *value_json(const st_move_field *f, double value) {
    if (f->choices != NULL)
        return json_string(f->choices[(int)value]);
    if (strncmp(f->name, "invert", 6) == 0)
        return json_boolean(value > 0.5);
    return json_real(value);
}

static json_t *names_json(writer *w, uint64_t mask) {
    json_t *list = json_array();
    for (int i = 0; i < w->recipe->stems; i++)
        if (mask >> i & 1)
            append(w, list, json_string(w->recipe->stem[i].name));
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

static json_t *move_json(writer *w, const st_move *m) {
    const st_move_info *about = st_move_about(m->kind);
    json_t *doc = json_object();
    if (m->kind == ST_MOVE_DUCK || m->source != 0)
        put(w, doc, "source", names_json(w, m->source));
    if (m->kind == ST_MOVE_DUCK)
        put(w, doc, "target", json_string(target_name(w->recipe, m->target)));
    for (int i = 0; i < about->count; i++)
        put(w, doc, about->field[i].name,
            value_json(&about->field[i], m->value[i]));
    put(w, doc, "amount_pct", json_real(percent(m->amount)));
    put(w, doc, "reason", json_string(m->reason));
    return doc;
}

static void add_move(json_t *doc, const char *name, writer *w,
                     const st_move *m) {
    if (m->on)
        put(w, doc, name, move_json(w, m));
}

/* Those that are on: where one is off, the rest move up. */
static void add_moves(json_t *doc, const char *name, writer *w,
                      const st_move *m, int count) {
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        if (m[i].on)
            append(w, list, move_json(w, &m[i]));
    if (json_array_size(list) > 0)
        put(w, doc, name, list);
    else
        json_decref(list);
}

static json_t *stem_json(writer *w, const st_mix_stem *s) {
    const st_move *m = s->move;
    json_t *doc = json_object();
    put(w, doc, "name", json_string(s->name));
    put(w, doc, "role", json_string(st_role_name(s->role)));
    put(w, doc, "bus", json_string(st_bus_name(s->bus)));
    put(w, doc, "channels", json_integer(s->channels));
    if (s->hash[0] != '\0')
        put(w, doc, "hash", json_string(s->hash));
    add_move(doc, "staging", w, &m[ST_STRIP_STAGING]);
    add_move(doc, "polarity", w, &m[ST_STRIP_POLARITY]);
    add_move(doc, "highpass", w, &m[ST_STRIP_HIGHPASS]);
    add_move(doc, "lowpass", w, &m[ST_STRIP_LOWPASS]);
    add_moves(doc, "eq", w, &m[ST_STRIP_EQ], ST_MIX_EQS);
    add_moves(doc, "dynamic_eq", w, &m[ST_STRIP_DYNEQ], ST_MIX_DYNEQS);
    add_move(doc, "deesser", w, &m[ST_STRIP_DEESSER]);
    add_move(doc, "compressor", w, &m[ST_STRIP_COMPRESSOR]);
    add_move(doc, "fader", w, &m[ST_STRIP_FADER]);
    add_move(doc, "place", w, &m[ST_STRIP_PLACE]);
    add_move(doc, "reverb", w, &m[ST_STRIP_REVERB]);
    add_move(doc, "delay", w, &m[ST_STRIP_DELAY]);
    return doc;
}

static json_t *bus_json(writer *w, const st_move *m) {
    json_t *doc = json_object();
    add_moves(doc, "eq", w, &m[ST_BUSMOVE_EQ], ST_MIX_EQS);
    add_move(doc, "compressor", w, &m[ST_BUSMOVE_COMPRESSOR]);
    add_move(doc, "transient", w, &m[ST_BUSMOVE_TRANSIENT]);
    add_move(doc, "parallel", w, &m[ST_BUSMOVE_PARALLEL]);
    add_move(doc, "fader", w, &m[ST_BUSMOVE_FADER]);
    return doc;
}

static json_t *mix_json(writer *w) {
    json_t *doc = json_object();
    add_moves(doc, "eq", w, &w->recipe->mix[ST_MIXMOVE_EQ], ST_MIX_EQS);
    add_move(doc, "place", w, &w->recipe->mix[ST_MIXMOVE_PLACE]);
    add_move(doc, "fader", w, &w->recipe->mix[ST_MIXMOVE_FADER]);
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

static void keep_unknown(writer *w, json_t *doc, json_t *base, int depth);

/* Items with a name are found by it (stems), others by their place. */
static void keep_in_list(writer *w, json_t *list, const json_t *base,
                         int depth) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *item = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(item, "name"));
        json_t *old =
            name != NULL ? named(base, name) : json_array_get(base, i);
        if (json_is_object(old))
            keep_unknown(w, item, old, depth);
    }
}

static void keep_unknown(writer *w, json_t *doc, json_t *base, int depth) {
    const char *key;
    json_t *value;
    if (depth == 0)
        return;
    json_object_foreach(base, key, value) {
        json_t *mine = json_object_get(doc, key);
        if (mine == NULL && !is_known(key))
            put(w, doc, key, json_incref(value));
        else if (json_is_object(mine) && json_is_object(value))
            keep_unknown(w, mine, value, depth - 1);
        else if (json_is_array(mine) && json_is_array(value))
            keep_in_list(w, mine, value, depth - 1);
    }
}

static json_t *stems_json(writer *w) {
    json_t *stems = json_array();
    for (int i = 0; i < w->recipe->stems; i++)
        append(w, stems, stem_json(w, &w->recipe->stem[i]));
    return stems;
}

static json_t *buses_json(writer *w) {
    json_t *buses = json_object();
    for (int b = 0; b < ST_BUS_COUNT; b++)
        put(w, buses, st_bus_name((st_bus)b), bus_json(w, w->recipe->bus[b]));
    return buses;
}

static json_t *returns_json(writer *w) {
    json_t *returns = json_object();
    add_move(returns, return_names[0], w, &w->recipe->reverb);
    add_move(returns, return_names[1], w, &w->recipe->delay);
    return returns;
}

static json_t *sidechain_json(writer *w) {
    json_t *list = json_array();
    for (int i = 0; i < w->recipe->ducks; i++)
        if (w->recipe->duck[i].on)
            append(w, list, move_json(w, &w->recipe->duck[i]));
    return list;
}

json_t *st_mix_recipe_json(const st_mix_recipe *r, json_t *base) {
    writer w = {.recipe = r};
    json_t *doc = json_object();
    put(&w, doc, "schema", json_string("stemma.mix-recipe/1"));
    put(&w, doc, "complete", json_true());
    put(&w, doc, "rate_hz", json_integer(r->rate_hz));
    put(&w, doc, "tempo_bpm", json_real(r->tempo_bpm));
    put(&w, doc, "preset", json_string(r->preset));
    put(&w, doc, "stems", stems_json(&w));
    put(&w, doc, "buses", buses_json(&w));
    put(&w, doc, "returns", returns_json(&w));
    put(&w, doc, "mix", mix_json(&w));
    put(&w, doc, "sidechain", sidechain_json(&w));
    if (base != NULL)
        keep_unknown(&w, doc, base, DEPTH);
    if (!w.torn)
        return doc;
    json_decref(doc);
    return NULL;
}
