#include "mix/units.h"

#include "core/math.h"

#include <string.h>

void st_strip_stage_set(st_strip_stage *stage, const st_move *strip) {
    const st_move *polarity = &strip[ST_STRIP_POLARITY];
    const st_move *staging = &strip[ST_STRIP_STAGING];
    bool mends = st_move_acts(polarity);
    double gain = staging->on ? staging->value[ST_STAGING_GAIN] : 0.0;
    for (int c = 0; c < 2; c++) {
        bool invert = mends && polarity->value[ST_POLARITY_LEFT + c] > 0.5;
        stage->gain[c] =
            (float)(invert ? -st_db_to_gain(gain) : st_db_to_gain(gain));
        stage->dc[c] = (float)st_move_value(polarity, ST_DC_LEFT + c);
    }
}

/* --- filters --- */

/* Two sections that make a Butterworth of fourth order. */
static const double steep_q[2] = {0.54119610014619698, 1.3065629648763766};

void st_units_filters(const st_move *strip, st_biquad_params *out) {
    const st_move *low = &strip[ST_STRIP_HIGHPASS];
    const st_move *high = &strip[ST_STRIP_LOWPASS];
    memset(out, 0, sizeof *out);
    out->sections = 3;
    for (int i = 0; i < 2; i++)
        out->section[i] = (st_biquad_section){
            .type = st_move_acts(low) ? ST_BIQUAD_HIGHPASS : ST_BIQUAD_NONE,
            .hz = st_move_value(low, ST_FILTER_HZ),
            .q = steep_q[i],
            .matched = true};
    out->section[2] = (st_biquad_section){
        .type = st_move_acts(high) ? ST_BIQUAD_LOWPASS : ST_BIQUAD_NONE,
        .hz = st_move_value(high, ST_FILTER_HZ),
        .q = 0.70710678118654752440,
        .matched = true};
}

static const st_biquad_type eq_types[3] = {ST_BIQUAD_PEAK, ST_BIQUAD_LOW_SHELF,
                                           ST_BIQUAD_HIGH_SHELF};

void st_units_eq(const st_move *eq, st_biquad_params *out) {
    memset(out, 0, sizeof *out);
    out->sections = ST_MIX_EQS;
    for (int i = 0; i < ST_MIX_EQS; i++) {
        int type = (int)eq[i].value[ST_EQ_TYPE];
        out->section[i] = (st_biquad_section){
            .type = st_move_acts(&eq[i]) ? eq_types[type] : ST_BIQUAD_NONE,
            .hz = eq[i].value[ST_EQ_HZ],
            .q = type == 0 ? eq[i].value[ST_EQ_Q] : 0.70710678118654752440,
            .gain_db = st_move_value(&eq[i], ST_EQ_GAIN),
            .matched = true};
    }
}

bool st_units_eq_acts(const st_move *eq) {
    for (int i = 0; i < ST_MIX_EQS; i++)
        if (st_move_acts(&eq[i]))
            return true;
    return false;
}

/* --- dynamics --- */

void st_units_dyneq(const st_move *move, st_dyneq_band *out) {
    const double *v = move->value;
    out->type = (st_dyneq_type)(int)v[ST_DYN_TYPE];
    out->hz = v[ST_DYN_HZ];
    out->q = v[ST_DYN_Q];
    out->curve = st_dynamics_defaults();
    out->curve.detect = ST_DETECT_RMS;
    out->curve.rms_ms = 10.0;
    out->curve.threshold_db = v[ST_DYN_THRESHOLD];
    out->curve.ratio = v[ST_DYN_RATIO];
    out->curve.range_db = st_move_value(move, ST_DYN_RANGE);
    out->curve.attack_ms = v[ST_DYN_ATTACK];
    out->curve.release_ms = v[ST_DYN_RELEASE];
}

void st_units_deesser(const st_move *move, st_deesser_params *out) {
    *out = st_deesser_defaults();
    out->hz = move->value[ST_DEESS_HZ];
    out->threshold_db = move->value[ST_DEESS_THRESHOLD];
    out->ratio = move->value[ST_DEESS_RATIO];
    out->range_db = st_move_value(move, ST_DEESS_RANGE);
}

