/* programme: test programmes made of steps of a tone, as EBU Tech 3341 and
 * 3342 describe them. */
#ifndef ST_TESTS_ANALYSIS_PROGRAMME_H
#define ST_TESTS_ANALYSIS_PROGRAMME_H

#include <stddef.h>

/* Seconds of a sine at a peak level; at or under -200 dB: silence. */
typedef struct {
    double seconds, peak_db;
} step;

/* A new mono signal (free with free); *frames long. */
float *programme_new(const step *steps, size_t count, double rate_hz, double hz,
                     size_t *frames);

#endif
