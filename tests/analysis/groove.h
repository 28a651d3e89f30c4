/* groove: drums, bass and chords whose beats are known. For the tests of
 * rhythm; uses libm. */
#ifndef ST_TESTS_ANALYSIS_GROOVE_H
#define ST_TESTS_ANALYSIS_GROOVE_H

#include <stdint.h>

typedef struct {
    int metre;               /* beats a bar */
    double start_s;          /* of the first beat */
    double from_bpm, to_bpm; /* over all beats, evenly in the beat */
    double jump_bpm;         /* in the second half instead, 0: none */
    int beats;
} groove;

/* out[n] at 22,050 Hz is overwritten; time_s[beats]. Peak below 1. */
void groove_fill(float *out, int64_t n, const groove *g, double *time_s);

#endif
