/* rhythm: onsets, tempo, beats, downbeats and metre of a piece.
 * Source: Boeck & Davies 2020 (a small convolutional network gives beat and
 * downbeat activations); Whiteley et al. 2006, Krebs et al. 2015 (a path over
 * tempo and place in the bar decodes them); Bello et al. 2005 (onsets).
 * models/beat.md is the card of the network, docs/measures.md has the formulas.
 *
 * A mono stream at ST_RHYTHM_RATE_HZ goes in; log-frequency bands at
 * ST_RHYTHM_FPS frames a second are kept, never audio. All answers are made
 * in _finish from the whole piece. Times are seconds from the first sample.
 * Music without a tempo (silence, noise, a held tone, speech, free time) has
 * none, and a sentence says why. */
#ifndef ST_ANALYSIS_RHYTHM_H
#define ST_ANALYSIS_RHYTHM_H

#include "core/attr.h"
#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>

#define ST_RHYTHM_RATE_HZ 22050
#define ST_RHYTHM_FPS 50.0 /* frame f is centred on f / ST_RHYTHM_FPS s */
#define ST_RHYTHM_MIN_BPM 50.0
#define ST_RHYTHM_MAX_BPM 215.0

enum { ST_RHYTHM_CANDIDATES = 4 };

typedef struct {
    double bpm;
    double probability; /* calibrated: right so often, within 4 % */
} st_rhythm_candidate;

typedef struct {
    double time_s;
    int position; /* in the bar, 1..metre; 0 where no metre was found */
} st_rhythm_beat;

/* From start_s to the next segment (or the end) the tempo is bpm. */
typedef struct {
    double start_s;
    double bpm;
} st_rhythm_segment;

typedef struct {
    double time_s;
    float strength; /* of its peak in the strength curve */
} st_rhythm_onset;

/* Arrays belong to the analyser and live until it is freed or reset. */
typedef struct {
    bool has_tempo;
    const char *reason; /* NULL with a tempo; else one sentence */
    double bpm;         /* 60 / median of the beat's lengths; 0 without */
    double confidence;  /* 0..1, the probability of `bpm`; 0 without */
    int candidates;     /* most likely first, the first is `bpm`; sum <= 1 */
    st_rhythm_candidate candidate[ST_RHYTHM_CANDIDATES];
    int64_t beats; /* anchors: beat index to time, ascending */
    const st_rhythm_beat *beat;
    int64_t segments; /* one where the tempo holds; 0 without tempo */
    const st_rhythm_segment *segment;
    int metre;               /* beats a bar 2..7, 0 unknown */
    double metre_confidence; /* 0..1 */
    int64_t onsets;          /* also where there is no tempo */
    const st_rhythm_onset *onset;
    int64_t frames;        /* of the curves below, ST_RHYTHM_FPS a second */
    const float *strength; /* onset strength >= 0: mean rise over bands */
    const float *beat_activation, *downbeat_activation; /* 0..1 */
} st_rhythm_result;

typedef struct st_rhythm st_rhythm;

/* `err` says what is wrong with the built-in network. ST_NO_MEM,
 * ST_NOT_FOUND, ST_BAD_DATA. [main] */
ST_MUST_USE st_status st_rhythm_new(st_rhythm **out, st_err *err);
void st_rhythm_free(st_rhythm *r);  /* NULL is fine [main] */
void st_rhythm_reset(st_rhythm *r); /* as new [main] */
/* in[n], n >= 0, mono at ST_RHYTHM_RATE_HZ; any division gives the same bits;
 * unusable samples (NaN, infinite, beyond 1e10) are read as 0. ST_NO_MEM.
 * [one at a time] */
ST_MUST_USE st_status st_rhythm_process(st_rhythm *r, const float *in,
                                        int64_t n);
/* Nothing follows: network, path and answers are made. ST_NO_MEM.
 * [one at a time] */
ST_MUST_USE st_status st_rhythm_finish(st_rhythm *r);
/* Somebody who hears chords: out[i] >= 0, the nats by which two chords explain
 * the sound on both sides of at_s[i] better than one; at_s[n] rises. */
typedef struct {
    st_status (*changes)(void *ctx, const double *at_s, int64_t n, float *out);
    void *ctx;
} st_change_ear;

/* After _finish, once: chords change where bars begin. Moves all beats by
 * half a beat where that is much likelier, and finds the bars again. Without
 * a tempo it does nothing. ST_NO_MEM, what the ear gives. [one at a time] */
ST_MUST_USE st_status st_rhythm_settle(st_rhythm *r, const st_change_ear *ear);
/* Borrowed; all zero before _finish. [any] */
const st_rhythm_result *st_rhythm_get(const st_rhythm *r);

/* Time of a place in beats, e.g. 3.5 is half-way from the fourth to the fifth
 * beat; straight lines between anchors, the first and last beat's length
 * beyond them; 0 where there are less than two beats. And back. [any] */
double st_rhythm_time_s(const st_rhythm_result *r, double beat);
double st_rhythm_beat_at(const st_rhythm_result *r, double time_s);

#endif
