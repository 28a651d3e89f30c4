/* meter: loudness, true peak, dynamics and stereo image in one pass.
 * ITU-R BS.1770-5, EBU R 128; each figure's formula is in docs/measures.md.
 * [one at a time] */
#ifndef STEMMA_METER_H
#define STEMMA_METER_H

#include <stdint.h>

#include "stemma/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct stemma_meter stemma_meter;

/* New figures are added at the end. */
typedef enum {
    STEMMA_INTEGRATED_LUFS = 0,
    STEMMA_RANGE_LU,
    STEMMA_MOMENTARY_MAX_LUFS,
    STEMMA_SHORT_TERM_MAX_LUFS,
    STEMMA_TRUE_PEAK_DBTP,
    STEMMA_TRUE_PEAK_S, /* when */
    STEMMA_SAMPLE_PEAK_DBFS,
    STEMMA_RMS_DBFS,
    STEMMA_CREST_DB,
    STEMMA_PLR_DB,
    STEMMA_PSR_DB,
    STEMMA_DC,
    STEMMA_CORRELATION,
    STEMMA_SIDE_MID_DB,
    STEMMA_FIGURE_COUNT
} stemma_figure;

/* rate_hz 8000..384000, channels 1..8. BAD_ARG, NO_MEM. */
STEMMA_API stemma_status stemma_meter_new(stemma_meter **out, double rate_hz,
                                          int channels);
STEMMA_API void stemma_meter_free(stemma_meter *meter); /* NULL is fine */
/* Planar in[channels], any number of frames; the figures do not depend on how
 * a stream is divided. Never allocates or locks. */
STEMMA_API void stemma_meter_process(stemma_meter *meter,
                                     const float *const *in, int64_t frames);
/* Nothing follows. */
STEMMA_API void stemma_meter_finish(stemma_meter *meter);
/* One figure, complete after finish; -INFINITY for the level of silence, NAN
 * for a figure this library does not know. */
STEMMA_API double stemma_meter_get(const stemma_meter *meter,
                                   stemma_figure figure);

#ifdef __cplusplus
}
#endif
#endif
