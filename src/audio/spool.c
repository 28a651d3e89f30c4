#include "audio/spool_impl.h"

#include "core/alloc.h"

#include <string.h>

typedef struct {
    st_sink base;
    st_spool *spool;
    int64_t filled; /* frames in the stripe that is being filled */
    float *room;    /* [channels][STRIPE] */
} spool_sink;

typedef struct {
    st_source base;
    st_spool *spool;
    int64_t position;
    int64_t held; /* stripe in `room`, or -1 */
    float *room;  /* [channels][STRIPE], used for small blocks only */
} spool_source;

/* Blocks from this size on are read straight into the caller's storage. */
enum { DIRECT_FRAMES = 2048 };

static void release(st_spool *spool) {
    if (atomic_fetch_sub(&spool->references, 1) != 1)
        return;
    st_scratch_free(spool->bytes);
    st_free(spool);
}

st_status st_spool_new(st_spool **out, const char *dir, int rate_hz,
                       int channels, st_err *err) {
    if (channels < 1 || channels > ST_MAX_CHANNELS)
        return st_err_set(err, ST_BAD_ARG, "%d channels: 1 to %d are possible.",
                          channels, ST_MAX_CHANNELS);
    st_spool *spool = st_calloc(1, sizeof *spool);
    if (spool == NULL)
        return st_err_set(err, ST_NO_MEM, "Not enough memory for a spool.");
    st_status status = st_scratch_new(&spool->bytes, dir, err);
    if (status != ST_OK) {
        st_free(spool);
        return status;
    }
    atomic_init(&spool->references, 1);
    spool->rate_hz = rate_hz;
    spool->channels = channels;
    *out = spool;
    return ST_OK;
}

void st_spool_free(st_spool *spool) {
    if (spool != NULL)
        release(spool);
}

int64_t st_spool_frames(const st_spool *spool) {
    return atomic_load(&spool->frames);
}

static size_t stripe_bytes(const st_spool *spool) {
    return (size_t)spool->channels * ST_SPOOL_STRIPE * sizeof(float);
}

static st_status flush(spool_sink *self, st_err *err) {
    st_scratch *bytes = self->spool->bytes;
    st_status status =
        st_scratch_append(bytes, self->room, stripe_bytes(self->spool), err);
    if (status == ST_OK)
        status = st_scratch_flush(bytes, err);
    if (status == ST_OK)
        self->filled = 0;
    return status;
}

static st_status sink_write(st_sink *sink, const float *const *in,
                            int64_t frames, st_err *err) {
    spool_sink *self = (spool_sink *)sink;
    for (int64_t done = 0; done < frames;) {
        int64_t room = ST_SPOOL_STRIPE - self->filled;
        int64_t count = frames - done < room ? frames - done : room;
        for (int c = 0; c < self->spool->channels; c++)
            memcpy(self->room + c * ST_SPOOL_STRIPE + self->filled,
                   in[c] + done, (size_t)count * sizeof(float));
        self->filled += count;
        done += count;
        st_status status =
            self->filled == ST_SPOOL_STRIPE ? flush(self, err) : ST_OK;
        if (status != ST_OK)
            return status;
        atomic_fetch_add(&self->spool->frames, count);
    }
    return ST_OK;
}

static st_status sink_finish(st_sink *sink, st_err *err) {
    spool_sink *self = (spool_sink *)sink;
    st_status status = self->filled > 0 ? flush(self, err) : ST_OK;
    if (status != ST_OK)
        return status;
    sink->format.frames = st_spool_frames(self->spool);
    atomic_store(&self->spool->finished, true);
    return ST_OK;
}

static void sink_free(st_sink *sink) {
    spool_sink *self = (spool_sink *)sink;
    release(self->spool);
    st_free(self->room);
    st_free(self);
}

static const st_sink_ops sink_ops = {sink_write, sink_finish, sink_free};

st_status st_spool_sink(st_spool *spool, st_sink **out, st_err *err) {
    if (spool->has_sink)
        return st_err_set(err, ST_EXISTS, "This spool has its sink already.");
    spool_sink *self = st_calloc(1, sizeof *self);
    float *room = st_calloc(1, stripe_bytes(spool));
    if (self == NULL || room == NULL) {
        st_free(self);
        st_free(room);
        return st_err_set(err, ST_NO_MEM, "Not enough memory for a spool.");
    }
    spool->has_sink = true;
    atomic_fetch_add(&spool->references, 1);
    self->base.ops = &sink_ops;
    self->base.format = (st_format){spool->rate_hz, spool->channels, -1};
    self->spool = spool;
    self->room = room;
    *out = &self->base;
    return ST_OK;
}

