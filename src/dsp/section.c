#include "dsp/section.h"

#include "core/attr.h"

#include <math.h>
#include <string.h>

enum { RUN = 64 };

typedef double v2d ST_VECTOR(16); /* two channels */

st_section st_section_make(double g, double k, double m0, double m1,
                           double m2) {
    double a = 1.0 / (1.0 + g * (g + k));
    return (st_section){2.0 * a - 1.0, 2.0 * g * a, 2.0 * g * g * a, m0,
                        0.5 * m1,      0.5 * m2};
}

st_section st_section_bell(double g, double k, double gain) {
    double wide = k / sqrt(gain);
    return st_section_make(g, wide, 1.0, wide * (gain - 1.0), 0.0);
}

st_section st_section_low_shelf(double g, double k, double gain) {
    double a = sqrt(gain);
    return st_section_make(g / sqrt(a), k, 1.0, k * (a - 1.0), gain - 1.0);
}

st_section st_section_high_shelf(double g, double k, double gain) {
    double a = sqrt(gain);
    return st_section_make(g * sqrt(a), k, gain, k * (1.0 - a) * a, 1.0 - gain);
}

/* One frame; n1, n2: the states after it. */
static inline void tick(const st_section *c, v2d *s1, v2d *s2, const v2d *x,
                        v2d *out) {
    v2d d = *x - *s2;
    v2d n1 = c->p * *s1 + c->q * d;
    v2d n2 = *s2 + (c->q * *s1 + c->r * d);
    *out = c->m0 * *x + (c->m1 * (*s1 + n1) + c->m2 * (*s2 + n2));
    *s1 = n1;
    *s2 = n2;
}

static void run_pair(const st_section *c, st_section_state *z,
                     const float *left, const float *right, float *out_left,
                     float *out_right, int n) {
    v2d s1, s2;
    memcpy(&s1, z->s1, sizeof s1);
    memcpy(&s2, z->s2, sizeof s2);
    for (int i = 0; i < n; i++) {
        v2d x = {left[i], right[i]}, y;
        tick(c, &s1, &s2, &x, &y);
        out_left[i] = (float)y[0];
        out_right[i] = (float)y[1];
    }
    memcpy(z->s1, &s1, sizeof s1);
    memcpy(z->s2, &s2, sizeof s2);
}

static double between(double a, double b, double w) {
    return a + (b - a) * w;
}

static st_section blend(const st_section *a, const st_section *b, double w) {
    return (st_section){between(a->p, b->p, w),   between(a->q, b->q, w),
                        between(a->r, b->r, w),   between(a->m0, b->m0, w),
                        between(a->m1, b->m1, w), between(a->m2, b->m2, w)};
}

static void glide_pair(const st_glide *f, st_section_state *z, float *left,
                       float *right, const float *w, int n) {
    v2d s1, s2;
    memcpy(&s1, z->s1, sizeof s1);
    memcpy(&s2, z->s2, sizeof s2);
    for (int i = 0; i < n; i++) {
        st_section c = blend(&f->from, &f->to, (double)w[i]);
        v2d x = {left[i], right[i]}, y;
        tick(&c, &s1, &s2, &x, &y);
        left[i] = (float)y[0];
        right[i] = (float)y[1];
    }
    memcpy(z->s1, &s1, sizeof s1);
    memcpy(z->s2, &s2, sizeof s2);
}

void st_glide_reset(st_glide *f, const st_section *shape, float gain) {
    *f = (st_glide){*shape, *shape, gain, gain, true, {{{0}, {0}}}};
}

void st_glide_to(st_glide *f, const st_section *shape, float gain) {
    st_section to = *shape;
    f->still = shape == &f->to;
    f->from = f->to;
    f->to = to;
    f->gain_from = f->gain_to;
    f->gain_to = gain;
}

void st_glide_run(st_glide *f, float *const *x, int channels, int at,
                  const float *w, int n) {
    float unheard[2][RUN];
    bool idle = f->gain_from == 1.0f && f->gain_to == 1.0f;
    for (int c = 0; c < channels; c += 2) {
        float *left = x[c] + at;
        float *right = c + 1 < channels ? x[c + 1] + at : left;
        st_section_state *z = &f->state[c / 2];
        if (idle)
            run_pair(&f->to, z, left, right, unheard[0], unheard[1], n);
        else if (f->still)
            run_pair(&f->to, z, left, right, left, right, n);
        else
            glide_pair(f, z, left, right, w, n);
    }
}

void st_section_run(const st_section *s, st_section_state *state,
                    const float *const *in, int channels, int at,
                    float *const *out, int n) {
    for (int c = 0; c < channels; c += 2) {
        int other = c + 1 < channels ? c + 1 : c;
        run_pair(s, &state[c / 2], in[c] + at, in[other] + at, out[c],
                 out[other], n);
    }
}

void st_section_flush(st_section_state *state) {
    for (int pair = 0; pair < ST_SECTION_PAIRS; pair++)
        for (int lane = 0; lane < 2; lane++) {
            double *s = &state[pair].s1[lane], *t = &state[pair].s2[lane];
            *s = fabs(*s) < 1e-30 ? 0.0 : *s;
            *t = fabs(*t) < 1e-30 ? 0.0 : *t;
        }
}
