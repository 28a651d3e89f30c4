/* features: cepstra, pitch classes and tonal place of each frame, as a table.
 * Source: mfcc.h, chroma.h, tonnetz.h; the file is NumPy's NPY, version 1.0
 * (numpy.lib.format), so numpy.load reads it.
 *
 * One row a frame of st_spectra (22,050 Hz, hop 512: 43.07 a second, row t
 * centred on sample 512 t), ST_FEATURES_COLUMNS float32 each. Cepstra are
 * written into the bytes of the file as they come; pitch classes need the
 * tuning, so they and the tonal place follow at the end. An hour costs 46 MiB
 * for the table and 23 MiB for the chroma that the spectra keep. */
#ifndef ST_ANALYSIS_FEATURES_H
#define ST_ANALYSIS_FEATURES_H

#include "analysis/spectra.h"
#include "analysis/tonnetz.h"

enum {
    ST_FEATURES_MFCC = 3 * ST_SPECTRA_MFCC, /* and both slopes */
    ST_FEATURES_CHROMA = ST_FEATURES_MFCC,  /* first column of each */
    ST_FEATURES_TONNETZ = ST_FEATURES_CHROMA + ST_CHROMA_CLASSES,
    ST_FEATURES_COLUMNS = ST_FEATURES_TONNETZ + ST_TONNETZ_DIMS,
    ST_FEATURES_HEAD = 128 /* bytes before the first row */
};

typedef struct st_features st_features;

/* `rows` are expected (a guess; 0: unknown): room for them, at most an hour
 * of them, is made at once. ST_NO_MEM. [main] */
ST_MUST_USE st_status st_features_new(st_features **out, int64_t rows);
void st_features_free(st_features *f); /* NULL is fine [main] */
/* For st_spectra_params.mfcc. Growing may fail: _finish says so. */
st_frame_sink st_features_sink(st_features *f);
/* After st_spectra_finish of the spectra that fed the sink, made without
 * no_chroma. Once. ST_NO_MEM; ST_BAD_ARG if there is not a chroma frame for
 * each row. [main] */
ST_MUST_USE st_status st_features_finish(st_features *f,
                                         const st_spectra *spectra);

/* After _finish. [any] */
int64_t st_features_rows(const st_features *f);
/* The whole file, little-endian on any machine; borrowed. [any] */
const unsigned char *st_features_npy(const st_features *f, size_t *bytes);

#endif
