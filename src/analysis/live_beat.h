/* live_beat: onsets, tempo and phase while the music plays.
 * Source: Bello et al. 2005 (flux with an adaptive threshold); Ellis 2007
 * (autocorrelation of onset strength under a log-normal tempo prior); a phase
 * kept by small corrections.
 *
 * Fed with onset strength at ST_LIVE_BEAT_RATE values a second. Only the past
 * is used: for files, beat.h knows better. Private to live.c and its tests. */
#ifndef ST_ANALYSIS_LIVE_BEAT_H
#define ST_ANALYSIS_LIVE_BEAT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    ST_LIVE_BEAT_RATE = 120,
    ST_LIVE_BEAT_PAST = 1024 /* values kept: 8.5 s */
};

typedef struct {
    float past[ST_LIVE_BEAT_PAST]; /* a ring */
    int64_t count;                 /* values taken */
    float mean;                    /* of strength, about a second */
    int64_t last_onset;            /* index of the value, -1000 before any */
    double period;                 /* of a beat in values; 0 unknown */
    double phase;                  /* 0..1 at the value to come */
    double trust;                  /* 0..1 */
    double candidate;              /* a period that would be new */
    int agreed;                    /* times it has been found in a row */
    uint32_t beat;
} st_live_beat;

/* What one value brought. */
typedef struct {
    bool onset, beat;
    float strength; /* of the onset: over the threshold, in its units */
} st_live_beat_step;

void st_live_beat_reset(st_live_beat *b); /* [rt] */
/* Strength >= 0 of the next value. An onset is said one value late. [rt] */
st_live_beat_step st_live_beat_push(st_live_beat *b, float strength);
/* Beats a minute, 0 while unknown. [any] */
double st_live_beat_bpm(const st_live_beat *b);

#endif
