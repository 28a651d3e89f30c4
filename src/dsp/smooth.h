/* smooth: a value that moves in a straight line to its target (internal).
 * Source: dsp/unit.h ("smoothed from the next block on"); counted in frames
 * since the change, so blocks never show. [rt], one at a time. */
#ifndef ST_DSP_SMOOTH_H
#define ST_DSP_SMOOTH_H

#include <stdbool.h>

typedef struct {
    float target, step;
    int frames, left; /* frames of a whole move, of the running one */
} st_smooth;

static inline void st_smooth_init(st_smooth *s, double rate_hz, double ms) {
    *s = (st_smooth){.frames = (int)(rate_hz * ms * 0.001)};
}

static inline float st_smooth_now(const st_smooth *s) {
    return s->target - s->step * (float)s->left;
}

static inline void st_smooth_to(st_smooth *s, float target) {
    float now = st_smooth_now(s);
    s->step = (target - now) / (float)s->frames;
    s->target = target;
    s->left = target != now ? s->frames : 0;
}

static inline void st_smooth_settle(st_smooth *s) {
    s->left = 0;
}

/* True when it stands still at `value`. */
static inline bool st_smooth_is(const st_smooth *s, float value) {
    return s->left == 0 && s->target == value;
}

/* The next n values. */
static inline void st_smooth_fill(st_smooth *s, float *out, int n) {
    int i = 0;
    for (; i < n && s->left > 0; i++) {
        s->left--;
        out[i] = st_smooth_now(s);
    }
    for (; i < n; i++)
        out[i] = s->target;
}

#endif
