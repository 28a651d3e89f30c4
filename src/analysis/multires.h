/* multires: one mono stream seen through several window lengths at once.
 * Source: Cheung & Lim 1992 (spectra of two resolutions joined by their
 * geometric mean keep the sharpness of both); own cross-over over frequency.
 *
 * Up to eight looks of different length stand on one grid of frames: frame t
 * of each is centred on sample t * hop, silence lies before the start and
 * after the end. Two things come of them:
 * - `power`, the plain list: the power spectra of each look as powerspec.h
 *   gives them (losses, features);
 * - `joined`, one row after the other on a logarithmic axis of frequency, each
 *   read from the looks that suit it: row r stands for low_hz 2^(r /
 *   per_octave). A frequency has a place among the looks: i at centre_hz of
 *   look i, evenly over octaves between, the nearest beyond the ends. A look
 *   k has the share max(0, 1 - |k - place| / reach) of it, all shares scaled
 *   to be 1 together, and powers are joined as the product of power^share. So
 *   low notes are nearly as narrow as the longest window makes them and yet
 *   begin when they do, and a click is nearly as short as the shortest.
 *   reach 1: at its centre a look is alone, a plain cross-over.
 *
 * Values of `joined` are relative to a sine of amplitude 1 at the row's
 * frequency, which reads 1 through any look (and any mixture of them). A row
 * gathers triangularly over its neighbours' distance, at least over one bin of
 * its look: lone sines read within 3 dB of their power; noise reads by the
 * bandwidth of its look or row, whichever is wider. Below -240 dB: 0. */
#ifndef ST_ANALYSIS_MULTIRES_H
#define ST_ANALYSIS_MULTIRES_H

#include "analysis/frames.h"
#include "core/attr.h"
#include "core/status.h"

#include <stdint.h>

enum { ST_MULTIRES_LOOKS = 8, ST_MULTIRES_ROWS = 1024 };

typedef struct {
    int size;  /* samples of the window: a power of two, 64..65536 */
    int every; /* 1, 2, 4, 8 or 16: only each so many frames, size / hop at
                  most; `joined` goes evenly in dB between them */
    double centre_hz; /* where it counts most */
    /* [size / 2 + 1] as powerspec; frame k stands at sample k * every * hop.
     * frame == NULL: not wanted */
    st_frame_sink power;
} st_multires_look;

typedef struct {
    double rate_hz; /* 8000..384000 */
    int hop;        /* a 16th of the shortest size..the shortest size */
    int looks;      /* 1..8, sizes falling and centres rising */
    st_multires_look look[ST_MULTIRES_LOOKS];
    double reach;         /* looks, 1..8 */
    double low_hz;        /* of row 0: 10..rate/4 */
    int per_octave;       /* rows: 4..96 */
    st_frame_sink joined; /* [rows]; frame == NULL: only the plain lists */
} st_multires_params;

typedef struct st_multires st_multires;

/* Five looks of about 0.37, 0.19, 0.09, 0.05 and 0.02 s (8192, 4096, 2048,
 * 1024 and 512 samples at 22,050 Hz) around 100, 300, 900, 2700 and 8100 Hz,
 * the two longest looked at each 4 and 2 frames; reach 3; hop of half the
 * shortest; 48 rows an octave from 30 Hz. No sinks. [any] */
st_multires_params st_multires_defaults(double rate_hz);
/* Rows up to half the rate, at most ST_MULTIRES_ROWS. [any] */
int st_multires_rows(const st_multires_params *params);
/* Frequency of a row. [any] */
double st_multires_hz(const st_multires_params *params, int row);

/* ST_BAD_ARG (no sink at all, too), ST_NO_MEM. [main] */
ST_MUST_USE st_status st_multires_new(st_multires **out,
                                      const st_multires_params *params);
void st_multires_free(st_multires *m);  /* NULL is fine [main] */
void st_multires_reset(st_multires *m); /* as new [rt] */
/* Any n >= 0; any division gives the same bits; unusable samples (NaN,
 * infinite, beyond 1e10) are read as 0. [rt] */
void st_multires_process(st_multires *m, const float *in, int64_t n);
/* Nothing follows; of n samples there are 1 + n / hop joined frames and
 * 1 + n / (every hop) of a look, of none there is none. [rt] */
void st_multires_finish(st_multires *m);
/* Joined frames given so far. [any] */
int64_t st_multires_frames(const st_multires *m);

#endif
