#include "analysis/powerspec.h"

#include "analysis/spec_ops.h"
#include "audio/fft.h"
#include "audio/window.h"
#include "core/alloc.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { MIN_SIZE = 64, MAX_SIZE = 65536, HOPS_HELD = 8, PAD = 16 };

struct st_powerspec {
    const st_spec_ops *ops;
    st_powerspec_params params;
    st_frame_sink sink;
    st_rfft *fft;
    float *window;
    float *held; /* [capacity] samples from the frame to come on */
    size_t capacity, fill, at;
    float *windowed, *re, *im, *power, *scratch;
    int64_t samples, frames;
    bool finished;
};

st_powerspec_params st_powerspec_defaults(void) {
    return (st_powerspec_params){2048, 512};
}

static bool valid(const st_powerspec_params *p) {
    return p->size >= MIN_SIZE && p->size <= MAX_SIZE &&
           (p->size & (p->size - 1)) == 0 && p->hop >= 1 && p->hop <= p->size;
}

static st_status allocate(st_powerspec *p) {
    size_t size = (size_t)p->params.size, bins = size / 2 + 1;
    st_status status = st_rfft_new(&p->fft, size);
    if (status != ST_OK)
        return status;
    p->capacity = size + HOPS_HELD * (size_t)p->params.hop;
    p->window = st_calloc(size, sizeof(float));
    p->held = st_calloc(p->capacity, sizeof(float));
    p->windowed = st_calloc(size, sizeof(float));
    p->re = st_calloc(bins, sizeof(float));
    p->im = st_calloc(bins, sizeof(float));
    p->power = st_calloc(bins + PAD, sizeof(float));
    p->scratch = st_calloc(st_rfft_scratch(p->fft), sizeof(float));
    bool good = p->window != NULL && p->held != NULL && p->windowed != NULL &&
                p->re != NULL && p->im != NULL && p->power != NULL &&
                p->scratch != NULL;
    return good ? ST_OK : ST_NO_MEM;
}

st_status st_powerspec_new(st_powerspec **out,
                           const st_powerspec_params *params,
                           st_frame_sink sink) {
    if (!valid(params) || sink.frame == NULL)
        return ST_BAD_ARG;
    st_powerspec *p = st_calloc(1, sizeof *p);
    if (p == NULL)
        return ST_NO_MEM;
    p->ops = st_spec_ops_get();
    p->params = *params;
    p->sink = sink;
    st_status status = allocate(p);
    if (status != ST_OK) {
        st_powerspec_free(p);
        return status;
    }
    st_window_fillf(p->window, (size_t)params->size, ST_WINDOW_HANN, true);
    st_powerspec_reset(p);
    *out = p;
    return ST_OK;
}

void st_powerspec_free(st_powerspec *p) {
    if (p == NULL)
        return;
    st_rfft_free(p->fft);
    st_free(p->window);
    st_free(p->held);
    st_free(p->windowed);
    st_free(p->re);
    st_free(p->im);
    st_free(p->power);
    st_free(p->scratch);
    st_free(p);
}

/* Half a frame of silence lies before the first sample. */
void st_powerspec_reset(st_powerspec *p) {
    p->at = 0;
    p->fill = (size_t)p->params.size / 2;
    memset(p->held, 0, p->fill * sizeof(float));
    p->samples = p->frames = 0;
    p->finished = false;
}

static void run_frame(st_powerspec *p) {
    size_t size = (size_t)p->params.size;
    p->ops->window(p->windowed, p->held + p->at, p->window, size);
    st_rfft_forward(p->fft, p->windowed, p->re, p->im, p->scratch);
    p->ops->power(p->power, p->re, p->im, size / 2 + 1);
    p->sink.frame(p->sink.ctx, p->frames++, p->power);
    p->at += (size_t)p->params.hop;
}

static void make_room(st_powerspec *p) {
    if (p->fill < p->capacity)
        return;
    memmove(p->held, p->held + p->at, (p->fill - p->at) * sizeof(float));
    p->fill -= p->at;
    p->at = 0;
}

/* in NULL: silence. */
static void take(st_powerspec *p, const float *in, int64_t n) {
    size_t size = (size_t)p->params.size;
    for (int64_t done = 0; done < n;) {
        make_room(p);
        size_t room = p->capacity - p->fill;
        size_t part = n - done < (int64_t)room ? (size_t)(n - done) : room;
        if (in != NULL)
            p->ops->clean(p->held + p->fill, in + done, part);
        else
            memset(p->held + p->fill, 0, part * sizeof(float));
        p->fill += part;
        done += (int64_t)part;
        while (p->fill >= p->at + size)
            run_frame(p);
    }
}

void st_powerspec_process(st_powerspec *p, const float *in, int64_t n) {
    assert(!p->finished);
    take(p, in, n);
    p->samples += n;
}

void st_powerspec_finish(st_powerspec *p) {
    if (p->finished)
        return;
    p->finished = true;
    int64_t all = p->samples > 0 ? 1 + p->samples / p->params.hop : 0;
    while (p->frames < all) {
        size_t need = p->at + (size_t)p->params.size - p->fill;
        take(p, NULL, (int64_t)need);
    }
}

int st_powerspec_bins(const st_powerspec *p) {
    return p->params.size / 2 + 1;
}

int64_t st_powerspec_frames(const st_powerspec *p) {
    return p->frames;
}
