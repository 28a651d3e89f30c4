/* bandgram: how much power stands in each band over time, small enough to
 * keep for every stem of a song.
 * Source: Welch 1967; the 26 bands of spectrum.h.
 *
 * Each 100 ms one Hann block of st_spectrum_size(rate) frames, centred on the
 * cell, gives the mean power of left and right in the 26 bands. A full-scale
 * sine reads -3.01 dB. Beyond stereo the first two channels are taken; mono is
 * its own left and right. 1.9 MB an hour. Samples that are not finite or
 * exceed 1e10 are read as 0. */
#ifndef ST_ANALYSIS_BANDGRAM_H
#define ST_ANALYSIS_BANDGRAM_H

#include "analysis/spectrum.h"
#include "core/attr.h"
#include "core/status.h"

#include <stdint.h>

enum {
    ST_BANDGRAM_RATE = 10,     /* cells a second */
    ST_BANDGRAM_FLOOR = -12000 /* nothing there, in 0.01 dB */
};

typedef struct st_bandgram st_bandgram;

/* rate_hz 8000..384000, channels 1..8. ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_bandgram_new(st_bandgram **out, int rate_hz,
                                      int channels);
void st_bandgram_free(st_bandgram *gram); /* NULL is fine [main] */
/* Planar in[channels], any frames >= 0; any division, the same bits. Memory
 * for cells grows: ST_NO_MEM. [one at a time] */
ST_MUST_USE st_status st_bandgram_process(st_bandgram *gram,
                                          const float *const *in,
                                          int64_t frames);
/* Nothing follows: the last cells are measured with silence behind them.
 * ST_NO_MEM. [one at a time] */
ST_MUST_USE st_status st_bandgram_finish(st_bandgram *gram);

/* Cells so far; after _finish one for each 100 ms begun. [any] */
int64_t st_bandgram_cells(const st_bandgram *gram);
/* Band powers of a cell in 0.01 dB, [ST_SPECTRUM_BANDS]; borrowed until the
 * next _process. A band over half the rate has ST_BANDGRAM_FLOOR. [any] */
const int16_t *st_bandgram_cell(const st_bandgram *gram, int64_t cell);

/* A finished gram whose bands all lie add_db[ST_SPECTRUM_BANDS] higher: what
 * the stem would be behind a fader and an EQ. ST_NO_MEM. [any] */
ST_MUST_USE st_status st_bandgram_moved(st_bandgram **out,
                                        const st_bandgram *gram,
                                        const double *add_db);

#endif
