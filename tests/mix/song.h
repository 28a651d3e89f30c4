/* song: stems in memory, and the renderer over them. */
#ifndef ST_TESTS_MIX_SONG_H
#define ST_TESTS_MIX_SONG_H

#include "mix/render.h"
#include "mix/rich.h"

typedef struct {
    int stems, rate_hz;
    struct {
        int channels;
        int rate_hz; /* 0: the song's */
        int64_t frames;
        float *channel[2];
    } stem[ST_MIX_STEMS];
} song;

/* The five stems of rich.h, `frames` long each. */
void song_rich(song *s, int rate_hz, int64_t frames);
/* A stem more of zeros; its index. */
int song_add(song *s, int channels, int64_t frames);
void song_free(song *s);
/* Renderer's means; ctx is the song. */
st_mix_means song_means(song *s, st_pool *pool);
/* Prints and desk (asserts success). prints zeroed before, ST_MIX_STEMS. */
void song_mix(song *s, const st_mix_recipe *r, st_pool *pool, st_print *prints,
              st_premix *premix);
/* The premaster in memory, [2][frames]; freed with free. */
float *song_premaster(const st_premix *premix, float gain);
/* All of one print, the channels one after another; freed with free. */
float *song_print(const st_print *print, int64_t *frames);

/* The console over the song in blocks, from its start, then silence: `frames`
 * frames from `latency` on, [2][frames]; freed with free. */
float *song_console(const song *s, const st_mix_recipe *r, int block, bool live,
                    int64_t frames);

#endif
