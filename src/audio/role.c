#include "audio/role.h"

#include <stddef.h>
#include <string.h>

/* id, name, title, bus, split, family: all that a stem of a mix can be */
#define PARTS(X)                                                               \
    X(KICK, "kick", "kick", DRUM, DRUMS, DRUM_KIT)                             \
    X(SNARE, "snare", "snare", DRUM, DRUMS, DRUM_KIT)                          \
    X(HATS, "hats", "hats", DRUM, DRUMS, DRUM_KIT)                             \
    X(CYMBALS, "cymbals", "cymbals", DRUM, DRUMS, DRUM_KIT)                    \
    X(TOMS, "toms", "toms", DRUM, DRUMS, DRUM_KIT)                             \
    X(PERCUSSION, "percussion", "percussion", DRUM, DRUMS, PERCUSSIVE)         \
    X(DRUMS_BUS, "drums_bus", "drums", DRUM, DRUMS, DRUM_KIT)                  \
    X(BASS, "bass", "bass", MUSIC, BASS, BASS)                                 \
    X(KEYS, "keys", "keys", MUSIC, OTHER, PIANO)                               \
    X(GUITAR, "guitar", "guitar", MUSIC, OTHER, GUITAR)                        \
    X(SYNTH, "synth", "synth", MUSIC, OTHER, SYNTH_LEAD)                       \
    X(STRINGS, "strings", "strings", MUSIC, OTHER, STRINGS)                    \
    X(BRASS, "brass", "brass", MUSIC, OTHER, BRASS)                            \
    X(WOODWIND, "woodwind", "woodwind", MUSIC, OTHER, REED)                    \
    X(LEAD_VOCAL, "lead_vocal", "lead vocal", VOCAL, VOCALS, ENSEMBLE)         \
    X(BACKING_VOCAL, "backing_vocal", "backing vocal", VOCAL, VOCALS,          \
      ENSEMBLE)                                                                \
    X(FX, "fx", "effects", MUSIC, OTHER, SOUND_EFFECTS)

#define ROW(id, name, title, bus, split, family)                               \
    [ST_ROLE_##                                                                \
        id] = {name, title, ST_BUS_##bus, ST_SPLIT_##split, ST_GM_##family},
#define NAME(id, name, title, bus, split, family) name,

static const st_role_info table[ST_ROLE_COUNT] = {
    PARTS(ROW)[ST_ROLE_FULL_MIX] = {"full_mix", "full mix", ST_BUS_NONE,
                                    ST_SPLIT_NONE, ST_GM_NONE},
};

const char *const st_role_names[] = {PARTS(NAME) NULL};

/* Of each family of eight programs; the exceptions below. */
static const st_role of_family[16] = {
    [ST_GM_PIANO] = ST_ROLE_KEYS,
    [ST_GM_CHROMATIC_PERCUSSION] = ST_ROLE_KEYS,
    [ST_GM_ORGAN] = ST_ROLE_KEYS,
    [ST_GM_GUITAR] = ST_ROLE_GUITAR,
    [ST_GM_BASS] = ST_ROLE_BASS,
    [ST_GM_STRINGS] = ST_ROLE_STRINGS,
    [ST_GM_ENSEMBLE] = ST_ROLE_STRINGS,
    [ST_GM_BRASS] = ST_ROLE_BRASS,
    [ST_GM_REED] = ST_ROLE_WOODWIND,
    [ST_GM_PIPE] = ST_ROLE_WOODWIND,
    [ST_GM_SYNTH_LEAD] = ST_ROLE_SYNTH,
    [ST_GM_SYNTH_PAD] = ST_ROLE_SYNTH,
    [ST_GM_SYNTH_EFFECTS] = ST_ROLE_SYNTH,
    [ST_GM_ETHNIC] = ST_ROLE_GUITAR,
    [ST_GM_PERCUSSIVE] = ST_ROLE_PERCUSSION,
    [ST_GM_SOUND_EFFECTS] = ST_ROLE_FX,
};

static const struct {
    int program;
    st_role role;
} exceptions[] = {
    {47, ST_ROLE_TOMS},                               /* timpani */
    {50, ST_ROLE_SYNTH},         {51, ST_ROLE_SYNTH}, /* synth strings */
    {52, ST_ROLE_BACKING_VOCAL}, {53, ST_ROLE_BACKING_VOCAL}, /* choirs */
    {54, ST_ROLE_BACKING_VOCAL}, {55, ST_ROLE_FX},        /* orchestra hit */
    {62, ST_ROLE_SYNTH},         {63, ST_ROLE_SYNTH},     /* synth brass */
    {109, ST_ROLE_WOODWIND},     {111, ST_ROLE_WOODWIND}, /* bagpipe, shanai */
    {110, ST_ROLE_STRINGS},                               /* fiddle */
    {108, ST_ROLE_KEYS},                                  /* kalimba */
    {117, ST_ROLE_TOMS},         {118, ST_ROLE_TOMS}, /* melodic, synth drum */
    {119, ST_ROLE_FX},                                /* reverse cymbal */
};

const st_role_info *st_role_get(st_role role) {
    return role >= 0 && role < ST_ROLE_COUNT ? &table[role] : NULL;
}

const char *st_role_name(st_role role) {
    const st_role_info *info = st_role_get(role);
    return info != NULL ? info->name : "none";
}

st_role st_role_find(const char *name) {
    for (int i = 0; name != NULL && i < ST_ROLE_COUNT; i++)
        if (strcmp(name, table[i].name) == 0)
            return (st_role)i;
    return ST_ROLE_NONE;
}

st_role st_role_of_program(int program) {
    if (program < 0 || program > 127)
        return ST_ROLE_NONE;
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
        if (exceptions[i].program == program)
            return exceptions[i].role;
    return of_family[program / 8];
}

const char *st_bus_name(st_bus bus) {
    static const char *const names[ST_BUS_COUNT] = {"drums", "music", "vocals"};
    return bus >= 0 && bus < ST_BUS_COUNT ? names[bus] : "none";
}

const char *st_split_name(st_split split) {
    static const char *const names[ST_SPLIT_COUNT] = {"vocals", "drums", "bass",
                                                      "other"};
    return split >= 0 && split < ST_SPLIT_COUNT ? names[split] : "none";
}
