/* role: what part a stem plays, and what follows from it.
 * Source: design.md section 9; MIDI Association, General MIDI 1 (RP-003).
 *
 * One table for all rooms: role -> bus of the mix, stem of a separation,
 * family of General MIDI. All [any]. */
#ifndef ST_AUDIO_ROLE_H
#define ST_AUDIO_ROLE_H

/* In the order of the classifier's outputs: append, never reorder. */
typedef enum {
    ST_ROLE_NONE = -1,
    ST_ROLE_KICK = 0,
    ST_ROLE_SNARE, /* claps and rims too */
    ST_ROLE_HATS,
    ST_ROLE_CYMBALS,
    ST_ROLE_TOMS,
    ST_ROLE_PERCUSSION,
    ST_ROLE_DRUMS_BUS, /* several of the above together */
    ST_ROLE_BASS,
    ST_ROLE_KEYS, /* pianos, organs, mallets */
    ST_ROLE_GUITAR,
    ST_ROLE_SYNTH,
    ST_ROLE_STRINGS,
    ST_ROLE_BRASS,
    ST_ROLE_WOODWIND,
    ST_ROLE_LEAD_VOCAL,
    ST_ROLE_BACKING_VOCAL,
    ST_ROLE_FX,
    ST_ROLE_FULL_MIX,
    ST_ROLE_COUNT
} st_role;

typedef enum {
    ST_BUS_NONE = -1, /* a full mix has no place in a mix */
    ST_BUS_DRUM = 0,
    ST_BUS_MUSIC,
    ST_BUS_VOCAL,
    ST_BUS_COUNT
} st_bus;

/* Where a separation into four puts it. */
typedef enum {
    ST_SPLIT_NONE = -1, /* a full mix is what is separated */
    ST_SPLIT_VOCALS = 0,
    ST_SPLIT_DRUMS,
    ST_SPLIT_BASS,
    ST_SPLIT_OTHER,
    ST_SPLIT_COUNT
} st_split;

/* The families of General MIDI, eight programs each. */
typedef enum {
    ST_GM_NONE = -1, /* no family: a full mix */
    ST_GM_PIANO = 0,
    ST_GM_CHROMATIC_PERCUSSION,
    ST_GM_ORGAN,
    ST_GM_GUITAR,
    ST_GM_BASS,
    ST_GM_STRINGS,
    ST_GM_ENSEMBLE,
    ST_GM_BRASS,
    ST_GM_REED,
    ST_GM_PIPE,
    ST_GM_SYNTH_LEAD,
    ST_GM_SYNTH_PAD,
    ST_GM_SYNTH_EFFECTS,
    ST_GM_ETHNIC,
    ST_GM_PERCUSSIVE,
    ST_GM_SOUND_EFFECTS,
    ST_GM_DRUM_KIT /* no program: channel 10 */
} st_gm_family;

typedef struct {
    const char *name;  /* "lead_vocal": as in every document and flag */
    const char *title; /* "lead vocal": as people read it */
    st_bus bus;
    st_split split;
    st_gm_family family; /* the one that best stands for the role */
} st_role_info;

/* Row of the table; role 0..ST_ROLE_COUNT - 1, else NULL. */
const st_role_info *st_role_get(st_role role);
/* Names of all roles that a stem of a mix can have (not "full_mix"), in their
 * order; ends with NULL. */
extern const char *const st_role_names[];
/* "kick", or "none" for ST_ROLE_NONE and whatever is no role. */
const char *st_role_name(st_role role);
/* The role of exactly this name; ST_ROLE_NONE for any other, or NULL. */
st_role st_role_find(const char *name);
/* Role that a General MIDI program 0..127 plays; ST_ROLE_NONE outside. */
st_role st_role_of_program(int program);
/* "drums", "music", "vocals"; "none". */
const char *st_bus_name(st_bus bus);
/* "vocals", "drums", "bass", "other"; "none". */
const char *st_split_name(st_split split);

#endif
