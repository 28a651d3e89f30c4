#include "mix/catch.h"

#include "core/alloc.h"

#include <string.h>

enum { BLOCK = 4096 };

static st_status make_blocks(st_catch *c) {
    for (int i = 0; i < c->channels; i++) {
        c->block[i] = st_calloc(BLOCK, sizeof(float));
        if (c->block[i] == NULL)
            return ST_NO_MEM;
    }
    return ST_OK;
}

st_status st_catch_open(st_catch *c, const st_catch_spec *spec, st_err *err) {
    const st_out_spec file = {
        .format = {spec->rate_hz, spec->channels, spec->frames},
        .container = "wav",
        .bits = ST_BITS_F32,
        .label = spec->label};
    c->channels = spec->channels;
    c->skip = spec->latency_frames;
    c->left = spec->frames;
    c->gain = spec->gain;
    if (make_blocks(c) != ST_OK)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    return st_out_audio(spec->out, spec->output, spec->index, &file, &c->sink,
                        err);
}

static void write_block(st_catch *c, const float *const *x, int64_t at, int n) {
    for (int i = 0; i < c->channels; i++)
        for (int f = 0; f < n; f++)
            c->block[i][f] = x[i][at + f] * c->gain;
    if (c->status == ST_OK)
        c->status =
            st_sink_write(c->sink, (const float *const *)c->block, n, &c->err);
    c->left -= n;
}

void st_catch_hear(st_catch *c, const float *const *signal, int frames) {
    int64_t at = c->skip < frames ? c->skip : frames;
    c->skip -= at;
    while (at < frames && c->left > 0) {
        int64_t n = frames - at < BLOCK ? frames - at : BLOCK;
        n = n < c->left ? n : c->left;
        write_block(c, signal, at, (int)n);
        at += n;
    }
}

st_status st_catch_finish(st_catch *c, st_err *err) {
    for (int i = 0; i < c->channels; i++)
        memset(c->block[i], 0, BLOCK * sizeof(float));
    while (c->left > 0 && c->status == ST_OK) {
        int64_t n = c->left < BLOCK ? c->left : BLOCK;
        c->left -= n;
        c->status =
            st_sink_write(c->sink, (const float *const *)c->block, n, &c->err);
    }
    if (c->status == ST_OK)
        c->status = st_sink_finish(c->sink, &c->err);
    if (c->status != ST_OK && err != NULL)
        *err = c->err;
    return c->status;
}

void st_catch_deinit(st_catch *c) {
    st_sink_free(c->sink);
    st_free(c->block[0]);
    st_free(c->block[1]);
    memset(c, 0, sizeof *c);
}
