/* spectrum: long-term power spectra of left, right, mid and side; bands.
 * Source: Welch 1967 (averaged periodograms); docs/measures.md.
 *
 * Hann-windowed blocks of st_spectrum_size(rate) frames (170 ms: 8192 at 44.1
 * and 48 kHz) are averaged as power. Bin k is at k * rate / size Hz. Power is
 * one-sided and scaled so that the sum over bins is the mean square of the
 * signal: a full-scale sine sums to 0.5 (-3.01 dB). Mid is (L+R)/2, side is
 * (L-R)/2; of a mono file both channels are the one. Beyond stereo the first
 * two channels are taken.
 *
 * Besides the whole file, spectra of pieces (st_spectrum_params.piece_s) are
 * kept, so that the loudest pieces can be averaged alone. */
#ifndef ST_ANALYSIS_SPECTRUM_H
#define ST_ANALYSIS_SPECTRUM_H

#include "audio/stream.h"
#include "core/attr.h"
#include "core/pool.h"
#include "core/status.h"

#include <stdint.h>

typedef enum {
    ST_SPECTRUM_LEFT,
    ST_SPECTRUM_RIGHT,
    ST_SPECTRUM_MID,
    ST_SPECTRUM_SIDE,
} st_spectrum_part;

/* The 26 bands that spectra are compared by: edges at 20 * 1000^(i/26) Hz,
 * i = 0..26, that is 20 Hz to 20 kHz in equal ratios (0.383 octaves). */
enum { ST_SPECTRUM_BANDS = 26 };

typedef struct st_spectrum st_spectrum;

typedef struct {
    double rate_hz; /* 8000..384000 */
    int channels;   /* 1..8 */
    int overlap;    /* blocks per block length: 1, 2 or 4 */
    double piece_s; /* length of a piece, 0 for none; 1..60 s. At most 256
                     * pieces: when full, pairs are joined, length doubles */
} st_spectrum_params;

/* overlap 2, pieces of 4 s. [any] */
st_spectrum_params st_spectrum_defaults(double rate_hz, int channels);
/* Frames of one block: the power of two nearest to 0.175 s. [any] */
int st_spectrum_size(double rate_hz);

/* ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_spectrum_new(st_spectrum **out,
                                      const st_spectrum_params *params);
void st_spectrum_free(st_spectrum *s);  /* NULL is fine [main] */
void st_spectrum_reset(st_spectrum *s); /* as new [rt] */
/* Planar in[channels], any frames >= 0; any division, the same bits. [rt] */
void st_spectrum_process(st_spectrum *s, const float *const *in,
                         int64_t frames);
/* Nothing follows: what is held is measured with silence after it. [rt] */
void st_spectrum_finish(st_spectrum *s);
/* Measure all of a source from where it stands, then finish. [main] */
ST_MUST_USE st_status st_spectrum_run(st_spectrum *s, st_source *source,
                                      st_err *err);

/* size / 2 + 1. [any] */
int st_spectrum_bins(const st_spectrum *s);
/* Mean power of each bin over the whole file; out[bins]; zeros if nothing
 * was measured. [any] */
void st_spectrum_power(const st_spectrum *s, st_spectrum_part part, float *out);
/* The same over the loudest pieces (by mean of mid and side power, above the
 * pieces' RMS mean as matchering does; all when there is one). *share: the
 * part of the time taken, 0..1; may be NULL. [any] */
void st_spectrum_power_loud(const st_spectrum *s, st_spectrum_part part,
                            float *out, double *share);
/* Pieces kept, and one piece's spectrum. piece 0..count-1. [any] */
int st_spectrum_pieces(const st_spectrum *s);
void st_spectrum_piece_power(const st_spectrum *s, int piece,
                             st_spectrum_part part, float *out);

/* Power of each band between edges[i] and edges[i + 1] Hz (rising); a bin
 * that lies across an edge is shared by width. out[bands]. A band over half
 * the rate has 0. [any] */
void st_spectrum_fold(const float *power, int bins, double rate_hz,
                      const double *edges, int bands, double *out);
/* The 27 edges of the 26 bands. [any] */
void st_spectrum_band_edges(double *edges);
/* `bands` + 1 edges in equal ratios from low_hz to high_hz. [any] */
void st_spectrum_log_edges(double low_hz, double high_hz, int bands,
                           double *edges);
/* 10 log10, -200 for nothing; out may be in. [any] */
void st_spectrum_db(const double *power, int bands, double *out);
/* RMS difference of two sets of bands in dB over bands where either is above
 * floor_db; the mean difference (a gain) taken out first if `level_free`.
 * 0 when no band is. [any] */
double st_spectrum_distance_db(const double *a_db, const double *b_db,
                               int bands, double floor_db, int level_free);
/* Slope of the 26 bands from 40 Hz to 16 kHz, least squares on the power
 * density (band power per Hz), dB per octave: white 0, pink -3.01. [any] */
double st_spectrum_tilt_db_oct(const float *power, int bins, double rate_hz);

#endif
