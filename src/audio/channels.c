#include "audio/channels.h"

#include "audio/resample.h"
#include "core/alloc.h"

#include <string.h>

#define A 0.70710678118654752f

typedef enum { NONE, M, L, R, C, LFE, CS, LS, RS, LB, RB } place;

/* audio/buffer.h, st_format. */
static const place layouts[ST_MAX_CHANNELS + 1][ST_MAX_CHANNELS] = {
    [1] = {M},
    [2] = {L, R},
    [3] = {L, R, C},
    [4] = {L, R, LS, RS},
    [5] = {L, R, C, LS, RS},
    [6] = {L, R, C, LFE, LS, RS},
    [7] = {L, R, C, LFE, CS, LS, RS},
    [8] = {L, R, C, LFE, LB, RB, LS, RS},
};

/* Where a channel goes that has no namesake: to these two if they exist... */
typedef struct {
    place to[2];
    float gain;
} fold;

/* ...first choice, then second. */
static const fold folds[][2] = {
    [NONE] = {{{NONE, NONE}, 0.0f}, {{NONE, NONE}, 0.0f}},
    [M] = {{{L, R}, 1.0f}, {{NONE, NONE}, 0.0f}},
    [L] = {{{NONE, NONE}, 0.0f}, {{NONE, NONE}, 0.0f}},
    [R] = {{{NONE, NONE}, 0.0f}, {{NONE, NONE}, 0.0f}},
    [C] = {{{L, R}, A}, {{NONE, NONE}, 0.0f}},
    [LFE] = {{{NONE, NONE}, 0.0f}, {{NONE, NONE}, 0.0f}},
    [CS] = {{{LS, RS}, A}, {{L, R}, 0.5f}},
    [LS] = {{{L, NONE}, A}, {{NONE, NONE}, 0.0f}},
    [RS] = {{{R, NONE}, A}, {{NONE, NONE}, 0.0f}},
    [LB] = {{{LS, NONE}, A}, {{L, NONE}, A}},
    [RB] = {{{RS, NONE}, A}, {{R, NONE}, A}},
};

/* Channel of that place among `channels`, or -1. */
static int find(int channels, place wanted) {
    for (int c = 0; c < channels; c++)
        if (layouts[channels][c] == wanted)
            return c;
    return -1;
}

static void route(st_channel_matrix *m, int in) {
    place from = layouts[m->in_channels][in];
    int same = find(m->out_channels, from);
    if (same >= 0) {
        m->gain[same][in] = 1.0f;
        return;
    }
    for (int choice = 0; choice < 2; choice++) {
        const fold *f = &folds[from][choice];
        if (f->to[0] == NONE || find(m->out_channels, f->to[0]) < 0)
            continue;
        for (int side = 0; side < 2; side++)
            if (f->to[side] != NONE)
                m->gain[find(m->out_channels, f->to[side])][in] = f->gain;
        return;
    }
}

/* (L + R) / 2 of the fold to stereo. */
static void route_to_mono(st_channel_matrix *m) {
    m->out_channels = 2;
    for (int in = 0; in < m->in_channels; in++)
        route(m, in);
    m->out_channels = 1;
    for (int in = 0; in < m->in_channels; in++) {
        m->gain[0][in] = 0.5f * (m->gain[0][in] + m->gain[1][in]);
        m->gain[1][in] = 0.0f;
    }
}

st_status st_channel_matrix_init(st_channel_matrix *matrix, int in_channels,
                                 int out_channels) {
    if (in_channels < 1 || in_channels > ST_MAX_CHANNELS || out_channels < 1 ||
        out_channels > ST_MAX_CHANNELS)
        return ST_BAD_ARG;
    memset(matrix, 0, sizeof *matrix);
    matrix->in_channels = in_channels;
    matrix->out_channels = out_channels;
    if (out_channels == 1 && in_channels > 1)
        route_to_mono(matrix);
    else
        for (int in = 0; in < in_channels; in++)
            route(matrix, in);
    return ST_OK;
}

static void add_channel(float *restrict out, const float *restrict in,
                        float gain, bool first, int64_t frames) {
    if (first)
        for (int64_t i = 0; i < frames; i++)
            out[i] = gain * in[i];
    else
        for (int64_t i = 0; i < frames; i++)
            out[i] += gain * in[i];
}

