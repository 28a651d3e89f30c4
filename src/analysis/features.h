/* features: cepstra, pitch classes and tonal place of each frame, as a table.
 * Source: mfcc.h, chroma.h, tonnetz.h; the file is NumPy's NPY, version 1.0
 * (numpy.lib.format), so numpy.load reads it.
 *
 * One row a frame of st_spectra (22,050 Hz, hop 512: 43.07 a second, row t
 * centred on sample 512 t), ST_FEATURES_COLUMNS float32 each. What comes is
 * kept on disk (audio/scratch.h), 384 bytes a row: pitch classes need the
 * tuning, which is known at the end, so the rows are made when asked for. */
#ifndef ST_ANALYSIS_FEATURES_H
#define ST_ANALYSIS_FEATURES_H

#include "analysis/spectra.h"
#include "analysis/tonnetz.h"
#include "core/err.h"

enum {
    ST_FEATURES_MFCC = 3 * ST_SPECTRA_MFCC, /* and both slopes */
    ST_FEATURES_CHROMA = ST_FEATURES_MFCC,  /* first column of each */
    ST_FEATURES_TONNETZ = ST_FEATURES_CHROMA + ST_CHROMA_CLASSES,
    ST_FEATURES_COLUMNS = ST_FEATURES_TONNETZ + ST_TONNETZ_DIMS,
    ST_FEATURES_ROW = 4 * ST_FEATURES_COLUMNS, /* bytes */
    ST_FEATURES_HEAD = 128                     /* bytes before the first row */
};

typedef struct st_features st_features;

/* With its scratch files in `dir`, as st_scratch_new. ST_IO, ST_NO_MEM.
 * [main] */
ST_MUST_USE st_status st_features_new(st_features **out, const char *dir,
                                      st_err *err);
void st_features_free(st_features *f); /* NULL is fine [main] */
/* For st_spectra_params.mfcc and .classes. Writing may fail: _finish says
 * so. */
st_frame_sink st_features_cepstra(st_features *f);
st_frame_sink st_features_classes(st_features *f);
/* After st_spectra_finish of the spectra that fed both sinks, with its
 * st_spectra_cents. Once. ST_IO; ST_BAD_ARG if one sink got more frames than
 * the other. [main] */
ST_MUST_USE st_status st_features_finish(st_features *f, double cents,
                                         st_err *err);

/* After _finish. [any] */
int64_t st_features_rows(const st_features *f);
/* The file's first bytes. [any] */
void st_features_head(const st_features *f,
                      unsigned char head[ST_FEATURES_HEAD]);
/* The file's bytes of rows first..first + count - 1 (must be there),
 * little-endian on any machine: bytes[count][ST_FEATURES_ROW]. ST_IO. [any] */
ST_MUST_USE st_status st_features_read(const st_features *f, int64_t first,
                                       int64_t count, unsigned char *bytes,
                                       st_err *err);

#endif
