/* frames: how a unit that turns a stream into feature frames gives them away.
 * Source: style.md; used by powerspec, mel, mfcc, cqt and what follows them. */
#ifndef ST_ANALYSIS_FRAMES_H
#define ST_ANALYSIS_FRAMES_H

#include <stdint.h>

/* Called once a frame, in order from 0, inside _process or _finish of the
 * unit that makes them. `values` is the unit's and lasts for the call. A sink
 * of a unit that promises [rt] must keep it. */
typedef struct {
    void (*frame)(void *ctx, int64_t frame, const float *values);
    void *ctx;
} st_frame_sink;

#endif
