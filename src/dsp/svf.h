/* svf: one state-variable filter section that may be modulated fast.
 * Source: A. Simper (Cytomic), "Linear Trapezoidal Integrated State Variable
 * Filter With Low Noise Optimisation" (2013); topology-preserving, so the
 * cut-off may move at control rate without clicks or blow-ups.
 *
 * Bilinear response (as the cookbook biquads), double state, latency 0. */
#ifndef ST_DSP_SVF_H
#define ST_DSP_SVF_H

#include "dsp/unit.h"

typedef enum {
    ST_SVF_LOWPASS = 0, /* 12 dB/octave; q is the gain at hz */
    ST_SVF_HIGHPASS,    /* 12 dB/octave; q is the gain at hz */
    ST_SVF_BANDPASS,    /* 0 dB at hz */
    ST_SVF_NOTCH,
    ST_SVF_ALLPASS,
    ST_SVF_BELL,       /* gain_db at hz */
    ST_SVF_LOW_SHELF,  /* gain_db below hz, half of it (in dB) at hz */
    ST_SVF_HIGH_SHELF, /* gain_db above hz, half of it (in dB) at hz */
    ST_SVF_TYPE_COUNT
} st_svf_type;

typedef struct {
    st_svf_type type; /* a change is heard at once, the rest is smoothed */
    double hz;        /* 5..0.49 * rate */
    double q;         /* 0.05..100 */
    double gain_db;   /* -60..60; bell and shelves */
} st_svf_params;

typedef struct st_svf st_svf;

/* A bell of 0 dB at 1 kHz: nulls against its input below -140 dBFS. [any] */
st_svf_params st_svf_defaults(void);
/* See dsp/unit.h. Changes take 20 ms. */
ST_MUST_USE st_status st_svf_new(st_svf **out, const st_spec *spec,
                                 const st_svf_params *params);
void st_svf_free(st_svf *u);
void st_svf_reset(st_svf *u);
void st_svf_set(st_svf *u, const st_svf_params *params);
int st_svf_latency_frames(const st_svf *u); /* 0 */
void st_svf_process(st_svf *u, const float *const *in, float *const *out,
                    int frames);
/* As _process, with the cut-off moved by octaves[frames] (-10..10, one value a
 * frame for all channels; NULL is 0). It is read at every 8th absolute frame
 * and takes effect in a straight line over the 8 frames that follow. [rt] */
void st_svf_process_mod(st_svf *u, const float *const *in, float *const *out,
                        int frames, const float *octaves);

#endif
