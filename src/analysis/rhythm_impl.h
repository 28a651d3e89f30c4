/* rhythm_impl: what calibration wants to see of a finished analysis. Source:
 * rhythm.h. Private to rhythm.c, tests and the tool that dumps it. */
#ifndef ST_ANALYSIS_RHYTHM_IMPL_H
#define ST_ANALYSIS_RHYTHM_IMPL_H

#include "analysis/rhythm.h"
#include "analysis/tempo.h"

/* All zero where no path was found. [any] */
const st_tempo_evidence *st_rhythm_evidence(const st_rhythm *r);

#endif
