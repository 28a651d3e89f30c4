#include "dsp/panner.h"

#include "core/alloc.h"
#include "core/math.h"
#include "dsp/clamp.h"
#include "dsp/smooth.h"

#include <stddef.h>
#include <string.h>

enum { CHUNK = 256, MOVERS = 3 };

static const double root2 = 1.41421356237309504880;
static const double silent_db = -150.0;

/* What moves: the side gain and the gain of each side, fader and all. */
enum { WIDTH, LEFT, RIGHT };

struct st_panner {
    int channels;
    st_smooth value[MOVERS];
    float gain[MOVERS][CHUNK];
};

st_panner_params st_panner_defaults(void) {
    return (st_panner_params){.width = 1.0};
}

st_status st_panner_new(st_panner **out, const st_spec *spec,
                        const st_panner_params *params) {
    if (!st_spec_valid(spec) || spec->channels > 2)
        return ST_BAD_ARG;
    st_panner *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return ST_NO_MEM;
    u->channels = spec->channels;
    for (int i = 0; i < MOVERS; i++)
        st_smooth_init(&u->value[i], spec->rate_hz, 20.0);
    st_panner_set(u, params);
    st_panner_reset(u);
    *out = u;
    return ST_OK;
}

void st_panner_free(st_panner *u) {
    st_free(u);
}

void st_panner_reset(st_panner *u) {
    for (int i = 0; i < MOVERS; i++)
        st_smooth_settle(&u->value[i]);
}

/* The same value again does not start a move afresh. */
static void move(st_panner *u, int which, double target) {
    if (u->value[which].target != (float)target)
        st_smooth_to(&u->value[which], (float)target);
}

void st_panner_set(st_panner *u, const st_panner_params *params) {
    double db = st_clamp(params->gain_db, silent_db, 40.0);
    double gain = db > silent_db ? root2 * st_db_to_gain(db) : 0.0;
    double turn = 0.25 * (st_clamp(params->pan, -1.0, 1.0) + 1.0);
    bool mono = u->channels == 1;
    move(u, WIDTH, mono ? 1.0 : st_clamp(params->width, 0.0, 2.0));
    move(u, LEFT, gain * st_cospi(turn));
    move(u, RIGHT, gain * st_sinpi(turn));
}

int st_panner_latency_frames(const st_panner *u) {
    (void)u;
    return 0;
}

/* Frames until the next move ends, so that neutral begins on its frame in any
 * division into blocks. */
static int run_length(const st_panner *u, int want) {
    int n = want < CHUNK ? want : CHUNK;
    for (int i = 0; i < MOVERS; i++) {
        int left = u->value[i].left;
        n = left > 0 && left < n ? left : n;
    }
    return n;
}

static bool neutral(const st_panner *u) {
    return st_smooth_is(&u->value[WIDTH], 1.0f) &&
           st_smooth_is(&u->value[LEFT], 1.0f) &&
           st_smooth_is(&u->value[RIGHT], 1.0f);
}

static bool still(const st_panner *u) {
    return u->value[WIDTH].left + u->value[LEFT].left + u->value[RIGHT].left ==
           0;
}

static void copy(const float *left, const float *right, float *out_left,
                 float *out_right, int n) {
    if (out_right != right)
        memcpy(out_right, right, (size_t)n * sizeof(float));
    if (out_left != left)
        memcpy(out_left, left, (size_t)n * sizeof(float));
}

static void hold(const st_panner *u, const float *left, const float *right,
                 float *out_left, float *out_right, int n) {
    float more = u->value[WIDTH].target - 1.0f;
    float gl = u->value[LEFT].target, gr = u->value[RIGHT].target;
    for (int i = 0; i < n; i++) {
        float l = left[i], r = right[i], side = more * (0.5f * (l - r));
        out_left[i] = gl * (l + side);
        out_right[i] = gr * (r - side);
    }
}

static void glide(st_panner *u, const float *left, const float *right,
                  float *out_left, float *out_right, int n) {
    const float *width = u->gain[WIDTH];
    const float *gl = u->gain[LEFT], *gr = u->gain[RIGHT];
    for (int i = 0; i < MOVERS; i++)
        st_smooth_fill(&u->value[i], u->gain[i], n);
    for (int i = 0; i < n; i++) {
        float l = left[i], r = right[i];
        float side = (width[i] - 1.0f) * (0.5f * (l - r));
        out_left[i] = gl[i] * (l + side);
        out_right[i] = gr[i] * (r - side);
    }
}

void st_panner_process(st_panner *u, const float *const *in, float *const *out,
                       int frames) {
    for (int at = 0; at < frames;) {
        int n = run_length(u, frames - at);
        const float *left = in[0] + at, *right = in[u->channels - 1] + at;
        if (neutral(u))
            copy(left, right, out[0] + at, out[1] + at, n);
        else if (still(u))
            hold(u, left, right, out[0] + at, out[1] + at, n);
        else
            glide(u, left, right, out[0] + at, out[1] + at, n);
        at += n;
    }
}
