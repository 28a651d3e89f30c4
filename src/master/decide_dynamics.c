#include "core/math.h"
#include "master/decide.h"

#include <math.h>

static double ramp(double x, double from, double to) {
    double t = fmin(fmax((x - from) / (to - from), 0), 1);
    return t * t * (3 - 2 * t);
}

/* Mean reduction wanted in the loud parts: by how far peaks must come down,
 * by taste, never much; none when nothing asks for it. */
static double wanted_glue(const st_goal *goal, const st_measure *in,
                          const st_decide_options *o) {
    double need = ramp(goal->over_db, 1, 9);
    double glue = o->preset->glue;
    if (o->reference && o->amounts.dynamics > 0)
        glue += o->amounts.dynamics *
                ramp(in->meter.plr_db - o->reference->plr_db, 1, 8) *
                (1 - glue);
    return 2.4 * need * fmin(glue, 1);
}

static void decide_multiband(st_recipe *r, st_goal *goal, const st_measure *in,
                             const st_decide_options *o) {
    goal->glue_db = wanted_glue(goal, in, o);
    if (goal->glue_db < 0.3) {
        goal->glue_db = 0;
        st_recipe_set(r, ST_SET_MB_BANDS, 0,
                      "Peaks stand %.1f dB over the ceiling at the target: no "
                      "compression is needed.",
                      goal->over_db);
        return;
    }
    int bands = in->meter.rate_hz >= 32000 ? 4 : 3;
    st_recipe_set(r, ST_SET_MB_BANDS, bands,
                  "Peaks stand %.1f dB over the ceiling at the target: %d "
                  "bands take part of it gently, before the limiter must.",
                  goal->over_db, bands);
    for (int b = 0; b < bands; b++) {
        double ratio = 1.4 + 0.35 * goal->glue_db;
        st_recipe_set(r, (st_setting)(ST_SET_MB_RATIO1 + b), ratio,
                      "Low ratio for about %.1f dB in loud parts.",
                      goal->glue_db);
    }
}

static void decide_parallel(st_recipe *r, const st_goal *goal,
                            const st_decide_options *o) {
    if (o->bypass_parallel) {
        st_recipe_give(r, ST_SET_PAR_MIX, 0, "Bypassed by the user.");
        return;
    }
    double mix = o->preset->parallel * ramp(goal->over_db, 2, 9);
    if (mix < 0.03)
        mix = 0;
    st_recipe_set(r, ST_SET_PAR_MIX, mix,
                  mix > 0 ? "Density from below: quiet detail comes up, peaks "
                            "stay (preset %s)."
                          : "Not needed (preset %s).",
                  o->preset->name);
    /* After the gain, loud parts lie near the goal. */
    if (mix > 0)
        st_recipe_set(r, ST_SET_PAR_THR, goal->goal_lufs - 12,
                      "12 dB under the loudness of the track.");
}

/* The clipper rounds what stands more than lim_drive over the limiter's
 * ceiling, so that the limiter has short peaks taken off before it. */
static void decide_saturation(st_recipe *r, const st_goal *goal,
                              const st_decide_options *o) {
    double over = goal->over_db;
    if (over > 4) {
        st_recipe_set(r, ST_SET_SAT_CURVE, 0,
                      "Clip: leaves the body, rounds the tops.");
        st_recipe_set(r, ST_SET_SAT_MIX, 1,
                      "Peaks stand %.1f dB over: the shortest are rounded 8 "
                      "times oversampled, so the limiter moves less.",
                      over);
    } else if (o->preset->color > 0 && over > 1) {
        st_recipe_set(r, ST_SET_SAT_CURVE, 2, "Warm: third harmonic, gently.");
        st_recipe_set(r, ST_SET_SAT_MIX, 0.3 * o->preset->color,
                      "Colour of the preset %s.", o->preset->name);
    } else {
        st_recipe_set(r, ST_SET_SAT_MIX, 0, "Clean: nothing asks for it.");
    }
}

/* Gain before the chain, the rest as drive of the limiter. With saturation
 * full scale stands where the limiter would take `hold` dB. */
static void stage_gain(st_recipe *r, const st_goal *goal) {
    double hold = 0;
    if (r->value[ST_SET_SAT_MIX] > 0)
        hold = fmin(fmax(0.45 * goal->over_db, 2), 5);
    double gain = goal->gain_db - hold;
    bool staged = !st_recipe_is_plain(r);
    st_recipe_set(r, ST_SET_GAIN, staged ? gain : 0,
                  staged ? "Brings the track to the level at which the chain "
                           "works (%.1f dB to the target)."
                         : "Not needed: the limiter stage carries the gain "
                           "(%.1f dB to the target).",
                  goal->gain_db);
    st_recipe_set(r, ST_SET_LIM_DRIVE, goal->gain_db - r->value[ST_SET_GAIN],
                  "From measured loudness to the target; refined on the file "
                  "written.");
}

void st_decide_dynamics(st_recipe *r, st_goal *goal, const st_measure *in,
                        const st_decide_options *o) {
    if (isnan(goal->goal_lufs)) {
        st_recipe_set(r, ST_SET_GAIN, 0, "No loudness to work with.");
        st_recipe_set(r, ST_SET_LIM_DRIVE, goal->gain_db,
                      "Only the peak is held.");
        return;
    }
    decide_multiband(r, goal, in, o);
    decide_parallel(r, goal, o);
    decide_saturation(r, goal, o);
    stage_gain(r, goal);
}
