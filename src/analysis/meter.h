/* meter: everything a mastering engineer reads off a file, in one pass.
 * Source: docs/measures.md has each formula; parts: loudness.h, truepeak.h.
 *
 * Feed planar blocks of any size (the same bits for any division), finish,
 * read the result. Stereo figures are those of the first two channels; a
 * mono file has correlation 1 and width 0. Samples that are not finite or
 * exceed 1e10 are counted and read as 0. Levels of silence are -INFINITY. */
#ifndef ST_ANALYSIS_METER_H
#define ST_ANALYSIS_METER_H

#include "analysis/loudness.h"
#include "audio/stream.h"
#include "core/attr.h"
#include "core/pool.h"
#include "core/status.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct st_meter st_meter;

/* Figures of one channel. */
typedef struct {
    double sample_peak_dbfs;
    double true_peak_dbtp;
    int64_t true_peak_frame;
    double rms_dbfs; /* full-scale square wave = 0; sine = -3.01 */
    double dc;       /* mean, full scale 1.0 */
} st_meter_channel;

typedef struct {
    double rate_hz;
    int channels;
    int64_t frames;
    double seconds;

    st_loudness_result loudness;
    double true_peak_dbtp; /* largest of all channels */
    double true_peak_s;    /* its time from the start */
    int true_peak_channel;
    double sample_peak_dbfs;
    double headroom_db; /* 0 dBFS less sample peak */
    double rms_dbfs;    /* mean power of all channels */
    double crest_db;    /* sample peak less RMS, whole file */
    double plr_db;      /* true peak less integrated loudness */
    double psr_db;      /* true peak less largest short-term loudness */
    double dc_max;      /* the channel mean farthest from 0 */

    double correlation;  /* -1..1, whole file */
    double width;        /* E[(L-R)^2] / E[(L+R)^2]; INFINITY if L = -R */
    double side_mid_db;  /* 10 log10 width */
    double balance_db;   /* RMS of L less RMS of R, dB */
    double mono_loss_db; /* power of (L+R)/2 against mean of L and R, dB:
                          * 0 for L = R, -3.01 uncorrelated */

    int64_t clipped_runs;        /* runs of 3 or more samples at full scale */
    int64_t clipped_samples;     /* samples in those runs */
    int64_t bad_samples;         /* NaN, infinite or beyond 1e10 */
    int64_t head_silence_frames; /* before the first |x| > -80 dBFS */
    int64_t tail_silence_frames; /* after the last; all of a silent file is
                                  * head, tail 0 */
    int bits; /* fewest integer bits that hold each sample exactly, 1..24;
               * 32 if none do (float); 0 for digital silence */

    st_meter_channel channel[ST_MAX_CHANNELS];
} st_meter_result;

typedef struct {
    double rate_hz;      /* 8000..384000 */
    int channels;        /* 1..8 */
    int series_capacity; /* points of the series below; 0 none, else even */
} st_meter_params;

/* One point each 100 ms (step doubles when the capacity is reached). */
typedef struct {
    int count;
    int64_t step_frames;
    const float *momentary_lufs, *short_term_lufs;
    const float *low, *high; /* smallest and largest sample, all channels */
    const float *rms;        /* linear, all channels */
} st_meter_series;

/* ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_meter_new(st_meter **out,
                                   const st_meter_params *params);
void st_meter_free(st_meter *meter);  /* NULL is fine [main] */
void st_meter_reset(st_meter *meter); /* as new [rt] */

/* Measure planar in[channels], any frames >= 0. [rt] */
void st_meter_process(st_meter *meter, const float *const *in, int64_t frames);
/* As _process, the loudness and each channel's true peak on their own pool
 * threads; the same bits. Worth it from blocks of 16384 frames. [main] */
void st_meter_process_on(st_meter *meter, st_pool *pool, const float *const *in,
                         int64_t frames);
/* Nothing follows. [rt] */
void st_meter_finish(st_meter *meter);

/* All figures; complete after _finish. [any] */
void st_meter_get(const st_meter *meter, st_meter_result *out);
/* Borrowed until the next call. [any] */
void st_meter_get_series(const st_meter *meter, st_meter_series *out);
/* The meter's loudness part, for st_loudness_join. Borrowed. [any] */
const st_loudness *st_meter_loudness(const st_meter *meter);

/* Measure all of a source from where it stands, then finish. `pool` may be
 * NULL. Errors are those of the source. The meter must fit its format.
 * [main] */
ST_MUST_USE st_status st_meter_run(st_meter *meter, st_source *source,
                                   st_pool *pool, st_err *err);
/* Make a meter for a source, measure all of it, give the result. [main] */
ST_MUST_USE st_status st_meter_source(st_source *source, st_pool *pool,
                                      st_meter_result *out, st_err *err);

/* The result as a new JSON object (the caller's reference), figures rounded
 * to 0.01 dB (0.0001 for ratios); -INFINITY and INFINITY are null. NULL when
 * out of memory. [any] */
json_t *st_meter_json(const st_meter_result *result);
/* The series as a new JSON object of arrays, or NULL. [any] */
json_t *st_meter_series_json(const st_meter_series *series, double rate_hz);

#endif
