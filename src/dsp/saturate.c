#include "dsp/saturate.h"

#include "core/alloc.h"
#include "core/math.h"
#include "dsp/limops.h"
#include "dsp/ops.h"
#include "dsp/oversample.h"
#include "dsp/satcurve.h"
#include "dsp/satops.h"

#include <math.h>
#include <string.h>

enum {
    HOP = ST_OVERSAMPLE_HOP,
    FACTOR = 8,
    CHANNELS = 8,
    PAST = 128, /* frames kept; more than its delay and SEEN */
    SEEN = 96   /* frames before a hop that its way up can look at */
};

/* of a lane, the last one for a sample past the end */
enum { FLOATS = 3 * HOP + PAST + 1 };

#define RAMP_MS 20.0
#define DC_HZ 5.0

typedef struct {
    float *fresh, *ready; /* HOP each */
    float *past;          /* PAST, then the hop */
    double dc;
} lane;

struct st_saturate {
    st_spec spec;
    st_saturate_params params;
    const st_ops *ops;
    const st_limops *limops;
    const st_satops *satops;
    st_oversample *os;
    float bend; /* of the way up, as in interpeak.h */
    double ramp_keep, dc_keep;
    double drive_goal, output_goal;
    double drive, mix, output; /* now */
    int filled;
    lane lanes[CHANNELS];
    float *pool;
};

static const float thresholds[ST_CURVE_COUNT] = {ST_CLIP_T, ST_SOFT_T, 0.0f,
                                                 0.0f};

const char *st_saturate_curve_name(st_saturate_curve curve) {
    static const char *const names[ST_CURVE_COUNT] = {"clip", "soft", "warm",
                                                      "tube"};
    return (unsigned)curve < ST_CURVE_COUNT ? names[curve] : NULL;
}

double st_saturate_shape(st_saturate_curve curve, double x) {
    float z[16] = {(float)x};
    float one[16];
    for (int i = 0; i < 16; i++)
        one[i] = 1.0f;
    st_satops_get()->curve[(unsigned)curve % ST_CURVE_COUNT](z, one, one, 16);
    return x + (double)z[0];
}

st_saturate_params st_saturate_defaults(void) {
    return (st_saturate_params){.curve = ST_CURVE_CLIP};
}

static double within(double value, double low, double high) {
    if (!(value == value))
        return 0.0;
    return value < low ? low : value > high ? high : value;
}

static void apply(st_saturate *u, const st_saturate_params *p) {
    st_saturate_params *q = &u->params;
    q->curve = (unsigned)p->curve < ST_CURVE_COUNT ? p->curve : ST_CURVE_CLIP;
    q->drive_db = within(p->drive_db, 0.0, ST_SATURATE_DRIVE_MAX_DB);
    q->mix = within(p->mix, 0.0, 1.0);
    q->output_db = within(p->output_db, -24.0, 24.0);
    u->drive_goal = st_db_to_gain(q->drive_db);
    u->output_goal = st_db_to_gain(q->output_db);
}

/* The way up less a straight line between neighbours is a filter over second
 * differences; the sum of its magnitudes, the largest of all phases. */
static st_status measure_bend(float *bend) {
    st_oversample *os = NULL;
    st_status status = st_oversample_new(&os, FACTOR, 1);
    if (status != ST_OK)
        return status;
    float in[HOP] = {0};
    double h[FACTOR][2 * HOP];
    in[0] = 1.0f;
    for (int hop = 0; hop < 2; hop++) {
        float *const *phase = st_oversample_up(os, 0, in);
        for (int p = 0; p < FACTOR; p++)
            for (int i = 0; i < HOP; i++)
                h[p][hop * HOP + i] = (double)phase[p][i];
        in[0] = 0.0f;
    }
    int at = st_oversample_up_frames(os);
    double most = 0.0;
    for (int p = 0; p < FACTOR; p++) {
        /* the impulse at `at` is what point p of frames at and at - 1 sees */
        h[p][at] -= 1.0 - p / (double)FACTOR;
        h[p][at - 1] -= p / (double)FACTOR;
        double once = 0.0;
        double twice = 0.0;
        double sum = 0.0;
        for (int i = 0; i < 2 * HOP; i++) {
            once += h[p][i];
            twice += once;
            sum += fabs(twice);
        }
        most = sum > most ? sum : most;
    }
    st_oversample_free(os);
    /* a little for what rounding leaves of the zero moments */
    *bend = (float)(most * 1.01 + 1e-3);
    return ST_OK;
}

static double keep_of(const st_saturate *u, double ms) {
    return st_exp(-1.0 / (ms * u->spec.rate_hz / 1000.0 / HOP));
}

st_status st_saturate_new(st_saturate **out, const st_spec *spec,
                          const st_saturate_params *params) {
    if (!st_spec_valid(spec))
        return ST_BAD_ARG;
    st_saturate *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return ST_NO_MEM;
    u->spec = *spec;
    u->ops = st_ops_get();
    u->limops = st_limops_get();
    u->satops = st_satops_get();
    size_t channels = (size_t)spec->channels;
    size_t floats = FLOATS;
    u->pool = st_calloc(channels * floats, sizeof *u->pool);
    if (u->pool == NULL || measure_bend(&u->bend) != ST_OK ||
        st_oversample_new(&u->os, FACTOR, spec->channels) != ST_OK) {
        st_saturate_free(u);
        return ST_NO_MEM;
    }
    for (size_t c = 0; c < channels; c++) {
        lane *l = &u->lanes[c];
        l->fresh = u->pool + c * floats;
        l->ready = l->fresh + HOP;
        l->past = l->ready + HOP;
    }
    u->ramp_keep = keep_of(u, RAMP_MS);
    u->dc_keep = st_exp(-2.0 * ST_PI * DC_HZ / spec->rate_hz);
    apply(u, params);
    st_saturate_reset(u);
    *out = u;
    return ST_OK;
}

