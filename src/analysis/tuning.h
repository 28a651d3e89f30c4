/* tuning: how far a recording's notes lie from A4 = 440 Hz, in cents.
 * Source: Dressler & Streich 2007 (histogram of deviations of spectral
 * peaks); the same question as librosa.estimate_tuning, answered from peaks
 * between 150 and 4000 Hz, each placed by a parabola through the logarithm of
 * three bins. docs/measures.md. */
#ifndef ST_ANALYSIS_TUNING_H
#define ST_ANALYSIS_TUNING_H

#include "core/attr.h"
#include "core/status.h"

#include <stdint.h>

typedef struct st_tuning st_tuning;

typedef struct {
    double cents;      /* -50..50: A4 is 440 * 2^(cents / 1200) Hz */
    double confidence; /* 0..1: length of the mean of the peaks' deviations as
                          directions; noise is near 0 */
    int64_t peaks;     /* that were counted; 0 (silence): cents 0 */
} st_tuning_result;

/* For power spectra of `size` points at rate_hz (8000..384000), as powerspec
 * gives: size 1024..65536, a power of two; size / rate_hz should be 0.09 s or
 * more. ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_tuning_new(st_tuning **out, double rate_hz, int size);
void st_tuning_free(st_tuning *t);  /* NULL is fine [main] */
void st_tuning_reset(st_tuning *t); /* as new [rt] */
/* One more spectrum, power[size / 2 + 1]. [rt] */
void st_tuning_add(st_tuning *t, const float *power);
/* Of the peaks so far, those as strong as the median or stronger. A change of
 * level does not change it. [any] */
st_tuning_result st_tuning_get(const st_tuning *t);

#endif
