#include "core/math.h"
#include "master/render.h"
#include "master/widepeak.h"

#include <math.h>

typedef struct {
    const st_means *means;
    const st_pre *pre;
    const st_recipe *recipe;
    const st_measure *in;
    st_last_params params;
    st_ear *ear;
    st_last *last;
    st_source *source;
    st_sink *sink;
    st_widepeak wide;
} round_state;

static st_status open_round(round_state *s, st_err *err) {
    st_status status = st_spool_source(s->pre->spool, &s->source, err);
    if (status)
        return status;
    const st_format *f = &s->source->format;
    status = st_ear_new(&s->ear, f->rate_hz, f->channels);
    if (status)
        return st_err_set(err, status, "Out of memory.");
    status = st_last_new(&s->last, f->rate_hz, f->channels, s->recipe,
                         &s->params, err);
    if (!status && s->means->open)
        status = s->means->open(s->means->ctx, &s->sink, err);
    return status;
}

static st_status run_round(round_state *s, st_result *out, st_err *err) {
    st_flow_step steps[ST_LAST_STEPS + ST_EAR_STEPS + 3];
    st_sample_hash hash = {0};
    int n = st_last_steps(s->last, s->pre->frames, steps);
    if (s->sink)
        steps[n++] = (st_flow_step){"writing", st_sink_step, s->sink, 0};
    st_ear_steps(s->ear, "control", &steps[n]);
    n += ST_EAR_STEPS;
    steps[n++] = (st_flow_step){"control", st_hash_step, &hash, 0};
    double ceiling = s->recipe->value[ST_SET_CEILING];
    st_widepeak_init(&s->wide, s->source->format.rate_hz, ceiling);
    steps[n++] = (st_flow_step){"control", st_widepeak_step, &s->wide, 0};
    st_status status =
        st_means_flow(s->means, "limiting", 0.9, s->source, -1,
                      st_last_latency_frames(s->last), steps, n, err);
    if (!status && s->sink)
        status = st_sink_finish(s->sink, err);
    if (status)
        return status;
    st_ear_finish(s->ear, &out->after);
    st_last_reduction(s->last, &out->limiting_mean_db, &out->limiting_max_db);
    out->trace = *st_last_trace(s->last);
    out->hash = st_hash_value(&hash);
    out->frames = hash.frames;
    out->drive_db = s->params.drive_db;
    out->aim_dbtp = s->params.ceiling_db;
    return ST_OK;
}

static void close_round(round_state *s) {
    st_sink_free(s->sink);
    st_last_free(s->last);
    st_ear_free(s->ear);
    st_source_free(s->source);
    s->sink = NULL, s->last = NULL, s->ear = NULL, s->source = NULL;
}

/* How much louder a dB of drive makes it, by the model; at least a fifth. */
static double slope(const st_pre *pre, double drive, double ceiling) {
    if (!pre->aim)
        return 1;
    double a = st_aim_loudness(pre->aim, drive - 0.5, ceiling);
    double b = st_aim_loudness(pre->aim, drive + 0.5, ceiling);
    return isfinite(a) && isfinite(b) ? fmin(fmax(b - a, 0.2), 1) : 1;
}

static bool seeks(const round_state *s) {
    return s->pre->aim && s->recipe->value[ST_SET_SEEK] != 0;
}

/* More than this over the model and the limiter only flattens. */
static const double OVERDRIVE_DB = 3;

static double model_drive(const round_state *s, const st_goal *goal) {
    return st_aim_drive(s->pre->aim, goal->goal_lufs, s->params.ceiling_db);
}

static void learn(const round_state *s, const st_goal *goal, st_result *out) {
    out->learned_ceiling_db = s->params.ceiling_db - goal->aim_dbtp;
    out->learned_drive_db =
        seeks(s) && s->params.limit && !isnan(goal->goal_lufs)
            ? s->params.drive_db - model_drive(s, goal)
            : 0;
}

/* A lower ceiling, and the drive that keeps the loudness under it. */
static void lower(round_state *s, const st_goal *goal, double db) {
    bool model = s->params.limit && seeks(s) && !isnan(goal->goal_lufs);
    double before = model ? model_drive(s, goal) : 0;
    s->params.ceiling_db -= db;
    if (!s->params.limit)
        s->params.drive_db -= db;
    else if (model)
        s->params.drive_db += model_drive(s, goal) - before;
}