/* `count` frames from `at` inside one stripe, straight into out + done. */
static st_status read_direct(spool_source *self, float *const *out,
                             int64_t done, int64_t at, int64_t count,
                             st_err *err) {
    int channels = self->spool->channels;
    int64_t stripe = at / ST_SPOOL_STRIPE;
    int64_t inside = at % ST_SPOOL_STRIPE;
    for (int c = 0; c < channels; c++) {
        int64_t first = (stripe * channels + c) * ST_SPOOL_STRIPE + inside;
        st_status status =
            st_scratch_read(self->spool->bytes, first * (int64_t)sizeof(float),
                            out[c] + done, (size_t)count * sizeof(float), err);
        if (status != ST_OK)
            return status;
    }
    return ST_OK;
}

static st_status read_held(spool_source *self, float *const *out, int64_t done,
                           int64_t at, int64_t count, st_err *err) {
    int64_t stripe = at / ST_SPOOL_STRIPE;
    if (stripe != self->held) {
        size_t bytes = stripe_bytes(self->spool);
        self->held = -1;
        st_status status =
            st_scratch_read(self->spool->bytes, stripe * (int64_t)bytes,
                            self->room, bytes, err);
        if (status != ST_OK)
            return status;
        self->held = stripe;
    }
    for (int c = 0; c < self->spool->channels; c++)
        memcpy(out[c] + done,
               self->room + c * ST_SPOOL_STRIPE + at % ST_SPOOL_STRIPE,
               (size_t)count * sizeof(float));
    return ST_OK;
}

static st_status source_read(st_source *source, float *const *out,
                             int64_t frames, int64_t *got, st_err *err) {
    spool_source *self = (spool_source *)source;
    int64_t left = source->format.frames - self->position;
    int64_t want = frames < left ? frames : left;
    int64_t done = 0;
    while (done < want) {
        int64_t at = self->position + done;
        int64_t room = ST_SPOOL_STRIPE - at % ST_SPOOL_STRIPE;
        int64_t count = want - done < room ? want - done : room;
        st_status status = frames >= DIRECT_FRAMES
                               ? read_direct(self, out, done, at, count, err)
                               : read_held(self, out, done, at, count, err);
        if (status != ST_OK)
            return status;
        done += count;
    }
    self->position += done;
    *got = done;
    return ST_OK;
}

static st_status source_seek(st_source *source, int64_t frame, st_err *err) {
    (void)err;
    ((spool_source *)source)->position = frame;
    return ST_OK;
}

static void source_free(st_source *source) {
    spool_source *self = (spool_source *)source;
    release(self->spool);
    st_free(self->room);
    st_free(self);
}

static const st_source_ops source_ops = {source_read, source_seek, source_free};

st_status st_spool_source(st_spool *spool, st_source **out, st_err *err) {
    if (!atomic_load(&spool->finished))
        return st_err_set(err, ST_BAD_ARG,
                          "A spool is read after its sink is finished.");
    spool_source *self = st_calloc(1, sizeof *self);
    float *room = st_calloc(1, stripe_bytes(spool));
    if (self == NULL || room == NULL) {
        st_free(self);
        st_free(room);
        return st_err_set(err, ST_NO_MEM, "Not enough memory for a spool.");
    }
    atomic_fetch_add(&spool->references, 1);
    self->base.ops = &source_ops;
    self->base.format =
        (st_format){spool->rate_hz, spool->channels, st_spool_frames(spool)};
    self->spool = spool;
    self->room = room;
    self->held = -1;
    *out = &self->base;
    return ST_OK;
}

st_status st_stream_copy(st_source *source, st_sink *sink, int64_t *copied,
                         int (*cancelled)(void *ctx), void *ctx, st_err *err) {
    st_buffer block = {0};
    st_status status =
        st_buffer_init(&block, source->format.channels, ST_SPOOL_STRIPE);
    if (status != ST_OK)
        return st_err_set(err, status, "Not enough memory to copy audio.");
    int64_t total = 0;
    for (;;) {
        if (cancelled != NULL && cancelled(ctx)) {
            status = st_err_set(err, ST_CANCELLED, "Stopped as asked.");
            break;
        }
        int64_t got = 0;
        status =
            st_source_read(source, block.channel, ST_SPOOL_STRIPE, &got, err);
        if (status != ST_OK || got == 0)
            break;
        status =
            st_sink_write(sink, (const float *const *)block.channel, got, err);
        if (status != ST_OK)
            break;
        total += got;
    }
    st_buffer_deinit(&block);
    if (copied != NULL)
        *copied = total;
    return status;
}
