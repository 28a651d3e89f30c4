/* decide: from what was measured to a recipe, with a reason for each setting.
 * Source: issue rows M36-M45; design.md section 9 (PLR rule); the neutral
 * contour after Pestana et al., "Spectral characteristics of popular
 * commercial recordings 1950-2010", AES 135, 2013. Rules, not a model: the
 * engine says "rules".
 *
 * A setting stays neutral unless something measured asks for it: a finished
 * master on target gets gain and nothing else. What the user gave (recipe
 * file or flag) is never touched. */
#ifndef ST_MASTER_DECIDE_H
#define ST_MASTER_DECIDE_H

#include "master/match.h"
#include "master/measure.h"
#include "master/preset.h"
#include "master/recipe.h"

/* The limiter aims this much under the ceiling: other meters over-read. */
#define ST_CEILING_MARGIN_DB 0.12
/* An input this near its target, its peak under the ceiling, is finished. */
#define ST_FINISHED_LU 0.1

typedef struct {
    const st_preset *preset;       /* never NULL */
    const st_reference *reference; /* NULL or count > 0 */
    st_match_amounts amounts;      /* of the reference */
    bool unbounded;       /* lift the +-3 dB of the EQ and, for a reference
                             that is louder, the PLR bound */
    bool bypass_parallel; /* no parallel compression */
    bool repeatable;      /* end as a run that is given the recipe ends */
    int bits_out;         /* 0: float */
} st_decide_options;

/* A limit that kept something from being reached. */
typedef struct {
    const char *name; /* "plr", "width", "correlation", "eq", "silence" ... */
    double asked, reached;
    char text[240];
} st_bound;

enum { ST_BOUNDS_MAX = 8 };

typedef struct {
    double asked_lufs; /* target; NaN: none (silence) */
    double goal_lufs;  /* what will be sought; NaN: none */
    double aim_dbtp;   /* ceiling of the limiter */
    double plr_before, plr_floor;
    double gain_db; /* from the input to the goal */
    double over_db; /* how far peaks would stand over the aim */
    double glue_db; /* mean reduction wanted in loud parts; 0: none */
    bool untouched; /* every sample stays as it is: nothing to dither */
    bool finished;  /* the input meets its target already: leave it alone */
    st_bound bounds[ST_BOUNDS_MAX];
    int bound_count;
} st_goal;

void st_goal_bound(st_goal *goal, const char *name, double asked,
                   double reached, const char *text, ...) ST_PRINTF(5, 6);

/* Fill `recipe` and `goal`. [any] */
void st_decide(st_recipe *recipe, st_goal *goal, const st_measure *in,
               const st_decide_options *options);

/* Parts of it, in this order. */
void st_decide_target(st_recipe *r, st_goal *goal, const st_measure *in,
                      const st_decide_options *options);
void st_decide_eq(st_recipe *r, st_goal *goal, const st_measure *in,
                  const st_decide_options *options);
void st_decide_stereo(st_recipe *r, st_goal *goal, const st_measure *in,
                      const st_decide_options *options);
void st_decide_dynamics(st_recipe *r, st_goal *goal, const st_measure *in,
                        const st_decide_options *options);

/* How far the loud parts' spectrum (mid and side) lies over the neutral
 * contour in each band, the level taken out, smoothed over an octave; NaN
 * where there is next to nothing. [any] */
void st_decide_deviation(const st_measure *in, double *out);

#endif
