/* frames_kept: a sink that keeps every frame, for tests. */
#ifndef ST_TESTS_ANALYSIS_FRAMES_KEPT_H
#define ST_TESTS_ANALYSIS_FRAMES_KEPT_H

#include "analysis/frames.h"

#include <stddef.h>
#include <stdint.h>

typedef struct {
    size_t values; /* a frame; set by the test */
    int64_t frames;
    int64_t room;
    float *data; /* [frames][values], for free() */
    int out_of_order;
} kept;

/* ctx: kept. */
void keep_frame(void *ctx, int64_t frame, const float *values);
/* Frame t. */
const float *kept_frame(const kept *k, int64_t t);
void kept_free(kept *k);

#endif
