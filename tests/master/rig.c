#include "support/cases.h"
#include "support/signals.h"

#include "master/rig.h"

#include "core/alloc.h"
#include "core/math.h"

#include <string.h>

static st_status rig_open(void *ctx, st_sink **sink, st_err *err) {
    (void)err;
    rig_file *file = ctx;
    st_sink_free(file->sink);
    file->sink = NULL;
    file->rounds++;
    st_status status =
        st_memory_sink(&file->sink, file->rate_hz, file->channels);
    *sink = file->sink;
    return status;
}

/* The renderer frees its sink; the rig keeps the samples by wrapping it. */
typedef struct {
    st_sink base;
    rig_file *file;
} kept_sink;

static st_status kept_write(st_sink *sink, const float *const *in,
                            int64_t frames, st_err *err) {
    return st_sink_write(((kept_sink *)sink)->file->sink, in, frames, err);
}

static st_status kept_finish(st_sink *sink, st_err *err) {
    return st_sink_finish(((kept_sink *)sink)->file->sink, err);
}

static void kept_free(st_sink *sink) {
    st_free(sink);
}

static const st_sink_ops kept_ops = {kept_write, kept_finish, kept_free};

static st_status rig_open_kept(void *ctx, st_sink **sink, st_err *err) {
    st_sink *inner = NULL;
    st_status status = rig_open(ctx, &inner, err);
    if (status)
        return status;
    kept_sink *kept = st_calloc(1, sizeof *kept);
    kept->base.ops = &kept_ops;
    kept->base.format = inner->format;
    kept->file = ctx;
    *sink = &kept->base;
    return ST_OK;
}

static st_status rig_reread(void *ctx, st_source **source, st_err *err) {
    (void)err;
    rig_file *file = ctx;
    const st_buffer *got = st_memory_get(file->sink);
    float *channel[ST_MAX_CHANNELS] = {0};
    for (int c = 0; c < got->channels; c++) {
        channel[c] = got->channel[c];
        if (file->fault_gain == 0)
            continue;
        st_free(file->channel[c]);
        file->channel[c] =
            st_calloc((size_t)got->capacity_frames + 1, sizeof(float));
        for (int64_t i = 0; i < got->capacity_frames; i++)
            file->channel[c][i] = channel[c][i] * (float)file->fault_gain;
        channel[c] = file->channel[c];
    }
    st_format format = {file->rate_hz, got->channels,
                        got->capacity_frames - file->lost_frames};
    return st_memory_source(source, channel, &format);
}

st_means rig_means(rig_file *file) {
    return (st_means){.open = rig_open_kept, .reread = rig_reread, .ctx = file};
}

void rig_free(rig_file *file) {
    st_sink_free(file->sink);
    for (int c = 0; c < ST_MAX_CHANNELS; c++)
        st_free(file->channel[c]);
    *file = (rig_file){0};
}

/* sig_music has far more top than productions have, and a little more
 * bass: two poles near 6 kHz, a shelf at 150 Hz. */
static void soften(float *x, size_t n, float gain) {
    float a = 0, b = 0, low = 0;
    for (size_t i = 0; i < n; i++) {
        a += 0.5f * (x[i] - a);
        b += 0.5f * (a - b);
        low += 0.02f * (b - low);
        x[i] = gain * (b - 0.3f * low);
    }
}

st_buffer rig_music(double seconds, int rate_hz, double gain_db,
                    uint64_t seed) {
    st_buffer audio = {0};
    size_t n = (size_t)(seconds * rate_hz);
    assert_int_equal(st_buffer_init(&audio, 2, (int64_t)n), ST_OK);
    sig_music(audio.channel[0], audio.channel[1], n, rate_hz, seed);
    float gain = (float)st_db_to_gain(gain_db);
    for (int c = 0; c < 2; c++)
        soften(audio.channel[c], n, gain);
    return audio;
}

void rig_load(st_track *track, const st_buffer *audio, int64_t frames,
              int channels, int rate_hz) {
    st_err err = {0};
    st_source *source = NULL;
    const st_format format = {rate_hz, channels, frames};
    const st_means means = {0};
    assert_int_equal(st_memory_source(&source, audio->channel, &format), ST_OK);
    st_status status = st_track_load(track, &means, source, &err);
    if (status)
        fail_msg("load: %s", err.text);
    track->lossless = true;
}

st_decide_options rig_options(void) {
    return (st_decide_options){
        .preset = st_preset_default(), .amounts = {1, 1, 1, 1}, .bits_out = 24};
}

void rig_master(st_track *track, rig_file *file,
                const st_decide_options *options, double lufs) {
    st_err err = {0};
    file->rate_hz = (int)track->in.meter.rate_hz;
    file->channels = track->in.meter.channels;
    if (!track->recipe)
        track->recipe = st_recipe_new();
    if (lufs < 0)
        st_recipe_give(track->recipe, ST_SET_LUFS, lufs, "Test.");
    const st_means means = rig_means(file);
    st_status status = st_track_master(track, &means, options, 1, &err);
    if (status)
        fail_msg("master: %s", err.text);
}
