/* gain: up to eight gain computers with smoothed settings and a meter
 * (internal). Source: dsp/dynamics.h; the arithmetic is dsp/dynops_body.c,
 * `gain`. All calls [rt], one at a time. */
#ifndef ST_DSP_GAIN_H
#define ST_DSP_GAIN_H

#include "dsp/dynamics.h"
#include "dsp/dynops.h"

enum { ST_CONTROL_MAX_FRAMES = 64 };

typedef struct {
    double cut_sum; /* of the means of counted blocks, log2 */
    double top;
    int64_t blocks;
} st_gain_meter;

typedef struct {
    const st_dynops *ops;
    double rate_hz;
    int step_frames; /* frames a control step, a power of two */
    int block_steps; /* control steps in 10 ms */
    int block_done;  /* of the running block */
    int ramp_steps;  /* control steps that a change takes */
    int ramp_left;
    st_gain_law law, target;
    float delta[ST_GAIN_RAMPED][ST_LANES];
    st_gain_state state;
    float w[ST_CONTROL_MAX_FRAMES]; /* (i + 1) / step_frames */
    st_gain_meter meter[ST_LANES];
} st_gain;

/* Frames a control step at this rate. */
int st_control_frames(double rate_hz);

/* All lanes neutral; the first `lanes` are used. */
void st_gain_init(st_gain *g, double rate_hz, int lanes);
/* Settings of one lane; `now` takes them at once, else they are smoothed. */
void st_gain_set(st_gain *g, int lane, const st_dynamics_params *params,
                 bool now);
/* Call after the lanes of one change are set. */
void st_gain_set_done(st_gain *g);
/* Back to silence; `now` [ST_LANES] gets the gains before the first step. */
void st_gain_reset(st_gain *g, float *now);
/* Squares heard in each of `steps` ended steps, [steps][ST_LANES]: what the
 * gains reach at the end of the step that follows each, gains[steps][ST_LANES].
 */
void st_gain_run(st_gain *g, const float *mean, const float *top, float *gains,
                 int steps);
st_reduction st_gain_reduction(const st_gain *g, int lane);
/* `count` (1..) readings as one: the mean weighted by their blocks, the largest
 * of max_db and now_db. */
st_reduction st_reduction_join(const st_reduction *r, int count);
void st_gain_clear(st_gain *g);

#endif
