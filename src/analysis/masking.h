/* masking: which stem hides which, in which band, when and by how much.
 * Source: Schroeder, Atal & Hall 1979 (spreading function over Bark);
 * Traunmueller 1990 (Hz to Bark); Moore, "An Introduction to the Psychology of
 * Hearing" (a noise-like masker hides what lies about 6 dB under it);
 * docs/measures.md.
 *
 * Works on the bandgrams of all stems of a song (bandgram.h), which start at
 * the same moment. A cell of a stem is *active* when its power is over -90
 * dBFS and at most 36 dB under the loudest band of that stem at that time,
 * and that band is at most 30 dB under the loudest the stem ever has (what
 * has died away is not missed). The *threshold* a masker sets in a band is its
 * power spread over the bands (steep towards the bass, shallow towards the
 * treble; scaled so that equal power in every band stays what it is) less 6 dB.
 * An active cell under a threshold is masked, and its *excess* is how far under
 * it lies, dB. Masking before and after a sound in time is left out.
 *
 * Over time each ordered pair has a line of at most 600 points, all bands
 * together: steps of 1 s to a length of 10 minutes, then of the fewest whole
 * seconds that 600 of them reach the end with (6 s for an hour). Points take
 * 16 bytes for each pair, stems x stems x points: 2.5 MB for 16 stems, 39 MB
 * for 64, however long they are. */
#ifndef ST_ANALYSIS_MASKING_H
#define ST_ANALYSIS_MASKING_H

#include "analysis/bandgram.h"

/* Bands as people name them; each gathers some of the 26. */
typedef enum {
    ST_MASK_SUB,      /* 20-60 Hz */
    ST_MASK_BASS,     /* 60-250 */
    ST_MASK_LOW_MID,  /* 250-500 */
    ST_MASK_MID,      /* 500-2000 */
    ST_MASK_HIGH_MID, /* 2-4 kHz */
    ST_MASK_PRESENCE, /* 4-6 */
    ST_MASK_AIR,      /* 6-20 */
    ST_MASK_BANDS
} st_mask_band;

enum { ST_MASK_MAX_STEMS = 64, ST_MASK_MAX_POINTS = 600 };

typedef struct {
    double active;    /* share of time x bands in which the masked stem is
                       * active there, 0..1 */
    double share;     /* of those, hidden by this masker alone, 0..1 */
    double excess_db; /* mean over the hidden cells; 0 if none */
    double worst_db;  /* the greatest mean excess of a second, over the whole
                       * named band (cells that are not hidden count as 0) */
    double worst_s;   /* where that second begins */
} st_mask_figures;

/* What one stem does to another in one step, all 26 bands together. */
typedef struct {
    uint32_t active; /* cells of the masked stem that are active */
    uint32_t hidden; /* of those, hidden by this masker alone */
    float excess_db; /* mean over the hidden cells; 0 if none */
    int32_t band;    /* the st_mask_band with the greatest sum of excess; -1
                      * if nothing is hidden */
} st_mask_point;

/* A pair over the whole length, all 26 bands together. */
typedef struct {
    double active;       /* share of time x bands that is active, 0..1 */
    double share;        /* of those, hidden by this masker alone, 0..1 */
    double excess_db;    /* mean over the hidden cells; 0 if none */
    double weight_db;    /* active x share x excess */
    double from_s, to_s; /* where it is worst: about the step with the greatest
                          * sum of excess, the steps in one piece with half of
                          * it or more; 0 and 0 where nothing is hidden */
} st_mask_span;

typedef struct st_masking st_masking;

/* Compare count stems (1..64) of one rate; grams may differ in length: what
 * has ended is silent. They are not kept. ST_BAD_ARG, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_masking_new(st_masking **out,
                                     const st_bandgram *const *grams,
                                     int count);
void st_masking_free(st_masking *masking); /* NULL is fine [any] */

/* "sub", "bass", "low_mid", ...; edges in Hz. [any] */
const char *st_mask_band_name(st_mask_band band);
void st_mask_band_edges(st_mask_band band, double *low_hz, double *high_hz);

/* What `masker` does to `masked` in a band; zeros for a stem and itself.
 * Borrowed. [any] */
const st_mask_figures *st_masking_pair(const st_masking *masking, int masker,
                                       int masked, st_mask_band band);
/* Length of a step of the lines below, whole s. [any] */
int st_masking_step_s(const st_masking *masking);
/* Of all pairs, *count points, 0..600; the first step begins at 0, the last
 * may be shorter. Borrowed. [any] */
const st_mask_point *st_masking_line(const st_masking *masking, int masker,
                                     int masked, int *count);
/* The same line in one figure. [any] */
st_mask_span st_masking_span(const st_masking *masking, int masker, int masked);
/* The masked share of a stem in the mix of all, 0..1: its part of the 26
 * bands x 400 ms cells that lies 12 dB or more under the sum of the others.
 * 0 for a silent stem. [any] */
double st_masking_share(const st_masking *masking, int stem);
/* Excess in dB of each of the 26 bands at one 100 ms cell, 0 where nothing is
 * hidden. [any] */
void st_masking_at(const st_bandgram *masker, const st_bandgram *masked,
                   int64_t cell, float excess_db[ST_SPECTRUM_BANDS]);

#endif
