/* move: one thing that is done to a stem, a bus or the whole mix.
 * Source: issue rows M23-M35, M45; docs/formats.md, "Mix recipe".
 *
 * Engineers call a change at the desk a move; every decision of `mix` is one:
 * a kind (its fields, units and bounds stand in one table), values, how much of
 * it counts (0..1: a person may veto or weaken it), and one sentence that says
 * why. A value can only lie within the bounds of its kind, so no recipe
 * breaks the guardrails of M45. Nothing here needs a system: the live console
 * is made of it too. */
#ifndef ST_MIX_MOVE_H
#define ST_MIX_MOVE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    ST_MIX_STEMS = 12,   /* strips of the desk */
    ST_MOVE_FIELDS = 12, /* at most, of one kind */
    ST_MOVE_REASON = 200 /* bytes */
};

typedef enum {
    ST_MOVE_STAGING,    /* level at which the chain works; no net gain */
    ST_MOVE_POLARITY,   /* turned over, offset taken out */
    ST_MOVE_HIGHPASS,   /* 24 dB an octave */
    ST_MOVE_LOWPASS,    /* 12 dB an octave */
    ST_MOVE_EQ,         /* one band */
    ST_MOVE_DYNAMIC_EQ, /* one band that cuts while its key stem plays there */
    ST_MOVE_DEESSER,
    ST_MOVE_COMPRESSOR,
    ST_MOVE_FADER,     /* from file to bus: the gain of the stem as a whole */
    ST_MOVE_PLACE,     /* pan and width */
    ST_MOVE_SEND,      /* after the fader, to one return */
    ST_MOVE_TRANSIENT, /* of a bus */
    ST_MOVE_PARALLEL,  /* compressed beside the dry signal */
    ST_MOVE_DUCK,      /* side-chain: sources make a target give way */
    ST_MOVE_REVERB,    /* the room of the first return */
    ST_MOVE_DELAY,     /* the repeats of the second */
    ST_MOVE_KINDS
} st_move_kind;

/* What a smaller amount does to a value. */
typedef enum {
    ST_SCALE_NONE,   /* nothing: where, not how much */
    ST_SCALE_LINEAR, /* goes straight to the neutral value */
    ST_SCALE_RATIO,  /* 1 - 1 / ratio shrinks */
    ST_SCALE_HZ,     /* goes to the neutral frequency by octaves */
    ST_SCALE_LEVEL   /* dB of a gain that goes to zero */
} st_move_scale;

typedef struct {
    const char *name; /* with its unit at the end: "gain_db" */
    double min, max;
    double neutral; /* where the move does nothing */
    double initial; /* until decided */
    st_move_scale scale;
    const char *const *choices; /* the value is an index; ends with NULL */
} st_move_field;

typedef struct {
    const char *name;  /* "compressor" */
    const char *title; /* for people */
    int count;
    st_move_field field[ST_MOVE_FIELDS];
} st_move_info;

/* Fields of each kind, as indices of `value`. */
enum { ST_STAGING_GAIN };
enum { ST_POLARITY_LEFT, ST_POLARITY_RIGHT, ST_DC_LEFT, ST_DC_RIGHT };
enum { ST_FILTER_HZ };
enum { ST_EQ_TYPE, ST_EQ_HZ, ST_EQ_Q, ST_EQ_GAIN };
enum {
    ST_DYN_TYPE,
    ST_DYN_HZ,
    ST_DYN_Q,
    ST_DYN_THRESHOLD,
    ST_DYN_RATIO,
    ST_DYN_RANGE,
    ST_DYN_ATTACK,
    ST_DYN_RELEASE
};
enum { ST_DEESS_HZ, ST_DEESS_THRESHOLD, ST_DEESS_RATIO, ST_DEESS_RANGE };
enum {
    ST_COMP_THRESHOLD,
    ST_COMP_RATIO,
    ST_COMP_KNEE,
    ST_COMP_ATTACK,
    ST_COMP_RELEASE,
    ST_COMP_MAKEUP,
    ST_COMP_DETECTOR_HZ
};
enum { ST_FADER_GAIN };
enum { ST_PLACE_PAN, ST_PLACE_WIDTH };
enum { ST_SEND_LEVEL };
enum { ST_TRANSIENT_ATTACK, ST_TRANSIENT_SUSTAIN };
enum {
    ST_PARALLEL_THRESHOLD,
    ST_PARALLEL_RATIO,
    ST_PARALLEL_ATTACK,
    ST_PARALLEL_RELEASE,
    ST_PARALLEL_MIX
};
enum {
    ST_DUCK_LOW,
    ST_DUCK_HIGH,
    ST_DUCK_THRESHOLD,
    ST_DUCK_DEPTH,
    ST_DUCK_ATTACK,
    ST_DUCK_HOLD,
    ST_DUCK_RELEASE,
    ST_DUCK_LOOKAHEAD
};
enum {
    ST_REVERB_DECAY,
    ST_REVERB_PREDELAY,
    ST_REVERB_SIZE,
    ST_REVERB_DAMPING,
    ST_REVERB_LOW_CUT,
    ST_REVERB_HIGH_CUT,
    ST_REVERB_RETURN
};
enum {
    ST_DELAY_LEFT,
    ST_DELAY_RIGHT,
    ST_DELAY_FEEDBACK,
    ST_DELAY_LOW_CUT,
    ST_DELAY_HIGH_CUT,
    ST_DELAY_RETURN
};

typedef struct {
    st_move_kind kind;
    bool on;         /* decided; off: the console does not have it */
    bool given;      /* by the user: deciding leaves it alone */
    double amount;   /* 0..1 */
    uint64_t source; /* stems that key it (bit i: stem i); 0: its own sound */
    int target;      /* of ST_MOVE_DUCK: a stem, or ST_TARGET_BUS + st_bus */
    double value[ST_MOVE_FIELDS];
    char reason[ST_MOVE_REASON]; /* "" or one sentence */
} st_move;

enum { ST_TARGET_BUS = ST_MIX_STEMS };

/* The line of the table. [any] */
const st_move_info *st_move_about(st_move_kind kind);
/* Off, every field initial, amount 1. [any] */
st_move st_move_initial(st_move_kind kind);
/* Brought into the field's range; NaN gives the initial value. [any] */
double st_move_clamp(st_move_kind kind, int field, double value);
/* The value that counts, the amount taken in; the neutral one for a move that
 * is off or has amount 0. [any] */
double st_move_value(const st_move *move, int field);
/* False when the move, as it counts, cannot change anything. [any] */
bool st_move_acts(const st_move *move);

#endif