void st_channel_matrix_apply(const st_channel_matrix *matrix,
                             const float *const *in, float *const *out,
                             int64_t frames) {
    for (int o = 0; o < matrix->out_channels; o++) {
        bool first = true;
        for (int i = 0; i < matrix->in_channels; i++) {
            float gain = matrix->gain[o][i];
            if (gain == 0.0f)
                continue;
            if (first && gain == 1.0f)
                memcpy(out[o], in[i], (size_t)frames * sizeof(float));
            else
                add_channel(out[o], in[i], gain, first, frames);
            first = false;
        }
        if (first)
            memset(out[o], 0, (size_t)frames * sizeof(float));
    }
}

const int *st_vorbis_order(int channels) {
    static const int order[ST_MAX_CHANNELS + 1][ST_MAX_CHANNELS] = {
        [1] = {0},
        [2] = {0, 1},
        [3] = {0, 2, 1},
        [4] = {0, 1, 2, 3},
        [5] = {0, 2, 1, 3, 4},
        [6] = {0, 2, 1, 4, 5, 3},
        [7] = {0, 2, 1, 5, 6, 4, 3},
        [8] = {0, 2, 1, 6, 7, 4, 5, 3},
    };
    return order[channels];
}

/* --- as a source --- */

enum { BLOCK_FRAMES = 4096 };

typedef struct {
    st_source source;
    st_source *in;
    st_channel_matrix matrix;
    st_buffer block;
} folded;

static st_status folded_read(st_source *source, float *const *out,
                             int64_t frames, int64_t *got, st_err *err) {
    folded *f = (folded *)source;
    int64_t done = 0, came = 1;
    while (done < frames && came > 0) {
        int64_t ask = frames - done;
        if (ask > BLOCK_FRAMES)
            ask = BLOCK_FRAMES;
        st_status status =
            st_source_read(f->in, f->block.channel, ask, &came, err);
        if (status != ST_OK)
            return status;
        float *at[ST_MAX_CHANNELS] = {0};
        for (int c = 0; c < f->matrix.out_channels; c++)
            at[c] = out[c] + done;
        st_channel_matrix_apply(
            &f->matrix, (const float *const *)f->block.channel, at, came);
        done += came;
    }
    source->format.frames = f->in->format.frames;
    *got = done;
    return ST_OK;
}

static st_status folded_seek(st_source *source, int64_t frame, st_err *err) {
    return st_source_seek(((folded *)source)->in, frame, err);
}

static void folded_free(st_source *source) {
    folded *f = (folded *)source;
    st_source_free(f->in);
    st_buffer_deinit(&f->block);
    st_free(f);
}

static const st_source_ops folded_ops = {folded_read, folded_seek, folded_free};

st_status st_channels_source_new(st_source **out, st_source *in, int channels,
                                 st_err *err) {
    st_channel_matrix matrix;
    st_status status =
        st_channel_matrix_init(&matrix, in->format.channels, channels);
    if (status != ST_OK)
        return st_err_set(err, status,
                          "Cannot turn %d channels into %d; both must be "
                          "1 to %d.",
                          in->format.channels, channels, ST_MAX_CHANNELS);
    if (channels == in->format.channels) {
        *out = in;
        return ST_OK;
    }
    folded *f = st_calloc(1, sizeof *f);
    if (f == NULL ||
        st_buffer_init(&f->block, in->format.channels, BLOCK_FRAMES) != ST_OK) {
        st_free(f);
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    }
    f->source = (st_source){&folded_ops, in->format};
    f->source.format.channels = channels;
    f->matrix = matrix;
    f->in = in;
    *out = &f->source;
    return ST_OK;
}

st_status st_fitted_source_new(st_source **out, st_source *in, int most,
                               int rate_hz, st_err *err) {
    st_source *narrow = in;
    st_status status = ST_OK;
    if (in->format.channels > most)
        status = st_channels_source_new(&narrow, in, most, err);
    if (status == ST_OK)
        status =
            st_resample_source_new(out, narrow, rate_hz, ST_RESAMPLE_HIGH, err);
    if (status != ST_OK)
        st_source_free(narrow);
    return status;
}
