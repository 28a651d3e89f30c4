/* beat_path: the beats that explain activations best.
 * Source: Ellis 2007 (dynamic programme over beats), Krebs et al. 2015 (its
 * scores as probabilities of a bar-pointer model; intervals as states).
 *
 * A state is "a beat at this 100th of a second, so long after the one
 * before". Going from interval to interval costs by their ratio; a jump to
 * any interval has one fixed price, so steps of the tempo are followed. What
 * the network says about the tempo of each second joins in. Private to
 * rhythm.c and its tests. */
#ifndef ST_ANALYSIS_BEAT_PATH_H
#define ST_ANALYSIS_BEAT_PATH_H

#include "core/attr.h"
#include "core/status.h"

#include <stdint.h>

enum {
    ST_BEAT_PATH_RATE = 100, /* places of a beat a second */
    ST_BEAT_PATH_MIN = 27,   /* interval: 222 BPM */
    ST_BEAT_PATH_MAX = 122   /* 49 BPM */
};

typedef struct {
    const float *beat;  /* [frames] 0..1, 50 a second */
    const float *tempo; /* [seconds][ST_BEAT_TEMPI + 1], may be NULL */
    int64_t frames;
    double low_bpm, high_bpm; /* of any beat */
} st_beat_path_input;

typedef struct {
    double *time_s; /* [count], to be freed with st_free */
    int64_t count;
    double score; /* natural logarithm, higher is better */
} st_beat_path;

/* No beats where none explain more than they cost. 11 KiB a second of music
 * while it runs. ST_NO_MEM. [any] */
ST_MUST_USE st_status st_beat_path_find(st_beat_path *out,
                                        const st_beat_path_input *in);

#endif
