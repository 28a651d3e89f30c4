#include "audio/buffer.h"

#include "core/alloc.h"

#include <string.h>

st_status st_buffer_init(st_buffer *buffer, int channels, int64_t frames) {
    if (channels < 1 || channels > ST_MAX_CHANNELS || frames < 0)
        return ST_BAD_ARG;
    /* Rounded up so that each channel starts on its own cache line. */
    size_t stride = 0;
    if (!st_size_add((size_t)frames, 15, &stride))
        return ST_NO_MEM;
    stride -= stride % 16;
    size_t samples = 0;
    if (!st_size_mul(stride, (size_t)channels, &samples))
        return ST_NO_MEM;
    float *block = st_calloc(samples, sizeof *block);
    if (block == NULL)
        return ST_NO_MEM;
    *buffer = (st_buffer){.channels = channels, .capacity_frames = frames};
    for (int c = 0; c < channels; c++)
        buffer->channel[c] = block + (size_t)c * stride;
    return ST_OK;
}

void st_buffer_deinit(st_buffer *buffer) {
    st_free(buffer->channel[0]);
    memset(buffer, 0, sizeof *buffer);
}
