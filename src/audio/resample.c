#include "audio/resample.h"

#include "core/alloc.h"

#include <soxr.h>

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct st_resampler {
    soxr_t soxr;
    int in_hz, out_hz, channels;
    int64_t taken, given;
};

int64_t st_resample_length(int64_t frames, int in_hz, int out_hz) {
    if (frames < 0)
        return -1;
    /* Whole seconds apart, so that the product cannot overflow. */
    int64_t seconds = frames / in_hz, rest = frames % in_hz;
    return seconds * out_hz + (2 * rest * out_hz + in_hz) / (2 * in_hz);
}

static bool rate_is_good(int hz) {
    return hz >= ST_MIN_RATE_HZ && hz <= ST_MAX_RATE_HZ;
}

st_status st_resampler_new(st_resampler **out, int in_hz, int out_hz,
                           int channels, st_resample_quality quality) {
    static const unsigned long recipe[] = {SOXR_LQ, SOXR_HQ, SOXR_VHQ};
    if (!rate_is_good(in_hz) || !rate_is_good(out_hz) || channels < 1 ||
        channels > ST_MAX_CHANNELS || quality < ST_RESAMPLE_FAST ||
        quality > ST_RESAMPLE_VERY_HIGH)
        return ST_BAD_ARG;
    st_resampler *r = st_calloc(1, sizeof *r);
    if (r == NULL)
        return ST_NO_MEM;
    soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_S, SOXR_FLOAT32_S);
    soxr_quality_spec_t spec = soxr_quality_spec(recipe[quality], 0);
    soxr_runtime_spec_t one_thread = soxr_runtime_spec(1);
    soxr_error_t error = NULL;
    r->soxr = soxr_create(in_hz, out_hz, (unsigned)channels, &error, &io, &spec,
                          &one_thread);
    if (r->soxr == NULL) {
        st_free(r);
        return ST_NO_MEM;
    }
    r->in_hz = in_hz;
    r->out_hz = out_hz;
    r->channels = channels;
    *out = r;
    return ST_OK;
}

void st_resampler_free(st_resampler *resampler) {
    if (resampler == NULL)
        return;
    soxr_delete(resampler->soxr);
    st_free(resampler);
}

st_status st_resampler_reset(st_resampler *r) {
    r->taken = r->given = 0;
    return soxr_clear(r->soxr) == NULL ? ST_OK : ST_INTERNAL;
}

/* Channel pointers `frames` further on. */
static void advance(float **to, float *const *from, int channels,
                    int64_t frames) {
    for (int c = 0; c < channels; c++)
        to[c] = from[c] + frames;
}

/* The tail, cut or filled with zeros to the exact length. */
static st_status flush(st_resampler *r, float *const *out, int64_t capacity,
                       int64_t *got) {
    int64_t left = st_resample_length(r->taken, r->in_hz, r->out_hz) - r->given;
    int64_t ask = left < capacity ? left : capacity;
    if (ask < 0)
        ask = 0;
    size_t came = 0;
    float *planes[ST_MAX_CHANNELS];
    advance(planes, out, r->channels, 0);
    if (ask > 0 && soxr_process(r->soxr, NULL, 0, NULL, planes, (size_t)ask,
                                &came) != NULL)
        return ST_INTERNAL;
    for (int c = 0; c < r->channels; c++)
        memset(out[c] + came, 0, ((size_t)ask - came) * sizeof(float));
    r->given += ask;
    *got = ask;
    return ST_OK;
}

st_status st_resampler_process(st_resampler *r, const float *const *in,
                               int64_t frames, int64_t *used, float *const *out,
                               int64_t capacity, int64_t *got) {
    *used = 0;
    if (in == NULL)
        return flush(r, out, capacity, got);
    size_t took = 0, gave = 0;
    float *planes[ST_MAX_CHANNELS];
    advance(planes, out, r->channels, 0);
    if (soxr_process(r->soxr, in, (size_t)frames, &took, planes,
                     (size_t)capacity, &gave) != NULL)
        return ST_INTERNAL;
    r->taken += (int64_t)took;
    r->given += (int64_t)gave;
    *used = (int64_t)took;
    *got = (int64_t)gave;
    return ST_OK;
}

/* --- as a source --- */

enum { BLOCK_FRAMES = 4096 };

typedef struct {
    st_source source;
    st_source *in;
    st_resampler *resampler;
    st_buffer block;
    int64_t at, have; /* the part of `block` not yet taken */
    int64_t position; /* of the next frame given */
    bool ended;
} resampled;

