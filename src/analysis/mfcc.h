/* mfcc: cepstral coefficients of mel frames, and their slopes over time.
 * Source: Davis & Mermelstein 1980; Savitzky & Golay 1964 for the slopes; the
 * numbers of librosa 0.11 feature.mfcc (dct_type=2, norm="ortho", lifter=0,
 * of power_to_db with top_db=None) and feature.delta (width 9, mode="interp").
 *
 * Mel powers become 10 log10(max(power, 1e-10)), then a DCT-II. The first
 * slope is that of the straight line, the second that of the parabola through
 * 9 frames; in the first and last 4 frames they are those of the nearest 9. */
#ifndef ST_ANALYSIS_MFCC_H
#define ST_ANALYSIS_MFCC_H

#include "analysis/frames.h"
#include "core/attr.h"
#include "core/status.h"

#include <stdint.h>

enum { ST_MFCC_WIDTH = 9, ST_MFCC_LATENCY = ST_MFCC_WIDTH - 1 };

typedef struct st_mfcc st_mfcc;

/* bands 1..512 of mel power to `count` coefficients, 1..bands. Frames of
 * 3 count values go to `sink`: coefficients, first, second slopes (per frame
 * and per frame squared; in dB as the coefficients). ST_BAD_ARG, ST_NO_MEM.
 * [main] */
ST_MUST_USE st_status st_mfcc_new(st_mfcc **out, int bands, int count,
                                  st_frame_sink sink);
void st_mfcc_free(st_mfcc *m);  /* NULL is fine [main] */
void st_mfcc_reset(st_mfcc *m); /* as new [rt] */
/* The next frame of mel power [bands]. Frames come out at most
 * ST_MFCC_LATENCY frames later. [rt] */
void st_mfcc_process(st_mfcc *m, const float *mel_power);
/* Nothing follows: the frames held come out. Of fewer than 9 frames in all
 * no slope can be told: they are 0. [rt] */
void st_mfcc_finish(st_mfcc *m);

/* Just the coefficients of one frame, with no memory of others: out[count].
 * Uses the scratch of `m`. [rt] */
void st_mfcc_frame(st_mfcc *m, const float *mel_power, float *out);

#endif
