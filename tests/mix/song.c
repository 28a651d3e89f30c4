#include "support/cases.h"

#include "mix/song.h"

#include "audio/memory.h"
#include "mix/console.h"

#include <stdlib.h>
#include <string.h>

int song_add(song *s, int channels, int64_t frames) {
    int at = s->stems++;
    s->stem[at].channels = channels;
    s->stem[at].frames = frames;
    for (int c = 0; c < channels; c++) {
        s->stem[at].channel[c] = calloc((size_t)frames, sizeof(float));
        assert_non_null(s->stem[at].channel[c]);
    }
    return at;
}

void song_rich(song *s, int rate_hz, int64_t frames) {
    static const int channels[RICH_STEMS] = {1, 1, 2, 1, 2};
    *s = (song){.rate_hz = rate_hz};
    for (int i = 0; i < RICH_STEMS; i++) {
        song_add(s, channels[i], frames);
        float *const *x = s->stem[i].channel;
        rich_sound(i, x[0], x[1], (size_t)frames, rate_hz);
    }
}

void song_free(song *s) {
    for (int i = 0; i < s->stems; i++) {
        free(s->stem[i].channel[0]);
        free(s->stem[i].channel[1]);
    }
}

static st_status open_stem(void *ctx, int stem, st_source **source,
                           st_err *err) {
    const song *s = ctx;
    const st_format format = {s->rate_hz, s->stem[stem].channels,
                              s->stem[stem].frames};
    st_status status = st_memory_source(source, s->stem[stem].channel, &format);
    return status == ST_OK ? ST_OK : st_err_set(err, status, "No memory.");
}

st_mix_means song_means(song *s, st_pool *pool) {
    return (st_mix_means){.pool = pool, .open = open_stem, .ctx = s};
}

void song_mix(song *s, const st_mix_recipe *r, st_pool *pool, st_print *prints,
              st_premix *premix) {
    const st_mix_means means = song_means(s, pool);
    assert_int_equal(st_mix_prints(&means, r, prints, NULL), ST_OK);
    assert_int_equal(st_mix_desk(&means, r, prints, -1, premix, NULL), ST_OK);
}

static float *read_all(st_source *source) {
    float *at[2];
    int64_t n = source->format.frames, got = 0;
    float *out = calloc((size_t)n * 2, sizeof *out);
    assert_non_null(out);
    at[0] = out;
    at[1] = out + n;
    assert_int_equal(st_source_read(source, at, n, &got, NULL), ST_OK);
    assert_int_equal(got, n);
    st_source_free(source);
    return out;
}

float *song_premaster(const st_premix *premix, float gain) {
    st_source *source = NULL;
    assert_int_equal(st_premix_source(premix, gain, &source, NULL), ST_OK);
    return read_all(source);
}

float *song_print(const st_print *print, int64_t *frames) {
    st_source *source = NULL;
    assert_int_equal(st_spool_source(print->spool, &source, NULL), ST_OK);
    *frames = source->format.frames;
    return read_all(source);
}

/* A block of stem i from `at` on, zeros behind its end. */
static void load(const song *s, int i, int64_t at, int block, float *out) {
    int64_t left = s->stem[i].frames - at;
    int64_t n = left < 0 ? 0 : left < block ? left : block;
    for (int c = 0; c < s->stem[i].channels; c++) {
        memset(out + c * block, 0, (size_t)block * sizeof *out);
        if (n > 0)
            memcpy(out + c * block, s->stem[i].channel[c] + at,
                   (size_t)n * sizeof *out);
    }
}

float *song_console(const song *s, const st_mix_recipe *r, int block, bool live,
                    int64_t frames) {
    st_console *k = NULL;
    assert_int_equal(st_console_new(&k, s->rate_hz, block, r, live), ST_OK);
    int64_t late = st_console_latency_frames(k), total = frames + late;
    size_t plane = (size_t)(total + block);
    float *in = calloc((size_t)s->stems * 2 * (size_t)block, sizeof *in);
    float *all = calloc(2 * plane, sizeof *all);
    float *out = calloc(2 * (size_t)frames, sizeof *out);
    const float *channels[ST_MIX_STEMS][2];
    const float *const *stems[ST_MIX_STEMS];
    for (int i = 0; i < s->stems; i++) {
        channels[i][0] = in + 2 * i * block;
        channels[i][1] = in + (2 * i + 1) * block;
        stems[i] = channels[i];
    }
    for (int64_t at = 0; at < total; at += block) {
        float *to[2] = {all + at, all + plane + at};
        for (int i = 0; i < s->stems; i++)
            load(s, i, at, block, in + 2 * i * block);
        st_console_process(k, stems, to, block);
    }
    for (int c = 0; c < 2; c++)
        memcpy(out + c * frames, all + (size_t)c * plane + late,
               (size_t)frames * sizeof *out);
    st_console_free(k);
    free(in);
    free(all);
    return out;
}