static st_status refill(resampled *s, st_err *err) {
    if (s->at < s->have || s->ended)
        return ST_OK;
    s->at = s->have = 0;
    st_status status =
        st_source_read(s->in, s->block.channel, BLOCK_FRAMES, &s->have, err);
    s->ended = status == ST_OK && s->have == 0;
    return status;
}

static st_status resampled_read(st_source *source, float *const *out,
                                int64_t frames, int64_t *got, st_err *err) {
    resampled *s = (resampled *)source;
    int64_t done = 0;
    while (done < frames) {
        st_status status = refill(s, err);
        if (status != ST_OK)
            return status;
        int channels = s->resampler->channels;
        float *to[ST_MAX_CHANNELS], *from[ST_MAX_CHANNELS];
        advance(to, out, channels, done);
        advance(from, s->block.channel, channels, s->at);
        int64_t used = 0, came = 0;
        status = st_resampler_process(
            s->resampler, s->ended ? NULL : (const float *const *)from,
            s->have - s->at, &used, to, frames - done, &came);
        if (status != ST_OK)
            return st_err_set(err, status, "Resampling to %d Hz failed.",
                              source->format.rate_hz);
        s->at += used;
        done += came;
        if (s->ended && came == 0)
            break;
    }
    s->position += done;
    if (done < frames)
        source->format.frames = s->position;
    *got = done;
    return ST_OK;
}

static st_status rewind_to_start(resampled *s, st_err *err) {
    st_status status = st_source_seek(s->in, 0, err);
    if (status != ST_OK)
        return status;
    s->at = s->have = s->position = 0;
    s->ended = false;
    status = st_resampler_reset(s->resampler);
    if (status != ST_OK)
        return st_err_set(err, status, "Resampling could not start again.");
    return ST_OK;
}

/* Reads and drops, so that what follows has the same bits as always. */
static st_status skip_to(resampled *s, int64_t frame, st_err *err) {
    st_buffer waste = {0};
    st_status status =
        st_buffer_init(&waste, s->source.format.channels, BLOCK_FRAMES);
    if (status != ST_OK)
        return st_err_set(err, status, "Out of memory.");
    int64_t came = 1;
    while (status == ST_OK && came > 0 && s->position < frame) {
        int64_t ask = frame - s->position;
        status =
            resampled_read(&s->source, waste.channel,
                           ask < BLOCK_FRAMES ? ask : BLOCK_FRAMES, &came, err);
    }
    st_buffer_deinit(&waste);
    return status;
}

static st_status resampled_seek(st_source *source, int64_t frame, st_err *err) {
    resampled *s = (resampled *)source;
    if (frame < s->position) {
        st_status status = rewind_to_start(s, err);
        if (status != ST_OK)
            return status;
    }
    return frame == s->position ? ST_OK : skip_to(s, frame, err);
}

static void resampled_free(st_source *source) {
    resampled *s = (resampled *)source;
    st_source_free(s->in);
    st_resampler_free(s->resampler);
    st_buffer_deinit(&s->block);
    st_free(s);
}

static const st_source_ops resampled_ops = {resampled_read, resampled_seek,
                                            resampled_free};

st_status st_resample_source_new(st_source **out, st_source *in, int rate_hz,
                                 st_resample_quality quality, st_err *err) {
    if (!rate_is_good(rate_hz) || !rate_is_good(in->format.rate_hz))
        return st_err_set(err, ST_BAD_ARG,
                          "Cannot resample %d Hz to %d Hz; rates go from %d to "
                          "%d Hz.",
                          in->format.rate_hz, rate_hz, ST_MIN_RATE_HZ,
                          ST_MAX_RATE_HZ);
    if (in->format.rate_hz == rate_hz) {
        *out = in;
        return ST_OK;
    }
    resampled *s = st_calloc(1, sizeof *s);
    st_status status = s == NULL ? ST_NO_MEM : ST_OK;
    if (status == ST_OK)
        status = st_buffer_init(&s->block, in->format.channels, BLOCK_FRAMES);
    if (status == ST_OK)
        status = st_resampler_new(&s->resampler, in->format.rate_hz, rate_hz,
                                  in->format.channels, quality);
    if (status != ST_OK) {
        if (s != NULL)
            st_buffer_deinit(&s->block);
        st_free(s);
        return st_err_set(err, status, "Out of memory.");
    }
    s->source = (st_source){&resampled_ops, in->format};
    s->source.format.rate_hz = rate_hz;
    s->source.format.frames =
        st_resample_length(in->format.frames, in->format.rate_hz, rate_hz);
    s->in = in;
    *out = &s->source;
    return ST_OK;
}
