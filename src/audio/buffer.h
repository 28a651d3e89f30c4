/* buffer: planar float32 audio in memory.
 * Source: design.md section 2. Full scale is 1.0; values beyond it are kept. */
#ifndef ST_AUDIO_BUFFER_H
#define ST_AUDIO_BUFFER_H

#include "core/attr.h"
#include "core/status.h"

#include <stdint.h>

enum { ST_MAX_CHANNELS = 8, ST_MIN_RATE_HZ = 8000, ST_MAX_RATE_HZ = 384000 };

/* What a stream of audio is. Channel order is that of WAVEFORMATEXTENSIBLE:
 * 1 M; 2 L R; 3 L R C; 4 L R Ls Rs; 5 L R C Ls Rs; 6 L R C LFE Ls Rs;
 * 7 L R C LFE Cs Ls Rs; 8 L R C LFE Lb Rb Ls Rs. */
typedef struct {
    int rate_hz;    /* ST_MIN_RATE_HZ..ST_MAX_RATE_HZ */
    int channels;   /* 1..ST_MAX_CHANNELS */
    int64_t frames; /* length; -1 while it is not known */
} st_format;

/* Planar block, [channels][capacity]. Each channel is aligned to 64 bytes. */
typedef struct {
    float *channel[ST_MAX_CHANNELS];
    int channels;
    int64_t capacity_frames;
} st_buffer;

/* Zeroed storage for channels x frames. channels 1..8, frames >= 0.
 * ST_BAD_ARG, ST_NO_MEM (`buffer` untouched). [any] */
ST_MUST_USE st_status st_buffer_init(st_buffer *buffer, int channels,
                                     int64_t frames);
/* Frees and zeroes; fine on a zeroed buffer. [any] */
void st_buffer_deinit(st_buffer *buffer);

#endif
