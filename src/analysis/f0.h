/* f0: the pitch of one voice or instrument, each 10 ms.
 * Source: Boersma 1993 (autocorrelation of a window divided by that of the
 * window; costs of octaves, jumps and voicing); Talkin 1995 (normalised
 * cross-correlation); Ney 1983 (path by dynamic programming).
 *
 * From a mono stream, features are kept as it flows (up to five candidates a
 * frame, 28 bytes); _finish finds the path through them. Frame n is centred
 * on n * 10 ms. The answer is one pitch: of chords it follows what repeats
 * best. Not voiced: silence, noise, what is 50 dB under the loud parts, what
 * repeats with r < 0.45. docs/measures.md has the formulas.
 *
 * The same bits for any division into blocks and at each CPU level. Samples
 * that are not finite or exceed 1e10 are read as 0. Gain changes nothing
 * (above -100 dBFS). */
#ifndef ST_ANALYSIS_F0_H
#define ST_ANALYSIS_F0_H

#include "core/attr.h"
#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { ST_F0_RATE = 100 }; /* frames a second */

typedef struct st_f0 st_f0;

typedef struct {
    float hz;         /* the best candidate even if not voiced; 0: none */
    float confidence; /* 0..1: chance that hz is right within 50 cents */
    float level_db;   /* mean square of 45 ms below 3.8 kHz, dBFS; >= -200 */
    bool voiced;
} st_f0_frame;

typedef struct {
    double rate_hz;        /* of the stream, 8000..48000 */
    double min_hz, max_hz; /* 40 <= min, 2 min <= max <= 2000 */
} st_f0_params;

/* 40 to 2000 Hz. [any] */
st_f0_params st_f0_defaults(double rate_hz);
/* ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_f0_new(st_f0 **out, const st_f0_params *params);
void st_f0_free(st_f0 *f0);  /* NULL is fine [main] */
void st_f0_reset(st_f0 *f0); /* as new [main] */

/* in[n], n >= 0. Allocates as frames gather; after ST_NO_MEM only _reset or
 * _free. [main] */
ST_MUST_USE st_status st_f0_process(st_f0 *f0, const float *in, int64_t n);
/* The end: 1 + floor(100 n / rate_hz) frames for n samples in all (0 for
 * none), borrowed until _reset or _free. ST_NO_MEM. [main] */
ST_MUST_USE st_status st_f0_finish(st_f0 *f0, const st_f0_frame **frames,
                                   int64_t *count);

#endif
