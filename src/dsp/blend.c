#include "dsp/blend.h"

#include "core/alloc.h"
#include "dsp/clamp.h"
#include "dsp/delay_line.h"
#include "dsp/smooth.h"

#include <stddef.h>

enum { CHUNK = ST_DELAY_LINE_RUN };

struct st_blend {
    int channels;
    st_delay_line delay;
    st_smooth dry, wet;
    float gain[2][CHUNK];
    float delayed[CHUNK];
};

st_blend_params st_blend_defaults(void) {
    return (st_blend_params){.dry_gain = 1.0};
}

void st_blend_mix(st_blend_params *params, double mix) {
    params->wet_gain = st_clamp(mix, 0.0, 1.0);
    params->dry_gain = 1.0 - params->wet_gain;
}

st_status st_blend_new(st_blend **out, const st_spec *spec,
                       const st_blend_params *params) {
    if (!st_spec_valid(spec) || params->wet_latency_frames < 0 ||
        params->wet_latency_frames > 1048576)
        return ST_BAD_ARG;
    st_blend *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return ST_NO_MEM;
    u->channels = spec->channels;
    st_smooth_init(&u->dry, spec->rate_hz, 20.0);
    st_smooth_init(&u->wet, spec->rate_hz, 20.0);
    st_blend_set(u, params);
    st_status status = st_delay_line_init(&u->delay, spec->channels,
                                          params->wet_latency_frames);
    if (status != ST_OK) {
        st_free(u);
        return status;
    }
    st_blend_reset(u);
    *out = u;
    return ST_OK;
}

void st_blend_free(st_blend *u) {
    if (u == NULL)
        return;
    st_delay_line_deinit(&u->delay);
    st_free(u);
}

void st_blend_reset(st_blend *u) {
    st_delay_line_reset(&u->delay);
    st_smooth_settle(&u->dry);
    st_smooth_settle(&u->wet);
}

void st_blend_set(st_blend *u, const st_blend_params *params) {
    st_smooth_to(&u->dry, (float)st_clamp(params->dry_gain, -16.0, 16.0));
    st_smooth_to(&u->wet, (float)st_clamp(params->wet_gain, -16.0, 16.0));
}

int st_blend_latency_frames(const st_blend *u) {
    return u->delay.frames;
}

/* A gain of exactly 0 leaves its signal out, so that no NaN slips through. */
static void mix(const st_blend *u, const float *dry, const float *wet,
                float *out, int n, bool dry_only) {
    if (dry_only) {
        for (int i = 0; i < n; i++)
            out[i] = u->gain[0][i] * dry[i];
        return;
    }
    for (int i = 0; i < n; i++)
        out[i] = u->gain[0][i] * dry[i] + u->gain[1][i] * wet[i];
}

void st_blend_process(st_blend *u, const float *const *dry,
                      const float *const *wet, float *const *out, int frames) {
    for (int at = 0; at < frames; at += CHUNK) {
        int n = frames - at < CHUNK ? frames - at : CHUNK;
        bool dry_only = st_smooth_is(&u->wet, 0.0f);
        st_smooth_fill(&u->dry, u->gain[0], n);
        st_smooth_fill(&u->wet, u->gain[1], n);
        st_delay_line_begin(&u->delay, n);
        for (int c = 0; c < u->channels; c++) {
            st_delay_line_one(&u->delay, c, dry[c] + at, u->delayed, n);
            mix(u, u->delayed, wet[c] + at, out[c] + at, n, dry_only);
        }
        st_delay_line_end(&u->delay, n);
    }
}
