/* tempo: which multiple of the beats found is the tempo, and whether there is
 * one at all.
 * Source: Schreiber & Mueller 2018 (a network's distribution over tempi);
 * candidates as multiples of the tapped grid, multinomial logistic regression
 * (tempo_fit.h, written by training/calibrate.py) makes their probabilities.
 * Private to rhythm.c, its tests and the tool that dumps evidence. */
#ifndef ST_ANALYSIS_TEMPO_H
#define ST_ANALYSIS_TEMPO_H

#include "core/attr.h"
#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Multiples of the tempo of the path: 1, 2, 1/2, 3, 1/3, 3/2, 2/3, 4/3, 3/4 */
enum { ST_TEMPO_RATIOS = 9 };

typedef struct {
    const float *beat;  /* [frames] activations, 50 a second */
    const float *tempo; /* [seconds][ST_BEAT_TEMPI + 1] */
    int64_t frames;
    const double *time_s; /* [beats] of the path */
    int64_t beats;        /* 2 or more */
} st_tempo_input;

typedef struct {
    bool possible[ST_TEMPO_RATIOS]; /* within ST_RHYTHM_MIN_BPM.. MAX_BPM */
    double mass[ST_TEMPO_RATIOS];   /* log of the network's share of it */
    double grid[ST_TEMPO_RATIOS];   /* log odds a second of its best grid */
    double bpm;                     /* of the path: its median beat */
    /* for "no tempo": mean log odds of a tempo, mean activation at beats,
     * seconds covered, spread of the beats' lengths (octaves) */
    double some, strength, covered_s, spread;
} st_tempo_evidence;

double st_tempo_ratio(int index); /* [any] */
/* [any] */
ST_MUST_USE st_status st_tempo_evidence_of(st_tempo_evidence *out,
                                           const st_tempo_input *in);
/* p[ST_TEMPO_RATIOS]; 0 where not possible; what they leave of 1 is that
 * none of them is right. [any] */
void st_tempo_shares(const st_tempo_evidence *e, double *p);
/* Probability that the piece has a tempo. [any] */
double st_tempo_some(const st_tempo_evidence *e);
/* Median of the lengths of the beats, s; beats >= 2. ST_NO_MEM. [any] */
ST_MUST_USE st_status st_tempo_median(const double *time_s, int64_t beats,
                                      double *length_s);

#endif
