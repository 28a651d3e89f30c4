#include "mix/recipe.h"

#include <string.h>

st_move_kind st_strip_kind(int slot) {
    if (slot >= ST_STRIP_EQ && slot < ST_STRIP_DYNEQ)
        return ST_MOVE_EQ;
    if (slot >= ST_STRIP_DYNEQ && slot < ST_STRIP_DEESSER)
        return ST_MOVE_DYNAMIC_EQ;
    switch (slot) {
    case ST_STRIP_STAGING:
        return ST_MOVE_STAGING;
    case ST_STRIP_POLARITY:
        return ST_MOVE_POLARITY;
    case ST_STRIP_HIGHPASS:
        return ST_MOVE_HIGHPASS;
    case ST_STRIP_LOWPASS:
        return ST_MOVE_LOWPASS;
    case ST_STRIP_DEESSER:
        return ST_MOVE_DEESSER;
    case ST_STRIP_COMPRESSOR:
        return ST_MOVE_COMPRESSOR;
    case ST_STRIP_FADER:
        return ST_MOVE_FADER;
    case ST_STRIP_PLACE:
        return ST_MOVE_PLACE;
    default:
        return ST_MOVE_SEND;
    }
}

st_move_kind st_busmove_kind(int slot) {
    switch (slot) {
    case ST_BUSMOVE_COMPRESSOR:
        return ST_MOVE_COMPRESSOR;
    case ST_BUSMOVE_TRANSIENT:
        return ST_MOVE_TRANSIENT;
    case ST_BUSMOVE_PARALLEL:
        return ST_MOVE_PARALLEL;
    case ST_BUSMOVE_FADER:
        return ST_MOVE_FADER;
    default:
        return ST_MOVE_EQ;
    }
}

st_move_kind st_mixmove_kind(int slot) {
    if (slot == ST_MIXMOVE_PLACE)
        return ST_MOVE_PLACE;
    return slot == ST_MIXMOVE_FADER ? ST_MOVE_FADER : ST_MOVE_EQ;
}

void st_mix_recipe_init(st_mix_recipe *recipe) {
    memset(recipe, 0, sizeof *recipe);
    for (int b = 0; b < ST_BUS_COUNT; b++)
        for (int i = 0; i < ST_BUSMOVE_SLOTS; i++)
            recipe->bus[b][i] = st_move_initial(st_busmove_kind(i));
    for (int i = 0; i < ST_MIX_DUCKS; i++)
        recipe->duck[i] = st_move_initial(ST_MOVE_DUCK);
    for (int i = 0; i < ST_MIXMOVE_SLOTS; i++)
        recipe->mix[i] = st_move_initial(st_mixmove_kind(i));
    recipe->reverb = st_move_initial(ST_MOVE_REVERB);
    recipe->delay = st_move_initial(ST_MOVE_DELAY);
}

static void copy_name(char *to, const char *from, size_t room) {
    size_t n = 0;
    for (; n + 1 < room && from[n] != '\0'; n++)
        to[n] = from[n];
    to[n] = '\0';
}

int st_mix_recipe_add(st_mix_recipe *recipe, const char *name, st_role role,
                      int channels) {
    if (recipe->stems == ST_MIX_STEMS)
        return -1;
    st_mix_stem *stem = &recipe->stem[recipe->stems];
    memset(stem, 0, sizeof *stem);
    copy_name(stem->name, name, sizeof stem->name);
    const st_role_info *about = st_role_get(role);
    stem->role = role;
    stem->bus =
        about != NULL && about->bus != ST_BUS_NONE ? about->bus : ST_BUS_MUSIC;
    stem->channels = channels;
    for (int i = 0; i < ST_STRIP_SLOTS; i++)
        stem->move[i] = st_move_initial(st_strip_kind(i));
    return recipe->stems++;
}

void st_move_set(st_move *move, int field, double value) {
    if (move->given)
        return;
    move->on = true;
    move->value[field] = st_move_clamp(move->kind, field, value);
}

/* --- walking --- */

typedef struct {
    char *at, *end;
} cursor;

static void add_text(cursor *c, const char *text) {
    while (*text != '\0' && c->at < c->end)
        *c->at++ = *text++;
    *c->at = '\0';
}

static void add_number(cursor *c, int number) {
    char digits[4] = {(char)('0' + number / 10), (char)('0' + number % 10)};
    add_text(c, number < 10 ? digits + 1 : digits);
}

/* "strip.kind", and a number where a strip has several of the kind. */
static void name_slot(st_move_walk *it, const char *of, const char *kind,
                      int number) {
    cursor c = {it->name, it->name + sizeof it->name - 1};
    add_text(&c, of);
    add_text(&c, ".");
    add_text(&c, kind);
    if (number > 0)
        add_number(&c, number);
}

static int strip_number(int slot) {
    if (slot >= ST_STRIP_EQ && slot < ST_STRIP_DYNEQ)
        return slot - ST_STRIP_EQ + 1;
    if (slot >= ST_STRIP_DYNEQ && slot < ST_STRIP_DEESSER)
        return slot - ST_STRIP_DYNEQ + 1;
    return 0;
}

static const char *strip_word(int slot) {
    if (slot == ST_STRIP_REVERB)
        return "reverb";
    if (slot == ST_STRIP_DELAY)
        return "delay";
    return st_move_about(st_strip_kind(slot))->name;
}

static st_move *bus_at(st_mix_recipe *r, st_move_walk *it, int at) {
    int slot = at % ST_BUSMOVE_SLOTS, bus = at / ST_BUSMOVE_SLOTS;
    st_move_kind kind = st_busmove_kind(slot);
    name_slot(it, st_bus_name((st_bus)bus), st_move_about(kind)->name,
              kind == ST_MOVE_EQ ? slot + 1 : 0);
    return &r->bus[bus][slot];
}

static st_move *rest_at(st_mix_recipe *r, st_move_walk *it, int at) {
    cursor c = {it->name, it->name + sizeof it->name - 1};
    if (at < r->ducks) {
        add_text(&c, "duck");
        add_number(&c, at + 1);
        return &r->duck[at];
    }
    at -= r->ducks;
    if (at < 2) {
        add_text(&c, at == 0 ? "reverb" : "delay");
        return at == 0 ? &r->reverb : &r->delay;
    }
    at -= 2;
    if (at >= ST_MIXMOVE_SLOTS)
        return NULL;
    st_move_kind kind = st_mixmove_kind(at);
    name_slot(it, "mix", st_move_about(kind)->name,
              kind == ST_MOVE_EQ ? at + 1 : 0);
    return &r->mix[at];
}

st_move *st_mix_recipe_next(st_mix_recipe *recipe, st_move_walk *it) {
    int at = it->at++;
    int strips = recipe->stems * ST_STRIP_SLOTS;
    int buses = ST_BUS_COUNT * ST_BUSMOVE_SLOTS;
    if (at < strips) {
        st_mix_stem *stem = &recipe->stem[at / ST_STRIP_SLOTS];
        int slot = at % ST_STRIP_SLOTS;
        name_slot(it, stem->name, strip_word(slot), strip_number(slot));
        return &stem->move[slot];
    }
    if (at < strips + buses)
        return bus_at(recipe, it, at - strips);
    return rest_at(recipe, it, at - strips - buses);
}
