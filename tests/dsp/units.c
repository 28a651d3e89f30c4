#include "dsp/units.h"

#include "dsp/biquad.h"
#include "dsp/blend.h"
#include "dsp/compressor.h"
#include "dsp/convolve.h"
#include "dsp/crossover.h"
#include "dsp/deesser.h"
#include "dsp/dither.h"
#include "dsp/echo.h"
#include "dsp/ducker.h"
#include "dsp/dyneq.h"
#include "dsp/lineq.h"
#include "dsp/limiter.h"
#include "dsp/multiband.h"
#include "dsp/panner.h"
#include "dsp/reverb.h"
#include "dsp/saturate.h"
#include "dsp/stereo.h"
#include "dsp/svf.h"
#include "dsp/transient.h"

#include <stddef.h>

/* The functions whose shape is the same for every unit. */
#define PLAIN(NAME)                                                            \
    static st_status NAME##_make(void **out, const st_spec *spec) {            \
        st_##NAME *u = NULL;                                                   \
        st_##NAME##_params p = NAME##_params();                                \
        st_status status = st_##NAME##_new(&u, spec, &p);                      \
        if (status == ST_OK)                                                   \
            *out = u;                                                          \
        return status;                                                         \
    }                                                                          \
    static void NAME##_drop(void *u) {                                         \
        st_##NAME##_free(u);                                                   \
    }                                                                          \
    static void NAME##_reset(void *u) {                                        \
        st_##NAME##_reset(u);                                                  \
    }                                                                          \
    static int NAME##_latency(const void *u) {                                 \
        return st_##NAME##_latency_frames(u);                                  \
    }                                                                          \
    static void NAME##_change(void *u) {                                       \
        st_##NAME##_params p = NAME##_changed();                               \
        st_##NAME##_set(u, &p);                                                \
    }

#define PROCESS(NAME)                                                          \
    static void NAME##_process(void *u, const float *const *in,                \
                               float *const *out, int frames) {                \
        st_##NAME##_process(u, in, out, frames);                               \
    }

static st_biquad_params biquad_params(void) {
    return (st_biquad_params){
        .sections = 3,
        .section = {{ST_BIQUAD_HIGHPASS, 40.0, 0.7, 0.0, false},
                    {ST_BIQUAD_PEAK, 900.0, 1.0, 4.0, true},
                    {ST_BIQUAD_HIGH_SHELF, 8000.0, 0.7, -3.0, true}}};
}

static st_biquad_params biquad_changed(void) {
    st_biquad_params p = biquad_params();
    p.sections = 5;
    p.section[1].hz = 2000.0;
    p.section[3] = p.section[1];
    p.section[4] = p.section[0];
    return p;
}

static st_svf_params svf_params(void) {
    return (st_svf_params){ST_SVF_LOWPASS, 800.0, 2.0, 0.0};
}

static st_svf_params svf_changed(void) {
    return (st_svf_params){ST_SVF_LOWPASS, 3000.0, 0.7, 0.0};
}

static st_crossover_params crossover_params(void) {
    return st_crossover_defaults();
}

static st_crossover_params crossover_changed(void) {
    return (st_crossover_params){4, {200.0, 500.0, 9000.0}};
}

static st_compressor_params compressor_params(void) {
    st_compressor_params p = st_compressor_defaults();
    p.curve.ratio = 4.0;
    p.curve.attack_ms = 1.0;
    p.lookahead_ms = 1.5;
    p.linked = false;
    p.detector_hp_hz = 60.0;
    return p;
}

static st_compressor_params compressor_changed(void) {
    st_compressor_params p = compressor_params();
    p.curve.detect = ST_DETECT_RMS;
    p.curve.threshold_db = -30.0;
    p.curve.makeup_db = 3.0;
    p.linked = true;
    return p;
}

static st_multiband_params multiband_params(void) {
    st_multiband_params p = st_multiband_defaults();
    for (int band = 0; band < 4; band++) {
        p.band[band].ratio = 3.0;
        p.band[band].threshold_db = -30.0;
    }
    p.band[3].upward = true;
    p.band[3].range_db = 6.0;
    p.lookahead_ms = 1.0;
    return p;
}