/* Off by more than a meter's tolerance? Then the drive and ceiling of the
 * next round. */
static bool correct(round_state *s, const st_goal *goal, double ceiling,
                    const st_result *r) {
    double tp = r->after.meter.true_peak_dbtp;
    /* A finished master may stand at its ceiling. */
    double margin = goal->finished ? 0 : 0.06;
    double over = fmax(tp - (ceiling - margin),
                       st_widepeak_db(&s->wide) - (ceiling - 0.005));
    bool again = false;
    if (over > 0) {
        lower(s, goal, over + 0.02);
        again = true;
    }
    double lufs = r->after.meter.loudness.integrated_lufs;
    double miss = goal->goal_lufs - lufs;
    if (!isnan(goal->goal_lufs) && isfinite(lufs) && fabs(miss) > 0.08 &&
        s->recipe->value[ST_SET_SEEK] != 0) {
        double per_db = s->params.limit ? slope(s->pre, s->params.drive_db,
                                                s->params.ceiling_db)
                                        : 1;
        double drive = s->params.drive_db + fmin(fmax(miss / per_db, -6), 6);
        if (s->params.limit && seeks(s))
            drive = fmin(drive, model_drive(s, goal) + OVERDRIVE_DB);
        again = again || fabs(drive - s->params.drive_db) > 0.01;
        s->params.drive_db = drive;
    }
    return again;
}

/* Where to begin. A limiter is made only if a peak could reach the aim. */
static void first_drive(round_state *s, const st_goal *goal,
                        const st_result *last) {
    const double *v = s->recipe->value;
    double ceiling = goal->aim_dbtp + last->learned_ceiling_db;
    double drive = v[ST_SET_LIM_DRIVE];
    if (seeks(s))
        drive = st_aim_drive(s->pre->aim, goal->goal_lufs, ceiling) +
                last->learned_drive_db;
    s->params.drive_db = drive;
    s->params.ceiling_db = ceiling;
    /* True peaks stand at most some 6 dB over samples in real signals. */
    double peak = s->pre->aim ? st_aim_peak_db(s->pre->aim) + 3
                              : s->in->meter.true_peak_dbtp;
    s->params.limit = peak + drive > goal->aim_dbtp && !goal->finished;
}

st_status st_render_last(const st_means *means, const st_pre *pre,
                         st_recipe *recipe, const st_goal *goal,
                         const st_measure *in, int bits, uint64_t seed,
                         st_result *out, st_err *err) {
    round_state s = {.means = means, .pre = pre, .recipe = recipe, .in = in};
    s.params.bits = bits;
    s.params.dithered =
        recipe->value[ST_SET_DITHER_ON] != 0 && !goal->untouched;
    s.params.seed = seed;
    first_drive(&s, goal, out);
    st_status status = ST_OK;
    for (int round = 1; !status && round <= ST_ROUNDS_MAX; round++) {
        status = open_round(&s, err);
        if (!status)
            status = run_round(&s, out, err);
        close_round(&s);
        out->rounds = round;
        if (round == 1)
            out->first_miss_lu =
                goal->goal_lufs - out->after.meter.loudness.integrated_lufs;
        if (!status && !correct(&s, goal, recipe->value[ST_SET_CEILING], out))
            break;
        s.params.dithered = recipe->value[ST_SET_DITHER_ON] != 0;
        s.params.limit = s.params.limit || s.params.drive_db > out->drive_db;
    }
    learn(&s, goal, out);
    bool heard = isfinite(out->after.meter.loudness.integrated_lufs);
    if (!status && heard && !recipe->given[ST_SET_LIM_DRIVE])
        st_recipe_set(recipe, ST_SET_LIM_DRIVE, out->drive_db,
                      "Found in %d round%s so that the file written measures "
                      "%.2f LUFS.",
                      out->rounds, out->rounds == 1 ? "" : "s",
                      out->after.meter.loudness.integrated_lufs);
    return status;
}
