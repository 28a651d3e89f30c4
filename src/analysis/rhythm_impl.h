/* rhythm_impl: what calibration wants to see and to change. Source: rhythm.h.
 * Private to rhythm.c, tests and the tool that dumps it. */
#ifndef ST_ANALYSIS_RHYTHM_IMPL_H
#define ST_ANALYSIS_RHYTHM_IMPL_H

#include "analysis/bar_phase.h"
#include "analysis/rhythm.h"
#include "analysis/tempo.h"

/* All zero where no path was found. [any] */
const st_tempo_evidence *st_rhythm_evidence(const st_rhythm *r);

/* For _settle from now on, instead of those that were fitted. [main] */
void st_rhythm_weigh_chords(st_rhythm *r, const st_phase_weights *weights);

#endif
