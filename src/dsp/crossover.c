#include "dsp/crossover.h"

#include "core/alloc.h"
#include "dsp/xover.h"

#include <string.h>

enum { CHUNK = 256 };

struct st_crossover {
    st_xover xover;
    int channels;
    int64_t frame;
    st_xover_state state[4]; /* a pair of channels each */
    float lanes[CHUNK * ST_LANES];
};

st_crossover_params st_crossover_defaults(void) {
    return (st_crossover_params){.bands = 4, .hz = {120.0, 800.0, 5000.0}};
}

st_status st_crossover_new(st_crossover **out, const st_spec *spec,
                           const st_crossover_params *params) {
    if (!st_spec_valid(spec) || params->bands < 2 ||
        params->bands > ST_CROSSOVER_MAX_BANDS)
        return ST_BAD_ARG;
    st_crossover *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return ST_NO_MEM;
    st_xover_init(&u->xover, spec->rate_hz, params);
    u->channels = spec->channels;
    *out = u;
    return ST_OK;
}

void st_crossover_free(st_crossover *u) {
    st_free(u);
}

void st_crossover_reset(st_crossover *u) {
    st_xover_settle(&u->xover);
    memset(u->state, 0, sizeof u->state);
    u->frame = 0;
}

void st_crossover_set(st_crossover *u, const st_crossover_params *params) {
    st_xover_set(&u->xover, params);
}

int st_crossover_latency_frames(const st_crossover *u) {
    (void)u;
    return 0;
}

static void pick(const float *lanes, float *out, int n) {
    for (int i = 0; i < n; i++)
        out[i] = lanes[i * ST_LANES];
}

static void run_pair(st_crossover *u, const float *const *in, float *const *out,
                     int pair, int at, int n) {
    int left = 2 * pair, bands = u->xover.bands;
    int right = left + 1 < u->channels ? left + 1 : left;
    u->xover.ops->crossover(&u->state[pair], &u->xover.coeffs, in[left] + at,
                            in[right] + at, u->lanes, (size_t)n);
    for (int band = 0; band < bands; band++) {
        int lane = st_xover_lane(bands, band);
        float *const *to = out + band * u->channels;
        pick(u->lanes + lane, to[left] + at, n);
        if (right != left)
            pick(u->lanes + lane + 1, to[right] + at, n);
    }
}

void st_crossover_process(st_crossover *u, const float *const *in,
                          float *const *out, int frames) {
    for (int at = 0; at < frames;) {
        int phase = (int)(u->frame % CHUNK);
        int n = frames - at < CHUNK - phase ? frames - at : CHUNK - phase;
        n = st_xover_run(&u->xover, u->frame, n);
        for (int pair = 0; 2 * pair < u->channels; pair++) {
            if (phase == 0)
                st_xover_flush(&u->state[pair]);
            run_pair(u, in, out, pair, at, n);
        }
        u->frame += n;
        at += n;
    }
}
