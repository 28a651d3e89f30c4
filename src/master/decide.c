#include "master/decide.h"

#include "core/math.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

void st_goal_bound(st_goal *goal, const char *name, double asked,
                   double reached, const char *text, ...) {
    if (goal->bound_count == ST_BOUNDS_MAX)
        return;
    st_bound *b = &goal->bounds[goal->bound_count++];
    b->name = name, b->asked = asked, b->reached = reached;
    va_list args;
    va_start(args, text);
    vsnprintf(b->text, sizeof b->text, text, args);
    va_end(args);
}

static void target_of(st_recipe *r, const st_decide_options *o,
                      const st_measure *in) {
    const st_preset *p = o->preset;
    const st_reference *ref = o->reference;
    if (ref && o->amounts.loudness > 0) {
        double from = in->meter.loudness.integrated_lufs;
        double to = from + o->amounts.loudness * (ref->lufs - from);
        st_recipe_set(r, ST_SET_LUFS, isfinite(from) ? to : ref->lufs,
                      "Loudness of the reference (%.1f LUFS), %.0f %% of the "
                      "way.",
                      ref->lufs, 100 * o->amounts.loudness);
    } else {
        st_recipe_set(r, ST_SET_LUFS, p->lufs, "Target of the preset %s.",
                      p->name);
    }
    st_recipe_set(r, ST_SET_CEILING, p->ceiling_dbtp,
                  "Ceiling of the preset %s.", p->name);
}

/* PLR after >= max(before - loss, least); one that is lower already cannot be
 * asked to rise. */
static double plr_floor(const st_recipe *r, const st_goal *goal,
                        const st_decide_options *o) {
    double floor = fmax(goal->plr_before - r->value[ST_SET_PLR_LOSS],
                        r->value[ST_SET_PLR_MIN]);
    const st_reference *ref = o->reference;
    if (ref && o->unbounded && o->amounts.loudness > 0)
        floor = fmin(floor, fmax(goal->aim_dbtp - ref->lufs, 3) - 0.2);
    return fmin(floor, goal->plr_before);
}

static void check_plr(st_recipe *r, st_goal *goal, const st_decide_options *o) {
    goal->plr_floor = plr_floor(r, goal, o);
    /* A tenth for the loudness tolerance and the limiter's own slack. */
    double most = goal->aim_dbtp - goal->plr_floor - 0.1;
    if (goal->goal_lufs <= most + 0.02)
        return;
    st_goal_bound(goal, "plr", goal->goal_lufs, most,
                  "Loudness stops at %.1f LUFS, not %.1f: the peak-to-loudness "
                  "ratio would fall from %.1f dB below %.1f dB, the least this "
                  "music keeps its punch with.",
                  most, goal->goal_lufs, goal->plr_before, goal->plr_floor);
    goal->goal_lufs = most;
}

/* Loudness, peak and image are where they should be: a finished master. */
static bool is_finished(const st_recipe *r, const st_measure *in,
                        const st_decide_options *o) {
    double off = in->meter.loudness.integrated_lufs - r->value[ST_SET_LUFS];
    bool mono = in->meter.channels < 2 || in->meter.width < 1e-9;
    for (int i = ST_SET_DC_LEFT; i < ST_SET_DITHER_ON; i++)
        if (r->given[i])
            return false; /* the user asks for a change */
    return !o->reference && !r->curve_given && fabs(off) <= ST_FINISHED_LU &&
           in->meter.true_peak_dbtp <= r->value[ST_SET_CEILING] &&
           (mono || st_stereo_correlation(&in->sums, 1) >= 0.1);
}