void st_saturate_free(st_saturate *u) {
    if (u == NULL)
        return;
    st_oversample_free(u->os);
    st_free(u->pool);
    st_free(u);
}

void st_saturate_reset(st_saturate *u) {
    size_t floats = FLOATS;
    memset(u->pool, 0, (size_t)u->spec.channels * floats * sizeof *u->pool);
    st_oversample_reset(u->os);
    for (int c = 0; c < u->spec.channels; c++)
        u->lanes[c].dc = 0.0;
    u->filled = 0;
    u->drive = u->drive_goal;
    u->mix = u->params.mix;
    u->output = u->output_goal;
}

void st_saturate_set(st_saturate *u, const st_saturate_params *params) {
    apply(u, params);
}

int st_saturate_latency_frames(const st_saturate *u) {
    return HOP + st_oversample_latency_frames(u->os);
}

/* ---- one hop ---- */

/* What a hop does: drive and scale of the curve a frame, gain at the end. */
typedef struct {
    float drive[HOP], scale[HOP];
    float top; /* largest drive of the hop */
    bool wet;
    float output, output_step;
} plan;

static double glide(double now, double goal, double keep) {
    double next = goal - (goal - now) * keep;
    return fabs(next - goal) <= 1e-6 ? goal : next;
}

static void make_plan(st_saturate *u, plan *p) {
    double drive = u->drive;
    double mix = u->mix;
    double output = u->output;
    u->drive = glide(drive, u->drive_goal, u->ramp_keep);
    u->mix = glide(mix, u->params.mix, u->ramp_keep);
    u->output = glide(output, u->output_goal, u->ramp_keep);
    for (int i = 0; i < HOP; i++) {
        double part = (i + 1.0) / HOP;
        double d = drive + (u->drive - drive) * part;
        p->drive[i] = (float)d;
        p->scale[i] = (float)((mix + (u->mix - mix) * part) / d);
    }
    p->top = (float)(u->drive > drive ? u->drive : drive);
    p->wet = mix > 0.0 || u->mix > 0.0;
    p->output = (float)output;
    p->output_step = (float)((u->output - output) / HOP);
}

/* Can the curve touch anything in the hop the oversampler makes now? */
static bool touched(const st_saturate *u, const lane *l, const plan *p) {
    if (!p->wet)
        return false;
    st_limops_shape s = u->limops->shape(l->past + PAST - SEEN, SEEN + HOP);
    float most = (s.peak + u->bend * s.bend) * p->top;
    return most > thresholds[u->params.curve];
}

/* What the curve adds passes a one-pole high-pass; TUBE makes DC. */
static void block_dc(const st_saturate *u, lane *l, float *d) {
    if (u->params.curve != ST_CURVE_TUBE && l->dc == 0.0)
        return;
    double in = 1.0 - u->dc_keep;
    bool tube = u->params.curve == ST_CURVE_TUBE;
    for (int i = 0; i < HOP; i++) {
        double x = d[i];
        l->dc += in * ((tube ? x : 0.0) - l->dc);
        d[i] = (float)(x - l->dc);
    }
    if (fabs(l->dc) < 1e-9)
        l->dc = 0.0;
}

static void saturate_hop(st_saturate *u, int channel, const plan *p) {
    lane *l = &u->lanes[channel];
    memmove(l->past, l->past + HOP, PAST * sizeof *l->past);
    float *now = l->past + PAST;
    u->limops->drive(now, l->fresh, 1.0f, 0.0f, HOP);
    now[HOP] = 2.0f * now[HOP - 1] - now[HOP - 2]; /* no bend at the end */
    const float *dry = now - st_oversample_latency_frames(u->os);
    float added[HOP];
    if (touched(u, l, p)) {
        float *const *phase = st_oversample_up(u->os, channel, now);
        st_satops_fn *curve = u->satops->curve[u->params.curve];
        for (int k = 0; k < FACTOR; k++)
            curve(phase[k], p->drive, p->scale, HOP);
    } else {
        st_oversample_skip(u->os, channel, now);
    }
    st_oversample_down(u->os, channel, added);
    block_dc(u, l, added);
    memcpy(l->ready, dry, HOP * sizeof *dry);
    u->ops->add_scaled(l->ready, added, 1.0f, HOP);
    if (p->output != 1.0f || p->output_step != 0.0f)
        u->limops->drive(l->ready, l->ready, p->output, p->output_step, HOP);
}

void st_saturate_process(st_saturate *u, const float *const *in,
                         float *const *out, int frames) {
    for (int done = 0; done < frames;) {
        int n = HOP - u->filled;
        n = n < frames - done ? n : frames - done;
        size_t bytes = (size_t)n * sizeof(float);
        for (int c = 0; c < u->spec.channels; c++) {
            lane *l = &u->lanes[c];
            memcpy(l->fresh + u->filled, in[c] + done, bytes);
            memcpy(out[c] + done, l->ready + u->filled, bytes);
        }
        done += n;
        u->filled += n;
        if (u->filled < HOP)
            continue;
        u->filled = 0;
        plan p;
        make_plan(u, &p);
        for (int c = 0; c < u->spec.channels; c++)
            saturate_hop(u, c, &p);
    }
}
