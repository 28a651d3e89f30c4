/* lineq_design: from a curve in dB to a symmetric FIR (file-private to
 * dsp/lineq). */
#ifndef ST_DSP_LINEQ_DESIGN_H
#define ST_DSP_LINEQ_DESIGN_H

#include "dsp/lineq.h"

#include <stddef.h>

bool st_lineq_curve_valid(const st_lineq_curve *curve);

/* out[k] = target in dB at k * step_hz, k < n; out[0] is taken at step/8.
 * ST_NO_MEM. */
ST_MUST_USE st_status st_lineq_curve_sample(const st_lineq_curve *curve,
                                            double step_hz, double *out,
                                            size_t n);

typedef struct {
    double error_db, pre_ring_db;
} st_lineq_quality;

/* fir[taps], taps odd. ST_NO_MEM. */
ST_MUST_USE st_status st_lineq_design(const st_lineq_curve *curve,
                                      double rate_hz, float *fir, size_t taps,
                                      st_lineq_quality *quality);

#endif