void st_units_compressor(const st_move *move, st_compressor_params *out) {
    const double *v = move->value;
    *out = st_compressor_defaults();
    out->curve.detect = ST_DETECT_RMS;
    out->curve.rms_ms = 5.0;
    out->curve.threshold_db = v[ST_COMP_THRESHOLD];
    out->curve.ratio = st_move_value(move, ST_COMP_RATIO);
    out->curve.knee_db = v[ST_COMP_KNEE];
    out->curve.attack_ms = v[ST_COMP_ATTACK];
    out->curve.release_ms = v[ST_COMP_RELEASE];
    out->detector_hp_hz = v[ST_COMP_DETECTOR_HZ];
}

void st_units_parallel(const st_move *move, st_compressor_params *out) {
    const double *v = move->value;
    *out = st_compressor_defaults();
    out->curve.detect = ST_DETECT_RMS;
    out->curve.rms_ms = 5.0;
    out->curve.threshold_db = v[ST_PARALLEL_THRESHOLD];
    out->curve.ratio = v[ST_PARALLEL_RATIO];
    out->curve.attack_ms = v[ST_PARALLEL_ATTACK];
    out->curve.release_ms = v[ST_PARALLEL_RELEASE];
    out->curve.mix = st_move_value(move, ST_PARALLEL_MIX);
}

void st_units_ducker(const st_move *move, st_ducker_params *out) {
    const double *v = move->value;
    *out = st_ducker_defaults();
    out->low_hz = v[ST_DUCK_LOW];
    out->high_hz = v[ST_DUCK_HIGH];
    out->lookahead_ms = v[ST_DUCK_LOOKAHEAD];
    out->curve.detect = out->high_hz > 0.0 ? ST_DETECT_PEAK : ST_DETECT_RMS;
    out->curve.rms_ms = 30.0;
    out->curve.threshold_db = v[ST_DUCK_THRESHOLD];
    out->curve.ratio = 20.0;
    out->curve.knee_db = 6.0;
    out->curve.range_db = st_move_value(move, ST_DUCK_DEPTH);
    out->curve.attack_ms = v[ST_DUCK_ATTACK];
    out->curve.hold_ms = v[ST_DUCK_HOLD];
    out->curve.release_ms = v[ST_DUCK_RELEASE];
}

void st_units_transient(const st_move *move, st_transient_params *out) {
    *out = st_transient_defaults();
    out->attack_db = st_move_value(move, ST_TRANSIENT_ATTACK);
    out->sustain_db = st_move_value(move, ST_TRANSIENT_SUSTAIN);
}

/* --- faders and returns --- */

void st_units_panner(const st_mix_stem *stem, st_panner_params *out) {
    const st_move *m = stem->move;
    const st_move *staging = &m[ST_STRIP_STAGING];
    double staged = staging->on ? staging->value[ST_STAGING_GAIN] : 0.0;
    out->gain_db = st_move_value(&m[ST_STRIP_FADER], ST_FADER_GAIN) - staged +
                   st_move_value(&m[ST_STRIP_COMPRESSOR], ST_COMP_MAKEUP);
    out->pan = st_move_value(&m[ST_STRIP_PLACE], ST_PLACE_PAN);
    out->width = st_move_value(&m[ST_STRIP_PLACE], ST_PLACE_WIDTH) / 100.0;
}

void st_units_reverb(const st_move *move, st_reverb_params *out) {
    const double *v = move->value;
    *out = st_reverb_defaults();
    out->decay_s = v[ST_REVERB_DECAY];
    out->predelay_ms = v[ST_REVERB_PREDELAY];
    out->size = v[ST_REVERB_SIZE];
    out->damping = v[ST_REVERB_DAMPING];
    out->low_cut_hz = v[ST_REVERB_LOW_CUT];
    out->high_cut_hz = v[ST_REVERB_HIGH_CUT];
    out->gain_db = st_move_value(move, ST_REVERB_RETURN);
}

void st_units_echo(const st_move *move, st_echo_params *out) {
    const double *v = move->value;
    *out = st_echo_defaults();
    out->left_ms = v[ST_DELAY_LEFT];
    out->right_ms = v[ST_DELAY_RIGHT];
    out->feedback = v[ST_DELAY_FEEDBACK];
    out->low_cut_hz = v[ST_DELAY_LOW_CUT];
    out->high_cut_hz = v[ST_DELAY_HIGH_CUT];
    out->gain_db = st_move_value(move, ST_DELAY_RETURN);
}

float st_units_send(const st_move *move) {
    return st_move_acts(move)
               ? (float)st_db_to_gain(st_move_value(move, ST_SEND_LEVEL))
               : 0.0f;
}
