/* catch: what is heard at one place of a mix, on its way into a file.
 * Source: mix/strip.h, mix/desk.h (places and their latency).
 *
 * Files of different places line up: what a place is late is dropped at the
 * start, and all end at a length that is set. Float WAV. */
#ifndef ST_MIX_CATCH_H
#define ST_MIX_CATCH_H

#include "stage/ctx.h"

typedef struct {
    st_sink *sink; /* NULL: not open */
    int channels;
    int64_t skip, left; /* frames to drop, then to write */
    float gain;
    float *block[2]; /* where a gain is */
    st_status status;
    st_err err;
} st_catch;

/* Where it is written and how much of it. */
typedef struct {
    st_out *out;
    const char *output; /* of the stage, one of `many` */
    int index;
    const char *label; /* the file's name without ending */
    int rate_hz, channels;
    int64_t latency_frames, frames;
    float gain;
} st_catch_spec;

/* A zeroed catch gets its file. ST_IO, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_catch_open(st_catch *c, const st_catch_spec *spec,
                                    st_err *err);
/* signal[channels]; an error waits for _close. [one at a time] */
void st_catch_hear(st_catch *c, const float *const *signal, int frames);
/* Silence up to the length, and the file is whole; the first error of all.
 * [main] */
ST_MUST_USE st_status st_catch_finish(st_catch *c, st_err *err);
void st_catch_deinit(st_catch *c); /* a zeroed one is fine */

#endif
