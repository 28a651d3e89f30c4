#include "dsp/echo.h"

#include "core/alloc.h"
#include "core/math.h"
#include "dsp/clamp.h"
#include "dsp/smooth.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { CHUNK = 64, SIDES = 2 };

static const double move_ms = 20.0;
/* A fade is never broken off; what is asked for meanwhile waits for its end.
 * So twice this is the longest that a new time takes. */
static const double fade_ms = 25.0;

typedef double v2d ST_VECTOR(16); /* left, right */

enum { STAY, CROSS, LOW, HIGH, MAKEUP, GAIN, WIDTH, MOVERS };

struct st_echo {
    double rate_hz;
    uint32_t mask;     /* frames of a line less one: a power of two */
    float *line;       /* [frames][SIDES] */
    uint64_t frame;    /* since reset */
    int delay[SIDES];  /* frames that are heard */
    int next[SIDES];   /* frames that are faded to */
    int wanted[SIDES]; /* frames that were asked for last */
    int fade_frames, fade_left;
    st_smooth value[MOVERS];
    float moves[MOVERS][CHUNK];
    double low[SIDES], high[SIDES]; /* of the one-pole cuts */
    double trip_db;                 /* lost a time round, at least */
};

st_echo_params st_echo_defaults(void) {
    return (st_echo_params){.left_ms = 375.0,
                            .right_ms = 500.0,
                            .feedback = 0.3,
                            .ping_pong = 1.0,
                            .low_cut_hz = 200.0,
                            .high_cut_hz = 5000.0,
                            .width = 1.0};
}

static int frames_of(const st_echo *u, double ms) {
    double clamped = st_clamp(ms, 1.0, (double)ST_ECHO_MAX_MS);
    return (int)rint(0.001 * clamped * u->rate_hz);
}

/* g / (1 + g) with g = tan(pi f / rate): a trapezoidal one-pole. */
static double pole_of(const st_echo *u, double hz, double *g) {
    *g = st_tan(ST_PI * fmin(hz, 0.45 * u->rate_hz) / u->rate_hz);
    return *g / (1.0 + *g);
}

static void move(st_echo *u, int which, double target) {
    if (u->value[which].target != (float)target)
        st_smooth_to(&u->value[which], (float)target);
}

void st_echo_set(st_echo *u, const st_echo_params *params) {
    double feedback = st_clamp(params->feedback, 0.0, 0.95), low, high;
    double cross = st_clamp(params->ping_pong, 0.0, 1.0);
    u->wanted[0] = frames_of(u, params->left_ms);
    u->wanted[1] = frames_of(u, params->right_ms);
    move(u, STAY, feedback * (1.0 - cross));
    move(u, CROSS, feedback * cross);
    move(u, LOW, pole_of(u, st_clamp(params->low_cut_hz, 20.0, 1000.0), &low));
    move(u, HIGH,
         pole_of(u, st_clamp(params->high_cut_hz, 500.0, 20000.0), &high));
    /* the top of both cuts, half way between them, passes with 1 */
    move(u, MAKEUP, (low + high) / high);
    move(u, GAIN, st_db_to_gain(st_clamp(params->gain_db, -60.0, 20.0)));
    move(u, WIDTH, st_clamp(params->width, 0.0, 1.0));
    u->trip_db = -st_gain_to_db(feedback); /* infinite at 0 */
}

static uint32_t line_frames(double rate_hz) {
    uint32_t frames = 1, least = (uint32_t)(0.001 * ST_ECHO_MAX_MS * rate_hz);
    while (frames <= least)
        frames *= 2;
    return frames;
}

st_status st_echo_new(st_echo **out, const st_spec *spec,
                      const st_echo_params *params) {
    if (!st_spec_valid(spec) || spec->channels != SIDES)
        return ST_BAD_ARG;
    uint32_t frames = line_frames(spec->rate_hz);
    st_echo *u = st_calloc(1, sizeof *u);
    float *line = st_calloc(frames, SIDES * sizeof *line);
    if (u == NULL || line == NULL) {
        st_free(line);
        st_free(u);
        return ST_NO_MEM;
    }
    u->rate_hz = spec->rate_hz;
    u->line = line;
    u->mask = frames - 1;
    u->fade_frames = (int)(0.001 * fade_ms * spec->rate_hz);
    for (int i = 0; i < MOVERS; i++)
        st_smooth_init(&u->value[i], spec->rate_hz, move_ms);
    st_echo_set(u, params);
    st_echo_reset(u);
    *out = u;
    return ST_OK;
}

void st_echo_free(st_echo *u) {
    if (u == NULL)
        return;
    st_free(u->line);
    st_free(u);
}

void st_echo_reset(st_echo *u) {
    for (int i = 0; i < MOVERS; i++)
        st_smooth_settle(&u->value[i]);
    memcpy(u->delay, u->wanted, sizeof u->delay);
    memcpy(u->next, u->wanted, sizeof u->next);
    memset(u->line, 0, ((size_t)u->mask + 1) * SIDES * sizeof *u->line);
    memset(u->low, 0, sizeof u->low);
    memset(u->high, 0, sizeof u->high);
    u->fade_left = 0;
    u->frame = 0;
}

