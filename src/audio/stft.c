#include "audio/stft.h"

#include "audio/fft.h"
#include "core/alloc.h"

#include <string.h>

enum { MIN_SIZE = 16, MAX_SIZE = 1 << 20 };
/* Below this sum of squared windows a sample cannot be told from noise. */
#define LEAST_WEIGHT 1e-9f

struct st_stft {
    st_stft_params params;
    int bins;
    st_rfft *fft;
    float *window;
    size_t scratch; /* of the transform; one frame of samples comes on top */
};

st_stft_params st_stft_defaults(void) {
    return (st_stft_params){2048, 512, ST_WINDOW_HANN, true};
}

static bool params_are_good(const st_stft_params *p) {
    return p->size >= MIN_SIZE && p->size <= MAX_SIZE &&
           (p->size & (p->size - 1)) == 0 && p->hop >= 1 && p->hop <= p->size &&
           p->window >= ST_WINDOW_RECT && p->window < ST_WINDOW_KIND_COUNT;
}

st_status st_stft_new(st_stft **out, const st_stft_params *params) {
    if (!params_are_good(params))
        return ST_BAD_ARG;
    st_stft *s = st_calloc(1, sizeof *s);
    if (s == NULL)
        return ST_NO_MEM;
    s->params = *params;
    s->bins = params->size / 2 + 1;
    s->window = st_calloc((size_t)params->size, sizeof(float));
    st_status status = s->window == NULL
                           ? ST_NO_MEM
                           : st_rfft_new(&s->fft, (size_t)params->size);
    if (status != ST_OK) {
        st_stft_free(s);
        return status;
    }
    st_window_fillf(s->window, (size_t)params->size, params->window, true);
    s->scratch = (st_rfft_scratch(s->fft) + 15) / 16 * 16;
    *out = s;
    return ST_OK;
}

void st_stft_free(st_stft *stft) {
    if (stft == NULL)
        return;
    st_rfft_free(stft->fft);
    st_free(stft->window);
    st_free(stft);
}

int st_stft_bins(const st_stft *stft) {
    return stft->bins;
}

size_t st_stft_scratch(const st_stft *stft) {
    return stft->scratch + 2 * (size_t)stft->params.size;
}

int64_t st_stft_frames(const st_stft *stft, int64_t samples) {
    int64_t size = stft->params.size, hop = stft->params.hop;
    if (samples <= 0)
        return 0;
    if (stft->params.center)
        return 1 + samples / hop;
    return samples <= size ? 1 : 1 + (samples - size + hop - 1) / hop;
}

void st_stft_frame(const st_stft *stft, const float *in, float *re, float *im,
                   float *scratch) {
    float *windowed = scratch + stft->scratch;
    for (int i = 0; i < stft->params.size; i++)
        windowed[i] = in[i] * stft->window[i];
    st_rfft_forward(stft->fft, windowed, re, im, scratch);
}

/* scratch: transform, then one frame. */
static const float *back(const st_stft *stft, const float *re, const float *im,
                         float *scratch) {
    float *frame = scratch + stft->scratch;
    float scale = 1.0f / (float)stft->params.size;
    st_rfft_inverse(stft->fft, re, im, frame, scratch);
    for (int i = 0; i < stft->params.size; i++)
        frame[i] *= stft->window[i] * scale;
    return frame;
}

void st_stft_frame_add(const st_stft *stft, const float *re, const float *im,
                       float *out, float *scratch) {
    const float *frame = back(stft, re, im, scratch);
    for (int i = 0; i < stft->params.size; i++)
        out[i] += frame[i];
}

/* --- a whole signal --- */

static int64_t frame_start(const st_stft *stft, int64_t frame) {
    int64_t start = frame * stft->params.hop;
    return stft->params.center ? start - stft->params.size / 2 : start;
}

/* in[at], mirrored at both ends without repeating the end sample. */
static float mirrored(const float *in, int64_t samples, int64_t at) {
    if (samples <= 1)
        return samples == 1 ? in[0] : 0.0f;
    int64_t period = 2 * (samples - 1);
    at = (at % period + period) % period;
    return in[at < samples ? at : period - at];
}

static void gather(const st_stft *stft, const float *in, int64_t samples,
                   int64_t start, float *frame) {
    for (int64_t i = 0; i < stft->params.size; i++) {
        int64_t at = start + i;
        if (at >= 0 && at < samples)
            frame[i] = in[at];
        else
            frame[i] = stft->params.center ? mirrored(in, samples, at) : 0.0f;
    }
}

void st_stft_forward(const st_stft *stft, const float *in, int64_t samples,
                     int64_t first, int64_t count, float *re, float *im,
                     float *scratch) {
    int64_t size = stft->params.size;
    float *edge = scratch + stft->scratch + size;
    for (int64_t t = 0; t < count; t++) {
        int64_t start = frame_start(stft, first + t);
        const float *frame = edge;
        if (start >= 0 && start + size <= samples)
            frame = in + start;
        else
            gather(stft, in, samples, start, edge);
        st_stft_frame(stft, frame, re + t * stft->bins, im + t * stft->bins,
                      scratch);
    }
}

/* One frame and its squared window, clipped to [0, samples). */
static void lay(const st_stft *stft, const float *frame, int64_t start,
                int64_t samples, float *out, float *weight) {
    int64_t from = start < 0 ? -start : 0;
    int64_t to = samples - start < stft->params.size ? samples - start
                                                     : stft->params.size;
    for (int64_t i = from; i < to; i++) {
        out[start + i] += frame[i];
        weight[start + i] += stft->window[i] * stft->window[i];
    }
}