void st_decide_target(st_recipe *r, st_goal *goal, const st_measure *in,
                      const st_decide_options *o) {
    target_of(r, o, in);
    double lufs = in->meter.loudness.integrated_lufs;
    double ceiling = r->value[ST_SET_CEILING];
    goal->aim_dbtp = ceiling - ST_CEILING_MARGIN_DB;
    goal->asked_lufs = goal->goal_lufs = r->value[ST_SET_LUFS];
    goal->plr_before = in->meter.plr_db;
    if (!isfinite(lufs) || in->silent) {
        goal->goal_lufs = NAN;
        goal->gain_db =
            in->silent ? 0 : fmin(0, goal->aim_dbtp - in->meter.true_peak_dbtp);
        st_goal_bound(goal, "silence", goal->asked_lufs, -INFINITY,
                      in->silent ? "The input is silent: there is no loudness "
                                   "to bring to a target."
                                 : "The input is too short or too quiet to "
                                   "have a loudness (0.4 s above -70 LUFS are "
                                   "needed): only its peak was held.");
        return;
    }
    goal->finished = is_finished(r, in, o);
    if (goal->finished)
        goal->goal_lufs = lufs;
    else
        check_plr(r, goal, o);
    goal->gain_db = goal->goal_lufs - lufs;
    goal->over_db = goal->finished
                        ? 0
                        : fmax(0, in->meter.true_peak_dbtp + goal->gain_db -
                                      goal->aim_dbtp);
}

static void decide_dc(st_recipe *r, const st_measure *in) {
    for (int c = 0; c < 2; c++) {
        double dc = in->meter.channel[c < in->meter.channels ? c : 0].dc;
        st_setting id = c ? ST_SET_DC_RIGHT : ST_SET_DC_LEFT;
        if (fabs(dc) > 5e-4 && !in->silent)
            st_recipe_set(r, id, dc,
                          "A constant offset of %.4f takes headroom and "
                          "clicks at edits: taken off.",
                          dc);
        else
            st_recipe_set(r, id, 0, "No constant offset worth removing.");
    }
}

static void decide_dither(st_recipe *r, st_goal *goal, const st_measure *in,
                          const st_decide_options *o) {
    bool same = st_recipe_is_plain(r) && goal->gain_db == 0 &&
                goal->over_db == 0 && r->value[ST_SET_DC_LEFT] == 0 &&
                r->value[ST_SET_DC_RIGHT] == 0;
    goal->untouched = same && in->meter.bits <= o->bits_out;
    if (o->bits_out == 0)
        st_recipe_set(r, ST_SET_DITHER_ON, 1, "Not used: float output.");
    else if (goal->untouched)
        st_recipe_set(r, ST_SET_DITHER_ON, 1,
                      "Not used: every sample stays as it is.");
    else
        st_recipe_set(r, ST_SET_DITHER_ON, 1,
                      "Triangular dither for %d bits: rounding then leaves no "
                      "distortion.",
                      o->bits_out);
    st_recipe_set(r, ST_SET_DITHER_SHAPE, 0,
                  "White: inaudible at 24 bits, safe for further work.");
}

static void leave_alone(st_recipe *r) {
    static const char why[] = "Left alone: the file meets its target already.";
    for (int i = ST_SET_DC_LEFT; i < ST_SET_DITHER_ON; i++)
        st_recipe_set(r, (st_setting)i, st_recipe_field((st_setting)i)->initial,
                      "%s", i == ST_SET_GAIN ? why : "");
    r->mid_count = r->side_count = 0;
    snprintf(r->curve_reason, sizeof r->curve_reason, "%s", why);
}

void st_decide(st_recipe *r, st_goal *goal, const st_measure *in,
               const st_decide_options *options) {
    *goal = (st_goal){0};
    snprintf(r->preset, sizeof r->preset, "%s", options->preset->name);
    st_decide_target(r, goal, in, options);
    if (goal->finished) {
        leave_alone(r);
    } else {
        decide_dc(r, in);
        st_decide_eq(r, goal, in, options);
        st_decide_stereo(r, goal, in, options);
        st_decide_dynamics(r, goal, in, options);
    }
    decide_dither(r, goal, in, options);
}