static st_multiband_params multiband_changed(void) {
    st_multiband_params p = multiband_params();
    p.crossover.hz[1] = 1500.0;
    p.band[0].makeup_db = 2.0;
    p.band[1].mix = 0.5;
    return p;
}

/* Neutral at first, so that the way into the bands is walked. */
static st_multiband_params idle_params(void) {
    return st_multiband_defaults();
}

static st_multiband_params idle_changed(void) {
    return multiband_params();
}

static st_stereo_params stereo_params(void) {
    return (st_stereo_params){.width = 1.3, .mono_below_hz = 120.0};
}

static st_stereo_params stereo_changed(void) {
    return (st_stereo_params){.width = 0.7, .mono_below_hz = 200.0};
}

static st_dither_params dither_params(void) {
    return (st_dither_params){16, ST_SHAPE_E9, true, true, 7};
}

static st_dither_params dither_changed(void) {
    return (st_dither_params){16, ST_SHAPE_NONE, true, true, 8};
}

static st_blend_params blend_params(void) {
    return (st_blend_params){33, 0.7, 0.4};
}

static st_blend_params blend_changed(void) {
    return (st_blend_params){33, 1.0, 0.0};
}

static st_limiter_params limiter_params(void) {
    st_limiter_params p = st_limiter_defaults();
    p.ceiling_db = -1.0;
    p.drive_db = 12.0;
    return p;
}

/* Unlinked and less driven: each channel gets its own gain on the way. */
static st_limiter_params limiter_changed(void) {
    st_limiter_params p = limiter_params();
    p.ceiling_db = -3.0;
    p.drive_db = 9.0;
    p.link = 0.4;
    p.release = ST_RELEASE_FIXED;
    return p;
}

static st_saturate_params saturate_params(void) {
    return (st_saturate_params){ST_CURVE_CLIP, 6.0, 1.0, 0.0};
}

static st_saturate_params saturate_changed(void) {
    return (st_saturate_params){ST_CURVE_TUBE, 3.0, 0.5, -2.0};
}

static st_panner_params panner_params(void) {
    return (st_panner_params){-3.0, -0.4, 1.3};
}

/* To neutral, so that the copy begins within a block. */
static st_panner_params panner_changed(void) {
    return st_panner_defaults();
}

static st_reverb_params reverb_params(void) {
    st_reverb_params p = st_reverb_defaults();
    p.predelay_ms = 1.0;
    p.modulation = 1.0;
    return p;
}

static st_reverb_params reverb_changed(void) {
    st_reverb_params p = reverb_params();
    p.decay_s = 0.7;
    p.high_cut_hz = 3000.0;
    p.modulation = 0.2;
    p.width = 0.5;
    p.gain_db = -4.0;
    return p;
}

static st_echo_params echo_params(void) {
    st_echo_params p = st_echo_defaults();
    p.left_ms = 11.0;
    p.right_ms = 17.3;
    p.ping_pong = 0.7;
    return p;
}

static st_echo_params echo_changed(void) {
    return (st_echo_params){5.0, 21.0, 0.6, 0.2, 100.0, 8000.0, 0.5, -3.0};
}

static st_ducker_params ducker_params(void) {
    st_ducker_params p = st_ducker_defaults();
    p.curve.threshold_db = -40.0;
    p.curve.ratio = 4.0;
    p.curve.range_db = 6.0;
    p.key_high_hz = 300.0;
    return p;
}

static st_ducker_params ducker_changed(void) {
    st_ducker_params p = ducker_params();
    p.curve.range_db = 2.0;
    p.key_high_hz = 0.0;
    return p;
}

static st_dyneq_params dyneq_params(void) {
    st_dyneq_params p = st_dyneq_defaults();
    p.bands = 3;
    for (int b = 0; b < 3; b++) {
        p.band[b].type = (st_dyneq_type)b;
        p.band[b].hz = 300.0 * (b + 1);
        p.band[b].curve.threshold_db = -40.0;
        p.band[b].curve.ratio = 3.0;
        p.band[b].curve.attack_ms = 2.0;
    }
    return p;
}

