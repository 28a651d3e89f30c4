#include "dsp/stereo.h"

#include "core/alloc.h"
#include "core/math.h"
#include "dsp/clamp.h"
#include "dsp/smooth.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 256, STEP_FRAMES = 16 };

typedef double v2d ST_VECTOR(16); /* mid, side */

static const double root2 = 1.41421356237309504880;

struct st_stereo {
    double rate_hz;
    int64_t frame;
    st_smooth width;  /* side gain */
    st_smooth filter; /* 0 = off, 1 = mono bass on */
    int ramp_steps, ramp_left;
    double octave, octave_target, octave_delta; /* log2 of the frequency */
    double p, q, r;            /* one section, see dsp/dynops.h */
    double s1[2][2], s2[2][2]; /* [section][mid, side] */
    float gain[CHUNK], wet[CHUNK];
    v2d ms[CHUNK];
};

st_stereo_params st_stereo_defaults(void) {
    return (st_stereo_params){.width = 1.0};
}

static void design(st_stereo *u) {
    double g = st_tan(ST_PI * st_exp2(u->octave) / u->rate_hz);
    double a = 1.0 / (1.0 + g * (g + root2));
    u->p = 2.0 * a - 1.0;
    u->q = 2.0 * g * a;
    u->r = 2.0 * g * g * a;
}

static void settle(st_stereo *u) {
    u->octave = u->octave_target;
    u->ramp_left = 0;
    design(u);
}

static void clear(st_stereo *u) {
    memset(u->s1, 0, sizeof u->s1);
    memset(u->s2, 0, sizeof u->s2);
}

st_status st_stereo_new(st_stereo **out, const st_spec *spec,
                        const st_stereo_params *params) {
    if (!st_spec_valid(spec) || spec->channels != 2)
        return ST_BAD_ARG;
    st_stereo *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return ST_NO_MEM;
    u->rate_hz = spec->rate_hz;
    u->ramp_steps = (int)rint(0.02 * spec->rate_hz / STEP_FRAMES);
    u->octave_target = st_log2(100.0);
    st_smooth_init(&u->width, spec->rate_hz, 20.0);
    st_smooth_init(&u->filter, spec->rate_hz, 20.0);
    st_stereo_set(u, params);
    st_stereo_reset(u);
    *out = u;
    return ST_OK;
}

void st_stereo_free(st_stereo *u) {
    st_free(u);
}

void st_stereo_reset(st_stereo *u) {
    settle(u);
    st_smooth_settle(&u->width);
    st_smooth_settle(&u->filter);
    clear(u);
    u->frame = 0;
}

void st_stereo_set(st_stereo *u, const st_stereo_params *params) {
    bool on = params->mono_below_hz > 0.0;
    st_smooth_to(&u->width, (float)st_clamp(params->width, 0.0, 4.0));
    bool was_off = st_smooth_is(&u->filter, 0.0f);
    st_smooth_to(&u->filter, on ? 1.0f : 0.0f);
    if (!on)
        return;
    u->octave_target =
        st_log2(st_clamp(params->mono_below_hz, 10.0, 0.4 * u->rate_hz));
    if (was_off) {
        clear(u);
        settle(u);
        return;
    }
    u->octave_delta = (u->octave_target - u->octave) / (double)u->ramp_steps;
    u->ramp_left = u->octave_delta != 0.0 ? u->ramp_steps : 0;
}

int st_stereo_latency_frames(const st_stereo *u) {
    (void)u;
    return 0;
}

static void section(const st_stereo *u, v2d *s1, v2d *s2, const v2d *x,
                    v2d *band, v2d *low) {
    v2d d = *x - *s2;
    v2d n1 = u->p * *s1 + u->q * d;
    v2d n2 = *s2 + (u->q * *s1 + u->r * d);
    *band = *s1 + n1;
    *low = *s2 + n2;
    *s1 = n1;
    *s2 = n2;
}

/* Mid through the allpass, side through "allpass minus low". */
static void filter(st_stereo *u, v2d *x, int n) {
    v2d s1[2], s2[2];
    memcpy(s1, u->s1, sizeof s1);
    memcpy(s2, u->s2, sizeof s2);
    for (int i = 0; i < n; i++) {
        v2d band, low, unused;
        section(u, &s1[0], &s2[0], &x[i], &band, &low);
        v2d allpass = x[i] - root2 * band;
        section(u, &s1[1], &s2[1], &low, &unused, &low);
        x[i] = (v2d){allpass[0], allpass[1] - 0.25 * low[1]};
    }
    memcpy(u->s1, s1, sizeof s1);
    memcpy(u->s2, s2, sizeof s2);
}

static void flush(st_stereo *u) {
    double *s = &u->s1[0][0], *t = &u->s2[0][0];
    for (int i = 0; i < 4; i++) {
        s[i] = fabs(s[i]) < 1e-30 ? 0.0 : s[i];
        t[i] = fabs(t[i]) < 1e-30 ? 0.0 : t[i];
    }
}

static void width_only(const float *gain, const float *const *in,
                       float *const *out, int at, int n) {
    const float *left = in[0] + at, *right = in[1] + at;
    for (int i = 0; i < n; i++) {
        float l = left[i], r = right[i];
        float more = (gain[i] - 1.0f) * (0.5f * (l - r));
        out[0][at + i] = l + more;
        out[1][at + i] = r - more;
    }
}

static void width_and_bass(st_stereo *u, const float *const *in,
                           float *const *out, int at, int n) {
    const float *left = in[0] + at, *right = in[1] + at;
    for (int i = 0; i < n; i++) {
        double l = (double)left[i], r = (double)right[i];
        u->ms[i] = (v2d){0.5 * (l + r), 0.5 * (l - r)};
    }
    filter(u, u->ms, n);
    for (int i = 0; i < n; i++) {
        double l = (double)left[i], r = (double)right[i];
        double wet = (double)u->wet[i], mid = 0.5 * (l + r);
        double side = 0.5 * (l - r);
        mid += wet * (u->ms[i][0] - mid);
        side += wet * (u->ms[i][1] - side);
        side *= (double)u->gain[i];
        out[0][at + i] = (float)(mid + side);
        out[1][at + i] = (float)(mid - side);
    }
    if ((u->frame + n) % CHUNK == 0)
        flush(u);
}

static int run_length(st_stereo *u, int want) {
    int n = CHUNK - (int)(u->frame % CHUNK);
    if (u->ramp_left > 0) {
        int phase = (int)(u->frame % STEP_FRAMES);
        if (phase == 0) {
            u->ramp_left--;
            u->octave += u->octave_delta;
            if (u->ramp_left == 0)
                settle(u);
            else
                design(u);
        }
        n = STEP_FRAMES - phase;
    }
    return n < want ? n : want;
}

void st_stereo_process(st_stereo *u, const float *const *in, float *const *out,
                       int frames) {
    for (int at = 0; at < frames;) {
        int n = run_length(u, frames - at);
        bool off = st_smooth_is(&u->filter, 0.0f);
        st_smooth_fill(&u->width, u->gain, n);
        st_smooth_fill(&u->filter, u->wet, n);
        if (off)
            width_only(u->gain, in, out, at, n);
        else
            width_and_bass(u, in, out, at, n);
        u->frame += n;
        at += n;
    }
}
