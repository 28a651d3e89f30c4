#include "dsp/delay_line.h"

#include "core/alloc.h"

#include <stddef.h>
#include <string.h>

st_status st_delay_line_init(st_delay_line *d, int channels, int frames) {
    int slack = frames > ST_DELAY_LINE_RUN ? frames : ST_DELAY_LINE_RUN;
    *d = (st_delay_line){.channels = channels, .frames = frames};
    if (frames == 0)
        return ST_OK;
    d->capacity = frames + slack;
    d->data = st_calloc((size_t)channels * (size_t)d->capacity, sizeof(float));
    d->end = frames;
    return d->data != NULL ? ST_OK : ST_NO_MEM;
}

void st_delay_line_deinit(st_delay_line *d) {
    st_free(d->data);
    d->data = NULL;
}

void st_delay_line_reset(st_delay_line *d) {
    size_t count = (size_t)d->channels * (size_t)d->capacity;
    if (count > 0)
        memset(d->data, 0, count * sizeof(float));
    d->end = d->frames;
}

static float *row(const st_delay_line *d, int channel) {
    return d->data + (size_t)channel * (size_t)d->capacity;
}

void st_delay_line_begin(st_delay_line *d, int n) {
    if (d->frames == 0 || d->end + n <= d->capacity)
        return;
    for (int c = 0; c < d->channels; c++)
        memmove(row(d, c), row(d, c) + d->end - d->frames,
                (size_t)d->frames * sizeof(float));
    d->end = d->frames;
}

void st_delay_line_one(st_delay_line *d, int channel, const float *in,
                       float *out, int n) {
    size_t bytes = (size_t)n * sizeof(float);
    if (d->frames == 0) {
        if (out != in)
            memcpy(out, in, bytes);
        return;
    }
    float *r = row(d, channel) + d->end;
    memcpy(r, in, bytes);
    memcpy(out, r - d->frames, bytes);
}

void st_delay_line_end(st_delay_line *d, int n) {
    if (d->frames > 0)
        d->end += n;
}

void st_delay_line_process(st_delay_line *d, float *const *x, int frames) {
    for (int at = 0; at < frames && d->frames > 0;) {
        int left = frames - at;
        int n = left < ST_DELAY_LINE_RUN ? left : ST_DELAY_LINE_RUN;
        st_delay_line_begin(d, n);
        for (int c = 0; c < d->channels; c++)
            st_delay_line_one(d, c, x[c] + at, x[c] + at, n);
        st_delay_line_end(d, n);
        at += n;
    }
}