static st_dyneq_params dyneq_changed(void) {
    st_dyneq_params p = dyneq_params();
    p.band[0].hz = 500.0;
    p.band[1].type = ST_DYNEQ_BELL;
    p.band[2].curve.range_db = 0.0;
    return p;
}

/* A threshold that the test's pink noise is well over. */
static st_deesser_params deesser_params(void) {
    st_deesser_params p = st_deesser_defaults();
    p.threshold_db = -20.0;
    p.range_db = 9.0;
    return p;
}

static st_deesser_params deesser_changed(void) {
    st_deesser_params p = deesser_params();
    p.hz = 3000.0;
    p.threshold_db = -25.0;
    p.range_db = 6.0;
    return p;
}

static st_transient_params transient_params(void) {
    st_transient_params p = st_transient_defaults();
    p.attack_db = 9.0;
    p.sustain_db = -4.0;
    p.attack_ms = 3.0;
    return p;
}

static st_transient_params transient_changed(void) {
    st_transient_params p = transient_params();
    p.attack_db = -6.0;
    p.sustain_db = 3.0;
    p.release_ms = 50.0;
    return p;
}

PLAIN(biquad)
PROCESS(biquad)
PLAIN(svf)
PROCESS(svf)
PLAIN(crossover)
PROCESS(crossover)
PLAIN(compressor)
PROCESS(compressor)
PLAIN(multiband)
PROCESS(multiband)
PLAIN(stereo)
PROCESS(stereo)
PLAIN(dither)
PROCESS(dither)
PLAIN(blend)
PLAIN(saturate)
PROCESS(saturate)
PLAIN(limiter)
PROCESS(limiter)
PLAIN(panner)
PROCESS(panner)
PLAIN(reverb)
PROCESS(reverb)
PLAIN(echo)
PROCESS(echo)
PLAIN(deesser)
PROCESS(deesser)
PLAIN(ducker)
PROCESS(ducker)
PLAIN(dyneq)
PROCESS(dyneq)
PLAIN(transient)
PROCESS(transient)

static st_status ducker_wide_make(void **out, const st_spec *spec) {
    st_ducker *u = NULL;
    st_ducker_params p = ducker_params();
    p.low_hz = p.high_hz = 0.0;
    st_status status = st_ducker_new(&u, spec, &p);
    if (status == ST_OK)
        *out = u;
    return status;
}

static void blend_process(void *u, const float *const *in, float *const *out,
                          int frames) {
    st_blend_process(u, in, in, out, frames);
}

static void keyed_process(void *u, const float *const *in, float *const *out,
                          int frames) {
    const float *key[] = {in[0]};
    st_compressor_process_keyed(u, in, key, 1, out, frames);
}

static void dyneq_keyed_process(void *u, const float *const *in,
                                float *const *out, int frames) {
    const float *key[ST_DYNEQ_MAX_BANDS] = {in[0], NULL, in[0], NULL};
    st_dyneq_process_keyed(u, in, key, out, frames);
}

static void swept_process(void *u, const float *const *in, float *const *out,
                          int frames) {
    st_svf_process_mod(u, in, out, frames, in[0]);
}

/* One channel in, two out: the right input is not looked at. */
static st_status panner_mono_make(void **out, const st_spec *spec) {
    st_spec mono = *spec;
    mono.channels = spec->channels == 2 ? 1 : 3;
    return panner_make(out, &mono);
}

static st_status idle_make(void **out, const st_spec *spec) {
    st_multiband *u = NULL;
    st_multiband_params p = idle_params();
    st_status status = st_multiband_new(&u, spec, &p);
    if (status == ST_OK)
        *out = u;
    return status;
}

static void idle_change(void *u) {
    st_multiband_params p = idle_changed();
    st_multiband_set(u, &p);
}

/* --- fast convolution: nothing to change while it runs --- */

static float test_fir[1000];

static st_status convolve_with(void **out, const st_spec *spec, size_t taps,
                               int block) {
    for (size_t i = 0; i < taps; i++)
        test_fir[i] = (i % 7 == 0 ? 0.3f : -0.01f) / (float)(i + 1);
    st_convolve_params p = {test_fir, spec->channels == 2 ? test_fir + 1 : NULL,
                            taps - 1, block};
    st_convolve *u = NULL;
    st_status status = st_convolve_new(&u, spec, &p);
    if (status == ST_OK)
        *out = u;
    return status;
}

