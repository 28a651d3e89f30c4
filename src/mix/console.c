#include "mix/console.h"

#include "core/alloc.h"
#include "dsp/delay_line.h"
#include "dsp/panner.h"

#include <stddef.h>
#include <string.h>

typedef struct {
    st_strip *strip;
    st_delay_line wait; /* until the latest strip is there */
    int channels;
    float *print[2], *key;
} lane;

struct st_console {
    st_mix_recipe recipe;
    int max_frames, latency;
    int early;     /* frames until the first of the prints comes */
    uint64_t keys; /* stems whose key someone hears */
    lane lane[ST_MIX_STEMS];
    st_desk *desk;
    st_desk_io io;
    st_panner *fader;
};

static st_panner_params fader_params(const st_mix_recipe *r) {
    st_panner_params params = st_panner_defaults();
    params.gain_db = st_move_value(&r->mix[ST_MIXMOVE_FADER], ST_FADER_GAIN);
    return params;
}

static st_status make_lane(st_console *k, double rate_hz, int i, bool live) {
    lane *l = &k->lane[i];
    l->channels = k->recipe.stem[i].channels;
    const st_spec spec = {rate_hz, l->channels, k->max_frames};
    st_status status = st_strip_new(&l->strip, &spec, &k->recipe, i, live);
    size_t n = (size_t)k->max_frames;
    for (int c = 0; status == ST_OK && c < l->channels; c++) {
        l->print[c] = st_calloc(n, sizeof(float));
        if (l->print[c] == NULL)
            status = ST_NO_MEM;
    }
    l->key = st_calloc(n, sizeof(float));
    if (status == ST_OK && l->key == NULL)
        status = ST_NO_MEM;
    return status;
}

/* Strips differ in latency: each waits for the latest. */
static st_status align(st_console *k) {
    int latest = 0;
    for (int i = 0; i < k->recipe.stems; i++) {
        int late = st_strip_latency_frames(k->lane[i].strip);
        latest = late > latest ? late : latest;
        k->keys |= st_strip_keys(&k->recipe, i);
    }
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < k->recipe.stems; i++) {
        lane *l = &k->lane[i];
        int wait = latest - st_strip_latency_frames(l->strip);
        status = st_delay_line_init(&l->wait, l->channels, wait);
    }
    k->latency = k->early = latest;
    return status;
}

st_status st_console_new(st_console **out, double rate_hz, int max_frames,
                         const st_mix_recipe *recipe, bool live) {
    const st_spec spec = {rate_hz, 2, max_frames};
    const st_panner_params fader = fader_params(recipe);
    if (!st_spec_valid(&spec))
        return ST_BAD_ARG;
    st_console *k = st_calloc(1, sizeof *k);
    if (k == NULL)
        return ST_NO_MEM;
    k->recipe = *recipe;
    k->max_frames = max_frames;
    st_status status = st_desk_new(&k->desk, &spec, recipe, live);
    if (status == ST_OK)
        status = st_desk_io_new(&k->io, max_frames);
    if (status == ST_OK)
        status = st_panner_new(&k->fader, &spec, &fader);
    for (int i = 0; status == ST_OK && i < recipe->stems; i++)
        status = make_lane(k, rate_hz, i, live);
    if (status == ST_OK)
        status = align(k);
    if (status == ST_OK)
        *out = k;
    else
        st_console_free(k);
    return status;
}

void st_console_free(st_console *k) {
    if (k == NULL)
        return;
    for (int i = 0; i < ST_MIX_STEMS; i++) {
        lane *l = &k->lane[i];
        st_strip_free(l->strip);
        st_delay_line_deinit(&l->wait);
        st_free(l->print[0]);
        st_free(l->print[1]);
        st_free(l->key);
    }
    st_desk_free(k->desk);
    st_desk_io_free(&k->io);
    st_panner_free(k->fader);
    st_free(k);
}

void st_console_reset(st_console *k) {
    for (int i = 0; i < k->recipe.stems; i++) {
        st_strip_reset(k->lane[i].strip);
        st_delay_line_reset(&k->lane[i].wait);
    }
    st_desk_reset(k->desk);
    st_panner_reset(k->fader);
    k->early = k->latency;
}

void st_console_set(st_console *k, const st_mix_recipe *recipe) {
    const st_panner_params fader = fader_params(recipe);
    k->recipe = *recipe;
    k->keys = 0;
    for (int i = 0; i < recipe->stems; i++) {
        st_strip_set(k->lane[i].strip, recipe);
        k->keys |= st_strip_keys(recipe, i);
    }
    st_desk_set(k->desk, recipe);
    st_panner_set(k->fader, &fader);
}

int st_console_latency_frames(const st_console *k) {
    return k->latency + st_desk_latency_frames(k->desk);
}

int st_console_tail_frames(const st_console *k) {
    return st_desk_tail_frames(k->desk);
}

static void run_strips(st_console *k, const float *const *const *stems,
                       int frames) {
    const float *keys[ST_MIX_STEMS] = {NULL};
    for (int i = 0; i < k->recipe.stems; i++) {
        if ((k->keys >> i & 1) == 0)
            continue;
        st_strip_key(&k->recipe, i, stems[i], k->lane[i].channels,
                     k->lane[i].key, frames);
        keys[i] = k->lane[i].key;
    }
    for (int i = 0; i < k->recipe.stems; i++) {
        lane *l = &k->lane[i];
        st_strip_process(l->strip, stems[i], keys, l->print, frames, NULL);
        st_delay_line_process(&l->wait, l->print, frames);
    }
}

static void run_desk(st_console *k, int from, float *const *out, int frames) {
    const float *print[ST_MIX_STEMS][2];
    const float *const *prints[ST_MIX_STEMS] = {NULL};
    for (int i = 0; i < k->recipe.stems; i++) {
        for (int c = 0; c < k->lane[i].channels; c++)
            print[i][c] = k->lane[i].print[c] + from;
        prints[i] = print[i];
    }
    st_desk_gather(k->desk, prints, NULL, frames, &k->io);
    for (int b = 0; b < ST_BUS_COUNT; b++)
        st_desk_bus(k->desk, b, &k->io, NULL);
    for (int w = 0; w < ST_RETURNS; w++)
        st_desk_return(k->desk, w, &k->io);
    st_desk_sum(k->desk, &k->io, out, NULL);
    st_panner_process(k->fader, (const float *const *)out, out, frames);
}

/* The desk begins with the first frame of the prints, as in the renderer:
 * dynamics and the reverb count frames from their beginning. */
void st_console_process(st_console *k, const float *const *const *stems,
                        float *const *out, int frames) {
    int skip = k->early < frames ? k->early : frames;
    float *rest[2] = {out[0] + skip, out[1] + skip};
    run_strips(k, stems, frames);
    for (int c = 0; c < 2; c++)
        memset(out[c], 0, (size_t)skip * sizeof(float));
    k->early -= skip;
    if (skip < frames)
        run_desk(k, skip, rest, frames - skip);
}

st_strip_meter st_console_strip(const st_console *k, int stem) {
    return st_strip_read(k->lane[stem].strip);
}

st_bus_meter st_console_bus(const st_console *k, int bus) {
    return st_desk_read(k->desk, bus);
}