int st_echo_latency_frames(const st_echo *u) {
    (void)u;
    return 0;
}

/* The first repeat and as many as it takes, each as late as it may be. */
int st_echo_tail_frames(const st_echo *u) {
    int later = u->wanted[0] > u->wanted[1] ? u->wanted[0] : u->wanted[1];
    double trips = 1.0 + ceil(60.0 / u->trip_db);
    return (int)(trips * later + 0.01 * u->rate_hz);
}

/* --- running --- */

static float heard(const st_echo *u, uint64_t frame, int delay, int side) {
    return u->line[((uint32_t)(frame - (uint64_t)delay) & u->mask) * SIDES +
                   (uint32_t)side];
}

/* What leaves the lines in frame `i` of a chunk. */
ST_INLINE void taps(const st_echo *u, int i, const int delay[SIDES], v2d *y) {
    uint64_t at = u->frame + (uint64_t)i;
    *y = (v2d){(double)heard(u, at, delay[0], 0),
               (double)heard(u, at, delay[1], 1)};
}

ST_INLINE void fade(const st_echo *u, int i, v2d *y) {
    v2d then;
    taps(u, i, u->next, &then);
    double t = 1.0 - (double)(u->fade_left - i) / (double)u->fade_frames;
    *y += (t * t * (3.0 - 2.0 * t)) * (then - *y);
}

/* Below -400 dB there is nothing, so that tails end. */
static double flushed(double x) {
    return x > 1e-20 || x < -1e-20 ? x : 0.0;
}

/* Both cuts, 6 dB/octave: what is over the low one, of that what is under the
 * high one. */
ST_INLINE void darken(const st_echo *u, v2d *low, v2d *high, v2d *x, int i) {
    v2d step = (double)u->moves[LOW][i] * (*x - *low);
    *x -= *low + step;
    *low += 2.0 * step;
    step = (double)u->moves[HIGH][i] * (*x - *high);
    *x = (double)u->moves[MAKEUP][i] * (*high + step);
    *high += 2.0 * step;
}

static void put(st_echo *u, int i, double left, double right) {
    uint32_t at = (uint32_t)(u->frame + (uint64_t)i) & u->mask;
    u->line[at * SIDES] = (float)flushed(left);
    u->line[at * SIDES + 1] = (float)flushed(right);
}

static void run(st_echo *u, const float *const *in, float *const *out, int at,
                int n) {
    v2d low, high;
    memcpy(&low, u->low, sizeof low);
    memcpy(&high, u->high, sizeof high);
    for (int i = 0; i < MOVERS; i++)
        st_smooth_fill(&u->value[i], u->moves[i], n);
    for (int i = 0; i < n; i++) {
        double left = (double)in[0][at + i], right = (double)in[1][at + i];
        v2d y;
        taps(u, i, u->delay, &y);
        if (u->fade_left > 0)
            fade(u, i, &y);
        v2d back = y;
        darken(u, &low, &high, &back, i);
        double stay = (double)u->moves[STAY][i];
        double cross = (double)u->moves[CROSS][i];
        put(u, i, left + stay * back[0] + cross * back[1],
            right + stay * back[1] + cross * back[0]);
        double gain = 0.5 * (double)u->moves[GAIN][i];
        double mid = y[0] + y[1];
        double side = (y[0] - y[1]) * (double)u->moves[WIDTH][i];
        out[0][at + i] = (float)(gain * (mid + side));
        out[1][at + i] = (float)(gain * (mid - side));
    }
    memcpy(u->low, &low, sizeof low);
    memcpy(u->high, &high, sizeof high);
}

static void flush(st_echo *u) {
    for (int side = 0; side < SIDES; side++) {
        u->low[side] = flushed(u->low[side]);
        u->high[side] = flushed(u->high[side]);
    }
}

/* Frames until a chunk or a fade ends; one begins when other times than those
 * heard are asked for. */
static int run_length(st_echo *u, int want) {
    if (u->fade_left == 0 &&
        memcmp(u->delay, u->wanted, sizeof u->delay) != 0) {
        memcpy(u->next, u->wanted, sizeof u->next);
        u->fade_left = u->fade_frames;
    }
    int n = CHUNK - (int)(u->frame % CHUNK);
    n = n < want ? n : want;
    return u->fade_left > 0 && u->fade_left < n ? u->fade_left : n;
}

static void advance(st_echo *u, int n) {
    u->frame += (uint64_t)n;
    if (u->frame % CHUNK == 0)
        flush(u);
    if (u->fade_left == 0)
        return;
    u->fade_left -= n;
    if (u->fade_left == 0)
        memcpy(u->delay, u->next, sizeof u->delay);
}

void st_echo_process(st_echo *u, const float *const *in, float *const *out,
                     int frames) {
    for (int at = 0; at < frames;) {
        int n = run_length(u, frames - at);
        run(u, in, out, at, n);
        advance(u, n);
        at += n;
    }
}