static st_status convolve_make(void **out, const st_spec *spec) {
    return convolve_with(out, spec, 200, 0);
}

static st_status convolve_live_make(void **out, const st_spec *spec) {
    return convolve_with(out, spec, 1000, 64);
}

static void convolve_drop(void *u) {
    st_convolve_free(u);
}

static void convolve_reset(void *u) {
    st_convolve_reset(u);
}

static int convolve_latency(const void *u) {
    return st_convolve_latency_frames(u);
}

PROCESS(convolve)

static st_status lineq_make(void **out, const st_spec *spec) {
    st_lineq_band band = {ST_LINEQ_PEAK, 1000.0, 3.0, 1.0};
    st_lineq_params p = st_lineq_defaults();
    p.mid.bands = &band;
    p.mid.band_count = 1;
    p.separate_side = spec->channels == 2;
    p.taps = 255;
    st_lineq *u = NULL;
    st_status status = st_lineq_new(&u, spec, &p);
    if (status == ST_OK)
        *out = u;
    return status;
}

static void lineq_drop(void *u) {
    st_lineq_free(u);
}

static void lineq_reset(void *u) {
    st_lineq_reset(u);
}

static int lineq_latency(const void *u) {
    return st_lineq_latency_frames(u);
}

PROCESS(lineq)

static void no_change(void *u) {
    (void)u;
}

#define FIXED(NAME, LABEL, MAKE)                                               \
    {                                                                          \
        LABEL, 1, 0, false, MAKE, NAME##_drop, NAME##_reset, no_change,        \
            NAME##_latency, NAME##_process                                     \
    }

#define CASE(NAME, OUTPUTS, ONLY, NOISY)                                       \
    {                                                                          \
#NAME, OUTPUTS, ONLY, NOISY, NAME##_make, NAME##_drop, NAME##_reset,   \
            NAME##_change, NAME##_latency, NAME##_process                      \
    }

const unit_case unit_cases[] = {
    CASE(biquad, 1, 0, false),
    CASE(svf, 1, 0, false),
    {"svf, modulated", 1, 0, false, svf_make, svf_drop, svf_reset, svf_change,
     svf_latency, swept_process},
    CASE(crossover, 4, 0, false),
    CASE(compressor, 1, 0, false),
    {"compressor, keyed", 1, 0, false, compressor_make, compressor_drop,
     compressor_reset, compressor_change, compressor_latency, keyed_process},
    CASE(multiband, 1, 0, false),
    {"multiband, idle", 1, 0, false, idle_make, multiband_drop, multiband_reset,
     idle_change, multiband_latency, multiband_process},
    CASE(stereo, 1, 2, false),
    CASE(dither, 1, 0, true),
    CASE(blend, 1, 0, false),
    FIXED(convolve, "convolve", convolve_make),
    FIXED(convolve, "convolve, live", convolve_live_make),
    FIXED(lineq, "lineq", lineq_make),
    CASE(limiter, 1, 0, false),
    CASE(saturate, 1, 0, false),
    CASE(panner, 1, 2, false),
    {"panner, mono", 1, 2, false, panner_mono_make, panner_drop, panner_reset,
     panner_change, panner_latency, panner_process},
    CASE(reverb, 1, 2, false),
    CASE(echo, 1, 2, false),
    CASE(deesser, 1, 0, false),
    CASE(ducker, 1, 0, false),
    {"ducker, whole", 1, 0, false, ducker_wide_make, ducker_drop, ducker_reset,
     ducker_change, ducker_latency, ducker_process},
    CASE(dyneq, 1, 0, false),
    {"dyneq, keyed", 1, 0, false, dyneq_make, dyneq_drop, dyneq_reset,
     dyneq_change, dyneq_latency, dyneq_keyed_process},
    CASE(transient, 1, 0, false),
};
const size_t unit_case_count = sizeof unit_cases / sizeof *unit_cases;
