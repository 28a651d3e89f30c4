#include "dsp/deesser.h"

#include "core/alloc.h"
#include "core/math.h"
#include "dsp/clamp.h"
#include "dsp/delay_line.h"
#include "dsp/gain.h"
#include "dsp/section.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { CHANNELS = 8, RUN = ST_CONTROL_MAX_FRAMES };

/* The shelf's middle, and where the rest ends, in parts of hz. */
#define UNDER (1.0 / 1.6)
#define KNEE_DB 3.0
#define HOLD_MS 5.0
/* Time constants of both levels: up, and down (a pitch period's dips stay
 * small, and a vowel is gone from the rest when an S begins). */
#define RISE_MS 0.3
#define FALL_MS 1.5

static const double butterworth_k = 1.41421356237309504880;

struct st_deesser {
    st_gain gain; /* lane 0 */
    st_delay_line delay;
    double rate_hz;
    int channels;
    int phase; /* frames into the control step */
    int64_t frame;
    int ramp_steps, ramp_left;
    double octave, octave_target, octave_delta;
    double g;    /* tan(pi f / rate) of the shelf */
    float floor; /* mean square */
    float keep_rise, keep_fall;
    st_section ears[2]; /* band, rest */
    st_section_state heard[2][ST_SECTION_PAIRS];
    float levels[2]; /* mean squares, followed */
    float key[2][CHANNELS][RUN];
    st_glide shelf;
};

st_deesser_params st_deesser_defaults(void) {
    return (st_deesser_params){
        .hz = 5500.0,
        .threshold_db = -3.0,
        .floor_dbfs = -55.0,
        .ratio = 3.0,
        .range_db = 0.0,
        .attack_ms = 0.5,
        .release_ms = 60.0,
        .lookahead_ms = 2.0,
    };
}

static void tune(st_deesser *u) {
    double hz = st_exp2(u->octave), k = butterworth_k;
    double ear = st_tan(ST_PI * hz / u->rate_hz);
    u->g = st_tan(ST_PI * UNDER * hz / u->rate_hz);
    u->ears[0] = st_section_make(ear, k, 1.0, -k, -1.0);
    u->ears[1] = st_section_make(u->g, k, 0.0, 0.0, 1.0);
}

static st_section shelf_at(const st_deesser *u, float gain) {
    return st_section_high_shelf(u->g, butterworth_k, (double)gain);
}

static void take_params(st_deesser *u, const st_deesser_params *params,
                        bool now) {
    st_dynamics_params curve = st_dynamics_defaults();
    curve.threshold_db = st_clamp(params->threshold_db, -30.0, 20.0);
    curve.ratio = st_clamp(params->ratio, 1.0, 20.0);
    curve.range_db = st_clamp(params->range_db, 0.0, 24.0);
    curve.attack_ms = st_clamp(params->attack_ms, 0.05, 50.0);
    curve.release_ms = st_clamp(params->release_ms, 5.0, 500.0);
    curve.knee_db = KNEE_DB;
    curve.hold_ms = HOLD_MS;
    st_gain_set(&u->gain, 0, &curve, now);
    /* On the scale where a sine reads its peak. */
    double floor = st_db_to_gain(st_clamp(params->floor_dbfs, -100.0, 0.0));
    u->floor = (float)(0.5 * floor * floor);
    double top_hz = fmin(12000.0, 0.4 * u->rate_hz);
    u->octave_target = st_log2(st_clamp(params->hz, 2000.0, top_hz));
}

static float keep(const st_deesser *u, double ms) {
    double steps = ms * 0.001 * u->rate_hz / u->gain.step_frames;
    return (float)st_exp(-1.0 / steps);
}

st_status st_deesser_new(st_deesser **out, const st_spec *spec,
                         const st_deesser_params *params) {
    if (!st_spec_valid(spec))
        return ST_BAD_ARG;
    st_deesser *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return ST_NO_MEM;
    u->rate_hz = spec->rate_hz;
    u->channels = spec->channels;
    st_gain_init(&u->gain, spec->rate_hz, 1);
    u->ramp_steps = u->gain.ramp_steps;
    u->keep_rise = keep(u, RISE_MS);
    u->keep_fall = keep(u, FALL_MS);
    take_params(u, params, true);
    double frames = st_clamp(params->lookahead_ms, 0.0, 10.0) * 0.001;
    st_status status = st_delay_line_init(&u->delay, spec->channels,
                                          (int)rint(frames * spec->rate_hz));
    if (status != ST_OK) {
        st_free(u);
        return status;
    }
    st_deesser_reset(u);
    *out = u;
    return ST_OK;
}

