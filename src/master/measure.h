/* measure: all that deciding, matching, control and the report ask of a
 * recording: the meter, the spectra of mid and side, the loudest places.
 * Source: analysis/meter.h, analysis/spectrum.h; docs/measures.md. */
#ifndef ST_MASTER_MEASURE_H
#define ST_MASTER_MEASURE_H

#include "analysis/meter.h"
#include "analysis/spectrum.h"
#include "dsp/stereo.h"
#include "audio/flow.h"

/* Three to each of the 26 bands by which spectra are compared, 20 Hz-20 kHz. */
enum {
    ST_MEASURE_BANDS = 3 * ST_SPECTRUM_BANDS,
    ST_MEASURE_POINTS = 1024,
    ST_MEASURE_EXCERPTS = 3
};

typedef struct {
    st_meter_result meter;
    bool silent; /* nothing above -90 dBFS */
    /* Band levels in dBFS (power sum; -200 for nothing): whole file, and its
     * loudest pieces. */
    double mid_db[ST_MEASURE_BANDS], side_db[ST_MEASURE_BANDS];
    double loud_mid_db[ST_MEASURE_BANDS], loud_side_db[ST_MEASURE_BANDS];
    double tilt_db_oct;
    double low_side_db; /* side against mid under 120 Hz; -200 for mono */
    st_stereo_sums sums;
    /* Starts of the loudest pieces, none near another. */
    int64_t excerpt[ST_MEASURE_EXCERPTS];
    int64_t excerpt_frames; /* length of each */
    int excerpts;
    /* For graphs. */
    int points;
    double step_s;
    float momentary[ST_MEASURE_POINTS], short_term[ST_MEASURE_POINTS];
} st_measure;

/* Centre of band i in Hz. [any] */
double st_measure_band_hz(int band);
/* The 26 bands out of the 78: sums of mid and side, or of mid. [any] */
void st_measure_bands26(const st_measure *m, bool with_side, double *out);

typedef struct st_ear st_ear;

/* Listens to blocks and gives a st_measure. ST_NO_MEM, ST_BAD_ARG. [main] */
ST_MUST_USE st_status st_ear_new(st_ear **out, double rate_hz, int channels);
void st_ear_free(st_ear *ear); /* NULL is fine */
/* The steps of it, to be put into a flow behind each other or anywhere. */
enum { ST_EAR_STEPS = 2 };
void st_ear_steps(st_ear *ear, const char *phase, st_flow_step *steps);
/* After the flow has ended. [main] */
void st_ear_finish(st_ear *ear, st_measure *out);

/* Measure all of a source. [main] */
ST_MUST_USE st_status st_measure_source(st_source *source, st_pool *pool,
                                        st_measure *out, st_err *err);

#endif
