/* spectra: all spectral features of one mono stream, from one pass.
 * Source: the units of this room; nothing is computed twice (mel, cepstra,
 * tuning and the STFT picture share one power spectrum a frame).
 *
 * Meant for 22,050 Hz mono, hop 512. Features leave by sinks as they come or
 * stay in fixed or small memory: grids (pictures) of fixed size, chroma
 * at 152 bytes a frame. */
#ifndef ST_ANALYSIS_SPECTRA_H
#define ST_ANALYSIS_SPECTRA_H

#include "analysis/chroma.h"
#include "analysis/frames.h"
#include "analysis/grid.h"
#include "analysis/picture.h"
#include "analysis/tuning.h"
#include "core/attr.h"
#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ST_SPECTRA_SIZE = 2048,
    ST_SPECTRA_HOP = 512,
    ST_SPECTRA_MELS = 128,
    ST_SPECTRA_MFCC = 20,
    ST_SPECTRA_CQT = 84
};

typedef struct {
    double rate_hz; /* 8000..384000 */
    bool pictures;  /* keep what st_spectra_picture needs (about 20 MiB) */
    bool multires;  /* and for the picture of that kind (8 MiB more) */
    /* st_spectra_chroma has none after _finish (24 MiB an hour) */
    bool no_chroma;
    /* each may have frame == NULL */
    st_frame_sink power;   /* [1025] as powerspec */
    st_frame_sink mel;     /* [128] power */
    st_frame_sink mfcc;    /* [60] as mfcc */
    st_frame_sink cqt;     /* [84] magnitudes */
    st_frame_sink fine;    /* [252] magnitudes, 36 an octave (harmony.h) */
    st_frame_sink classes; /* [36] of all octaves, for st_chroma_fold */
} st_spectra_params;

typedef struct st_spectra st_spectra;

/* ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_spectra_new(st_spectra **out,
                                     const st_spectra_params *params);
void st_spectra_free(st_spectra *s); /* NULL is fine [main] */
/* Any n >= 0, any division, the same bits. ST_NO_MEM. [one at a time] */
ST_MUST_USE st_status st_spectra_process(st_spectra *s, const float *in,
                                         int64_t n);
ST_MUST_USE st_status st_spectra_finish(st_spectra *s);

/* After _finish. Borrowed. [any] */
const st_chroma *st_spectra_chroma(const st_spectra *s);
st_tuning_result st_spectra_tuning(const st_spectra *s);
/* The tuning to fold chroma with: 0 where its confidence is under 0.1. */
double st_spectra_cents(const st_spectra *s);
/* One of the pictures, as st_picture_png; `title` may be NULL; width and
 * height as in st_picture_spec, 0 for the usual. Needs params.pictures
 * (or, for its own, multires), else ST_BAD_ARG. ST_NO_MEM, ST_INTERNAL. [any]
 */
ST_MUST_USE st_status st_spectra_picture(const st_spectra *s,
                                         st_picture_kind kind,
                                         const char *title, int width,
                                         int height, unsigned char **bytes,
                                         size_t *size);

#endif