void st_deesser_free(st_deesser *u) {
    if (u == NULL)
        return;
    st_delay_line_deinit(&u->delay);
    st_free(u);
}

void st_deesser_reset(st_deesser *u) {
    float now[ST_LANES];
    st_gain_reset(&u->gain, now);
    st_delay_line_reset(&u->delay);
    u->octave = u->octave_target;
    u->ramp_left = 0;
    tune(u);
    st_section shape = shelf_at(u, now[0]);
    st_glide_reset(&u->shelf, &shape, now[0]);
    memset(u->heard, 0, sizeof u->heard);
    memset(u->levels, 0, sizeof u->levels);
    u->phase = 0;
    u->frame = 0;
}

void st_deesser_set(st_deesser *u, const st_deesser_params *params) {
    take_params(u, params, false);
    st_gain_set_done(&u->gain);
    u->octave_delta = (u->octave_target - u->octave) / (double)u->ramp_steps;
    u->ramp_left = u->ramp_steps;
}

int st_deesser_latency_frames(const st_deesser *u) {
    return u->delay.frames;
}

/* m frames of what the two ears hear. */
static void hear(st_deesser *u, const float *const *in, int at, int m) {
    for (int ear = 0; ear < 2; ear++) {
        float *to[CHANNELS];
        for (int c = 0; c < u->channels; c++)
            to[c] = u->key[ear][c] + u->phase;
        st_section_run(&u->ears[ear], u->heard[ear], in, u->channels, at, to,
                       m);
    }
}

/* Mean square over the step and all channels, followed. NaN counts as 0. */
static float follow(st_deesser *u, int ear) {
    float sum = 0.0f;
    for (int c = 0; c < u->channels; c++) {
        float mean, top;
        u->gain.ops->detect(u->key[ear][c], (size_t)u->gain.step_frames, &mean,
                            &top);
        sum += mean;
    }
    sum *= 1.0f / (float)u->channels;
    sum = sum > 1e-20f ? sum : 0.0f;
    sum = sum < 1e12f ? sum : 1e12f;
    float now = u->levels[ear];
    float held = sum > now ? u->keep_rise : u->keep_fall;
    now = sum + held * (now - sum);
    now = now > 1e-20f ? now : 0.0f;
    u->levels[ear] = now;
    return now;
}

static void turn(st_deesser *u) {
    u->ramp_left--;
    u->octave += u->octave_delta;
    if (u->ramp_left == 0)
        u->octave = u->octave_target;
    tune(u);
}

/* The gain computer's "level" is the band beside the rest. */
static void end_step(st_deesser *u) {
    float mean[ST_LANES] = {0}, top[ST_LANES] = {0}, gains[ST_LANES];
    mean[0] = follow(u, 0);
    float rest = follow(u, 1);
    if (mean[0] > u->floor)
        top[0] = mean[0] / (rest + 1e-20f);
    st_gain_run(&u->gain, mean, top, gains, 1);
    u->phase = 0;
    bool turning = u->ramp_left > 0;
    if (turning)
        turn(u);
    if (!turning && gains[0] == u->shelf.gain_to) {
        st_glide_to(&u->shelf, &u->shelf.to, gains[0]);
        return;
    }
    st_section shape = shelf_at(u, gains[0]);
    st_glide_to(&u->shelf, &shape, gains[0]);
}

/* m frames within one control step. */
static void run(st_deesser *u, const float *const *in, float *const *out,
                int at, int m) {
    hear(u, in, at, m);
    st_delay_line_begin(&u->delay, m);
    for (int c = 0; c < u->channels; c++)
        st_delay_line_one(&u->delay, c, in[c] + at, out[c] + at, m);
    st_delay_line_end(&u->delay, m);
    st_glide_run(&u->shelf, out, u->channels, at, u->gain.w + u->phase, m);
    u->phase += m;
    u->frame += m;
    if (u->phase == u->gain.step_frames)
        end_step(u);
}

void st_deesser_process(st_deesser *u, const float *const *in,
                        float *const *out, int frames) {
    for (int at = 0; at < frames;) {
        if (u->frame % ST_SECTION_FLUSH_FRAMES == 0) {
            st_section_flush(u->heard[0]);
            st_section_flush(u->heard[1]);
            st_section_flush(u->shelf.state);
        }
        int room = u->gain.step_frames - u->phase;
        int m = room < frames - at ? room : frames - at;
        run(u, in, out, at, m);
        at += m;
    }
}

st_reduction st_deesser_reduction(const st_deesser *u) {
    return st_gain_reduction(&u->gain, 0);
}

void st_deesser_clear_reduction(st_deesser *u) {
    st_gain_clear(&u->gain);
}
