/* units: from the values of moves to the parameters of DSP units (internal).
 * Source: mix/move.h, dsp/. All [rt]. */
#ifndef ST_MIX_UNITS_H
#define ST_MIX_UNITS_H

#include "dsp/biquad.h"
#include "dsp/compressor.h"
#include "dsp/deesser.h"
#include "dsp/ducker.h"
#include "dsp/dyneq.h"
#include "dsp/echo.h"
#include "dsp/panner.h"
#include "dsp/reverb.h"
#include "dsp/transient.h"
#include "mix/recipe.h"

/* What happens to a sample before the chain. */
typedef struct {
    float gain[2], dc[2];
} st_strip_stage;

static inline float st_strip_staged(const st_strip_stage *stage, int channel,
                                    float x) {
    return (x - stage->dc[channel]) * stage->gain[channel];
}
/* `strip`: the moves of a stem. */
void st_strip_stage_set(st_strip_stage *stage, const st_move *strip);

void st_units_filters(const st_move *strip, st_biquad_params *out);
/* eq[ST_MIX_EQS] */
void st_units_eq(const st_move *eq, st_biquad_params *out);
bool st_units_eq_acts(const st_move *eq);
void st_units_dyneq(const st_move *move, st_dyneq_band *out);
void st_units_deesser(const st_move *move, st_deesser_params *out);
/* Makeup is left to the fader behind it. */
void st_units_compressor(const st_move *move, st_compressor_params *out);
void st_units_parallel(const st_move *move, st_compressor_params *out);
void st_units_ducker(const st_move *move, st_ducker_params *out);
void st_units_transient(const st_move *move, st_transient_params *out);
/* Fader, place, and what staging and makeup owe. */
void st_units_panner(const st_mix_stem *stem, st_panner_params *out);
void st_units_reverb(const st_move *move, st_reverb_params *out);
void st_units_echo(const st_move *move, st_echo_params *out);
/* Gain of a send, linear; 0 for none. */
float st_units_send(const st_move *move);

#endif