st_status st_stft_inverse(const st_stft *stft, const float *re, const float *im,
                          int64_t samples, float *out) {
    float *scratch = st_calloc(st_stft_scratch(stft), sizeof(float));
    float *weight = st_calloc((size_t)samples, sizeof(float));
    if (scratch == NULL || weight == NULL) {
        st_free(scratch);
        st_free(weight);
        return ST_NO_MEM;
    }
    memset(out, 0, (size_t)samples * sizeof(float));
    int64_t frames = st_stft_frames(stft, samples);
    for (int64_t t = 0; t < frames; t++)
        lay(stft, back(stft, re + t * stft->bins, im + t * stft->bins, scratch),
            frame_start(stft, t), samples, out, weight);
    for (int64_t i = 0; i < samples; i++)
        out[i] = weight[i] > LEAST_WEIGHT ? out[i] / weight[i] : 0.0f;
    st_free(scratch);
    st_free(weight);
    return ST_OK;
}

/* --- streaming --- */

struct st_stft_stream {
    const st_stft *stft;
    st_stft_edit edit;
    void *ctx;
    int fill;              /* samples of this hop taken */
    int64_t frame;         /* frames done */
    float *past;           /* [size] the last samples in */
    float *sum;            /* [size] overlap-add; the first hop is ready */
    float *ready;          /* [hop] what goes out now */
    float *inverse_weight; /* [hop] */
    float *re, *im, *scratch;
};

/* 1 / sum of squared windows for each place in the hop; false where a place
 * gets no weight. */
static bool fill_weights(st_stft_stream *s) {
    int size = s->stft->params.size, hop = s->stft->params.hop;
    for (int j = 0; j < hop; j++) {
        double sum = 0.0;
        for (int i = j; i < size; i += hop)
            sum += (double)s->stft->window[i] * (double)s->stft->window[i];
        if (sum < 0.01)
            return false;
        s->inverse_weight[j] = (float)(1.0 / sum);
    }
    return true;
}

st_status st_stft_stream_new(st_stft_stream **out, const st_stft *stft,
                             st_stft_edit edit, void *ctx) {
    int size = stft->params.size, hop = stft->params.hop;
    if (size % hop != 0 || hop > size / 2)
        return ST_BAD_ARG;
    st_stft_stream *s = st_calloc(1, sizeof *s);
    if (s == NULL)
        return ST_NO_MEM;
    s->stft = stft;
    s->edit = edit;
    s->ctx = ctx;
    s->past = st_calloc((size_t)size, sizeof(float));
    s->sum = st_calloc((size_t)size, sizeof(float));
    s->ready = st_calloc((size_t)hop, sizeof(float));
    s->inverse_weight = st_calloc((size_t)hop, sizeof(float));
    s->re = st_calloc((size_t)stft->bins, sizeof(float));
    s->im = st_calloc((size_t)stft->bins, sizeof(float));
    s->scratch = st_calloc(st_stft_scratch(stft), sizeof(float));
    bool good = s->past != NULL && s->sum != NULL && s->ready != NULL &&
                s->inverse_weight != NULL && s->re != NULL && s->im != NULL &&
                s->scratch != NULL;
    st_status status = good ? ST_OK : ST_NO_MEM;
    if (good && !fill_weights(s))
        status = ST_BAD_ARG;
    if (status == ST_OK)
        *out = s;
    else
        st_stft_stream_free(s);
    return status;
}

void st_stft_stream_free(st_stft_stream *s) {
    if (s == NULL)
        return;
    st_free(s->past);
    st_free(s->sum);
    st_free(s->ready);
    st_free(s->inverse_weight);
    st_free(s->re);
    st_free(s->im);
    st_free(s->scratch);
    st_free(s);
}

void st_stft_stream_reset(st_stft_stream *s) {
    size_t size = (size_t)s->stft->params.size;
    memset(s->past, 0, size * sizeof(float));
    memset(s->sum, 0, size * sizeof(float));
    memset(s->ready, 0, (size_t)s->stft->params.hop * sizeof(float));
    s->fill = 0;
    s->frame = 0;
}

int st_stft_stream_latency(const st_stft_stream *s) {
    return s->stft->params.size;
}

static void run_frame(st_stft_stream *s) {
    size_t size = (size_t)s->stft->params.size;
    size_t hop = (size_t)s->stft->params.hop;
    st_stft_frame(s->stft, s->past, s->re, s->im, s->scratch);
    if (s->edit != NULL)
        s->edit(s->ctx, s->frame, s->re, s->im);
    st_stft_frame_add(s->stft, s->re, s->im, s->sum, s->scratch);
    for (size_t j = 0; j < hop; j++)
        s->ready[j] = s->sum[j] * s->inverse_weight[j];
    memmove(s->sum, s->sum + hop, (size - hop) * sizeof(float));
    memset(s->sum + size - hop, 0, hop * sizeof(float));
    memmove(s->past, s->past + hop, (size - hop) * sizeof(float));
    s->frame++;
}

void st_stft_stream_process(st_stft_stream *s, const float *in, float *out,
                            int64_t n) {
    int hop = s->stft->params.hop;
    float *now = s->past + s->stft->params.size - hop;
    for (int64_t i = 0; i < n;) {
        int64_t part = hop - s->fill < n - i ? hop - s->fill : n - i;
        memcpy(now + s->fill, in + i, (size_t)part * sizeof(float));
        memcpy(out + i, s->ready + s->fill, (size_t)part * sizeof(float));
        s->fill += (int)part;
        i += part;
        if (s->fill == hop) {
            run_frame(s);
            s->fill = 0;
        }
    }
}
