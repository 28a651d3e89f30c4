/* memory: a source over, and a sink into, planar float32 in memory.
 * Source: design.md section 1. For tests and for short material. */
#ifndef ST_AUDIO_MEMORY_H
#define ST_AUDIO_MEMORY_H

#include "audio/stream.h"

/* A source over channel[c][0..format->frames); the samples stay the caller's
 * and must outlive it. ST_BAD_ARG, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_memory_source(st_source **out, float *const *channel,
                                       const st_format *format);

/* A sink that grows. ST_BAD_ARG, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_memory_sink(st_sink **out, int rate_hz, int channels);
/* What was written to a memory sink: borrowed until the next write or free;
 * capacity_frames is the length. [one at a time] */
const st_buffer *st_memory_get(const st_sink *sink);

#endif
