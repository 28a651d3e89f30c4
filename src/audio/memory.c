#include "audio/memory.h"

#include "core/alloc.h"

#include <string.h>

typedef struct {
    st_source base;
    float *channel[ST_MAX_CHANNELS];
    int64_t position;
} memory_source;

static st_status source_read(st_source *source, float *const *out,
                             int64_t frames, int64_t *got, st_err *err) {
    (void)err;
    memory_source *self = (memory_source *)source;
    int64_t left = source->format.frames - self->position;
    int64_t count = frames < left ? frames : left;
    for (int c = 0; count > 0 && c < source->format.channels; c++)
        memcpy(out[c], self->channel[c] + self->position,
               (size_t)count * sizeof(float));
    self->position += count;
    *got = count;
    return ST_OK;
}

static st_status source_seek(st_source *source, int64_t frame, st_err *err) {
    (void)err;
    ((memory_source *)source)->position = frame;
    return ST_OK;
}

static void source_free(st_source *source) {
    st_free(source);
}

static const st_source_ops source_ops = {source_read, source_seek, source_free};

st_status st_memory_source(st_source **out, float *const *channel,
                           const st_format *format) {
    if (format->channels < 1 || format->channels > ST_MAX_CHANNELS ||
        format->frames < 0)
        return ST_BAD_ARG;
    memory_source *self = st_calloc(1, sizeof *self);
    if (self == NULL)
        return ST_NO_MEM;
    self->base = (st_source){&source_ops, *format};
    for (int c = 0; c < format->channels; c++)
        self->channel[c] = channel[c];
    *out = &self->base;
    return ST_OK;
}

typedef struct {
    st_sink base;
    st_buffer held; /* capacity_frames is what was written */
    st_buffer room; /* the storage, at least as long */
} memory_sink;

static st_status grow(memory_sink *self, int64_t need) {
    if (need <= self->room.capacity_frames)
        return ST_OK;
    int64_t frames = self->room.capacity_frames * 2;
    st_buffer room = {0};
    st_status status = st_buffer_init(&room, self->room.channels,
                                      frames > need ? frames : need);
    if (status != ST_OK)
        return status;
    for (int c = 0; c < room.channels; c++)
        memcpy(room.channel[c], self->room.channel[c],
               (size_t)self->held.capacity_frames * sizeof(float));
    st_buffer_deinit(&self->room);
    self->room = room;
    return ST_OK;
}

static st_status sink_write(st_sink *sink, const float *const *in,
                            int64_t frames, st_err *err) {
    memory_sink *self = (memory_sink *)sink;
    int64_t at = self->held.capacity_frames;
    if (frames > INT64_MAX / 64 - at || grow(self, at + frames) != ST_OK)
        return st_err_set(err, ST_NO_MEM,
                          "Not enough memory to hold %lld frames of audio.",
                          (long long)frames);
    for (int c = 0; frames > 0 && c < self->room.channels; c++)
        memcpy(self->room.channel[c] + at, in[c],
               (size_t)frames * sizeof(float));
    self->held = self->room;
    self->held.capacity_frames = at + frames;
    return ST_OK;
}

static st_status sink_finish(st_sink *sink, st_err *err) {
    (void)err;
    sink->format.frames = ((memory_sink *)sink)->held.capacity_frames;
    return ST_OK;
}

static void sink_free(st_sink *sink) {
    st_buffer_deinit(&((memory_sink *)sink)->room);
    st_free(sink);
}

static const st_sink_ops sink_ops = {sink_write, sink_finish, sink_free};

st_status st_memory_sink(st_sink **out, int rate_hz, int channels) {
    memory_sink *self = st_calloc(1, sizeof *self);
    if (self == NULL)
        return ST_NO_MEM;
    st_status status = st_buffer_init(&self->room, channels, 4096);
    if (status != ST_OK) {
        st_free(self);
        return status;
    }
    self->held = self->room;
    self->held.capacity_frames = 0;
    self->base.ops = &sink_ops;
    self->base.format = (st_format){rate_hz, channels, -1};
    *out = &self->base;
    return ST_OK;
}

const st_buffer *st_memory_get(const st_sink *sink) {
    return &((const memory_sink *)sink)->held;
}
