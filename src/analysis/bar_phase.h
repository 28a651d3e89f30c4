/* bar_phase: bars and beats settled with the changes of chords.
 * Source: Papadopoulos & Peeters 2011 (chords change where bars begin, so one
 * tells of the other); the weights were fitted by training/settle.py.
 * Private to rhythm.c and its tests. */
#ifndef ST_ANALYSIS_BAR_PHASE_H
#define ST_ANALYSIS_BAR_PHASE_H

#include "analysis/rhythm.h"
#include "core/attr.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    float bar;    /* of a change's nats, where bars begin */
    double gain;  /* nats a beat that half a beat's move must bring, and */
    double trust; /* as much more for each nat the activations say against it */
} st_phase_weights;

/* What training/settle.py chose. */
extern const st_phase_weights st_phase_fitted;

typedef struct {
    const double *time_s; /* [count] beats, rising, at least 4 */
    int64_t count;
    const float *activation; /* [frames] of beats, ST_RHYTHM_FPS a second */
    int64_t frames;
    int metre; /* beats a bar, 2..7 */
} st_phase_input;

/* *between: the beats stand half-way between those of `in`. ST_NO_MEM and what
 * the ear gives. [any] */
ST_MUST_USE st_status st_bar_phase(const st_phase_input *in,
                                   const st_phase_weights *weights,
                                   const st_change_ear *ear, bool *between);
/* out[count]: nats for a bar that begins at each beat. What the ear gives.
 * [any] */
ST_MUST_USE st_status st_bar_changes(const double *time_s, int64_t count,
                                     const st_phase_weights *weights,
                                     const st_change_ear *ear, float *out);

#endif
