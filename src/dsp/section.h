/* section: one second-order filter on pairs of channels, whose gain may move
 * within a control step (internal to dsp/dyneq.c and dsp/deesser.c).
 * Source: A. Simper's trapezoidal state-variable filter, as in dsp/svf.h, with
 * its outputs kept doubled (dsp/dynops.h).
 *
 * Shapes are worked out at the ends of a control step and run in a straight
 * line between. Double state, latency 0. All [rt]. */
#ifndef ST_DSP_SECTION_H
#define ST_DSP_SECTION_H

#include <stdbool.h>

enum { ST_SECTION_PAIRS = 4, ST_SECTION_FLUSH_FRAMES = 256 };

typedef struct {
    double p, q, r;    /* see dsp/dynops.h */
    double m0, m1, m2; /* shares of input, doubled band and low */
} st_section;

typedef struct {
    double s1[2], s2[2];
} st_section_state; /* of two channels */

/* g = tan(pi f / rate), k = 1 / q; the shares of input, band and low. */
st_section st_section_make(double g, double k, double m0, double m1, double m2);
/* `gain` linear, > 0; 1 gives the input. dsp/svf.h's bell and shelves. */
st_section st_section_bell(double g, double k, double gain);
st_section st_section_low_shelf(double g, double k, double gain);
st_section st_section_high_shelf(double g, double k, double gain);

/* A filter whose gain is moved by control steps. */
typedef struct {
    st_section from, to; /* over the running step */
    float gain_from, gain_to;
    bool still; /* from equals to */
    st_section_state state[ST_SECTION_PAIRS];
} st_glide;

/* Stand still at `gain`, which is what `shape` has; state to 0. */
void st_glide_reset(st_glide *f, const st_section *shape, float gain);
/* Where the next step ends. `shape` may be f->to: nothing moves. */
void st_glide_to(st_glide *f, const st_section *shape, float gain);
/* n frames of `channels` channels at x[c] + at, in place; w[i]: how far from
 * `from` to `to` frame i stands. At gain 1 the filter only listens: x stays as
 * it is, bit for bit, and the gain may move at any time. n up to 64. */
void st_glide_run(st_glide *f, float *const *x, int channels, int at,
                  const float *w, int n);
/* n frames of `channels` channels from in[c] + at to out[c]. */
void st_section_run(const st_section *s, st_section_state *state,
                    const float *const *in, int channels, int at,
                    float *const *out, int n);
/* Every ST_SECTION_FLUSH_FRAMES: so that silence never becomes denormal. */
void st_section_flush(st_section_state *state);

#endif
