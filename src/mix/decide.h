/* decide: from what was heard to a recipe, with a reason for each move.
 * Source: issue rows M22-M35, M45, M62; each file's own. A policy makes the
 * recipe; there is one interface, so that makers can be compared: the engine
 * "learned" is the rules with a network's balance among the wishes.
 *
 * What the user gave (moves of a partial recipe) is never touched. Every value
 * lies within the bounds of its kind (mix/move.h). */
#ifndef ST_MIX_DECIDE_H
#define ST_MIX_DECIDE_H

#include "master/match.h"
#include "mix/hear.h"
#include "mix/recipe.h"
#include "mix/taste.h"

typedef struct {
    const st_taste *taste;         /* never NULL */
    bool respect_user_gains;       /* faders stay where the files put them */
    const st_reference *reference; /* a record to come near to, or NULL */
    const double *balance_db;      /* gain of each file by a network, common one
                                    * free (mix/balance_net.h); NULL: by the rules */
    bool same_song; /* the reference is a mix of these stems: files say where */
} st_mix_wishes;

/* A maker of recipes: fills in all moves that are not given. The recipe has its
 * stems with names, roles, channels. [any] */
typedef struct {
    const char *name; /* "rules" */
    void (*make)(st_mix_recipe *recipe, const st_hearing *heard,
                 const st_session *session, const st_mix_wishes *wishes);
} st_mix_policy;
extern const st_mix_policy st_mix_rules;

/* Stems of a hearing into an empty recipe, or matched by name to one that was
 * given. [any] */
void st_mix_stems_into(st_mix_recipe *recipe, const st_hearing *heard,
                       const st_session *session);

/* Parts of the rules, in this order. */
typedef struct {
    st_mix_recipe *recipe;
    const st_hearing *heard;
    const st_session *session;
    const st_mix_wishes *wishes;
} st_mix_case;
void st_rules_mend(const st_mix_case *c);     /* polarity, offset, staging */
void st_rules_filters(const st_mix_case *c);  /* high-pass, low-pass */
void st_rules_balance(const st_mix_case *c);  /* faders */
void st_rules_masking(const st_mix_case *c);  /* dynamic EQ */
void st_rules_unmask(const st_mix_case *c);   /* EQ */
void st_rules_dynamics(const st_mix_case *c); /* de-esser, compressors */
void st_rules_place(const st_mix_case *c);    /* pan, width */
void st_rules_space(const st_mix_case *c);    /* sends, returns */
void st_rules_width(const st_mix_case *c);    /* the same, for a reference */
void st_rules_buses(const st_mix_case *c);    /* bus chains */
void st_rules_ducks(const st_mix_case *c);    /* side-chain matrix */

/* "-3.1 dB at 310 Hz: ..." into the move's reason, unless the user gave it.
 * [any] */
void st_move_why(st_move *move, const char *format, ...) ST_PRINTF(2, 3);

/* The stem that leads: a lead vocal, else the loudest instrument of the music
 * at the faders decided; -1 for none. [any] */
int st_mix_leader(const st_mix_case *c);
/* Loudness that a stem will have in the mix, LUFS; -INFINITY when silent.
 * [any] */
double st_mix_loudness(const st_mix_case *c, int stem);

#endif
