/* reverb_net: the reverb's delay network, a step of 32 frames at a time
 * (internal).
 * Source: dsp/reverb.h; core/cpu.h, each CPU level gives the same bits.
 *
 * No line is shorter than a step, so a step's output is known before its
 * input: a whole step is done at once, and latency stays 0. Within a step the
 * diffusers and the mix run along time, the absorption across the lines. */
#ifndef ST_DSP_REVERB_NET_H
#define ST_DSP_REVERB_NET_H

#include "core/attr.h"
#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    ST_REVERB_LINES = 16,
    ST_REVERB_STEP = 32,
    ST_REVERB_DIFFUSERS = 5, /* a side */
    ST_REVERB_MODULATED = 8, /* the lines of even index */
    ST_REVERB_EARLY = 2,     /* gain of the diffusers in the output */
    ST_REVERB_TAPS = 6,      /* of the interpolator in these */
    /* No row is read nearer than this: a step and the interpolator. */
    ST_REVERB_LEAST = ST_REVERB_STEP + ST_REVERB_TAPS
};

/* Rows of history that share a place of writing. What stands in the first
 * frames of a row stands after its last too, so that a read is one run. */
typedef struct {
    int rows, capacity, stride, at;
    float *data; /* [rows][stride] */
} st_reverb_ring;

/* Absorption of each line: a trapezoidal low shelf (p, q, r as in
 * dsp/dynops.h, band and low added by their shares), then a one-pole high
 * shelf (pole, shares of input and low). The 1/4 of the mix is in the last
 * two. */
typedef struct {
    float p[ST_REVERB_LINES], q[ST_REVERB_LINES], r[ST_REVERB_LINES];
    float band[ST_REVERB_LINES], low[ST_REVERB_LINES];
    float pole[ST_REVERB_LINES];
    float pass[ST_REVERB_LINES], under[ST_REVERB_LINES];
} st_reverb_loss;

enum { ST_REVERB_LOSSES = sizeof(st_reverb_loss) / sizeof(float) };

typedef struct {
    st_reverb_ring before;   /* [side]: pre-delay */
    st_reverb_ring diffuser; /* [side][ST_REVERB_DIFFUSERS] */
    st_reverb_ring line;     /* [ST_REVERB_LINES] */
    int before_frames;
    int diffuser_frames[2 * ST_REVERB_DIFFUSERS];
    int line_frames[ST_REVERB_LINES];
    /* taps of the modulated lines at both ends of a step, and the reading
     * places they belong to */
    float from[ST_REVERB_MODULATED][ST_REVERB_TAPS];
    float to[ST_REVERB_MODULATED][ST_REVERB_TAPS];
    int place[ST_REVERB_MODULATED];
    bool moving; /* `loss` goes by `delta` a frame */
    st_reverb_loss loss, delta;
    float s1[ST_REVERB_LINES], s2[ST_REVERB_LINES], s3[ST_REVERB_LINES];
    float mixed[ST_REVERB_LINES][ST_REVERB_STEP]; /* on its way back */
} st_reverb_net;

typedef struct {
    /* A step through pre-delay and diffusers, in place. */
    void (*diffuse)(st_reverb_net *net, float x[2][ST_REVERB_STEP]);
    /* A step into the lines, and what comes out of them in the next. */
    void (*turn)(st_reverb_net *net, float x[2][ST_REVERB_STEP],
                 float out[2][ST_REVERB_STEP]);
} st_reverb_ops;

/* As st_ops_get and st_ops_level (dsp/ops.h). [any] */
const st_reverb_ops *st_reverb_ops_get(void);
const st_reverb_ops *st_reverb_ops_level(int level);

typedef struct {
    double rate_hz, size, predelay_ms;
    double bend_ms; /* the most that a line is bent */
} st_reverb_room;

/* Lengths of the lines and the rings they need. ST_NO_MEM. [main] */
ST_MUST_USE st_status st_reverb_net_init(st_reverb_net *net,
                                         const st_reverb_room *room);
void st_reverb_net_deinit(st_reverb_net *net);
/* Silence; the absorption stays. [rt] */
void st_reverb_net_clear(st_reverb_net *net);

/* Where the modulated lines are read: frames beside their own lengths, at both
 * ends of the step; they move less than a frame in it. [rt] */
void st_reverb_net_bend(st_reverb_net *net,
                        const double from[ST_REVERB_MODULATED],
                        const double to[ST_REVERB_MODULATED]);

typedef struct {
    double decay_s, bass, damping, damping_hz;
    double low_cut_hz, high_cut_hz;
    double modulation;
} st_reverb_law;

/* Absorption of the lines for these decay times. [rt] */
void st_reverb_loss_design(st_reverb_loss *loss, const st_reverb_net *net,
                           double rate_hz, const st_reverb_law *law);
/* The gain before the lines at which noise that has passed the cuts leaves
 * them with the power that it has. [rt] */
double st_reverb_loss_makeup(const st_reverb_loss *loss, double rate_hz,
                             const st_reverb_law *law);

#endif
