/* delay_line: a fixed delay of up to 8 channels (internal).
 * Source: a history buffer that slides when it is full, so that every read is
 * one straight run. All but _init: [rt], one at a time. */
#ifndef ST_DSP_DELAY_LINE_H
#define ST_DSP_DELAY_LINE_H

#include "core/attr.h"
#include "core/status.h"

enum { ST_DELAY_LINE_RUN = 256 };

typedef struct {
    int channels, frames;
    int capacity, end;
    float *data; /* [channels][capacity] */
} st_delay_line;

/* frames >= 0; 0 needs no memory. ST_NO_MEM. [any] */
ST_MUST_USE st_status st_delay_line_init(st_delay_line *d, int channels,
                                         int frames);
void st_delay_line_deinit(st_delay_line *d);
void st_delay_line_reset(st_delay_line *d);
/* For each run of n <= ST_DELAY_LINE_RUN frames: _begin, then _one for each
 * channel (out[i] = in[i - frames]; out may be in), then _end. */
void st_delay_line_begin(st_delay_line *d, int n);
void st_delay_line_one(st_delay_line *d, int channel, const float *in,
                       float *out, int n);
void st_delay_line_end(st_delay_line *d, int n);
/* All of it in place, any number of frames: x[channels]. */
void st_delay_line_process(st_delay_line *d, float *const *x, int frames);

#endif
