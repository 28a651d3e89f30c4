/* render: a recipe over the stems of a song, to the premaster.
 * Source: issue rows M24-M35, M48 (DSP streams statefully, stems in parallel,
 * buses one after another).
 *
 * Two passes. Strips, several at once, each into its *print* (a spool; latency
 * taken out, so prints line up with the stems). Then the desk over all
 * prints: its parts are steps of a pipeline, so they work on different blocks
 * at the same time. Memory does not grow with length. The result is the same
 * for any number of threads, and that of the console (console.h). */
#ifndef ST_MIX_RENDER_H
#define ST_MIX_RENDER_H

#include "audio/spool.h"
#include "core/pool.h"
#include "dsp/stereo.h"
#include "mix/desk.h"
#include "mix/strip.h"

enum { ST_MIX_BLOCK = 8192 };

/* What a renderer needs of the world; callbacks but `open` may be NULL. */
typedef struct {
    st_pool *pool;
    const char *folder; /* for spools */
    /* Stem i of the recipe, from its start, at the recipe's rate. [any] */
    st_status (*open)(void *ctx, int stem, st_source **source, st_err *err);
    /* fraction 0..1 of the phase; true stops. [any] */
    bool (*tick)(void *ctx, const char *phase, double fraction);
    /* Places to listen: the ear of a strip, whose units are made. [any] */
    const st_tap_ear *(*strip_ear)(void *ctx, int stem, const st_strip *strip);
    /* The same of the desk: its ear. */
    const st_desk_ear *(*desk_ear)(void *ctx, const st_desk *desk);
    /* What stem i gives to its bus, [2]. One block after another. */
    void (*faded)(void *ctx, int stem, const float *const *signal, int frames);
    void *ctx;
} st_mix_means;

typedef struct {
    st_spool *spool; /* NULL: not made */
    st_strip_meter meter;
} st_print;
void st_print_deinit(st_print *print); /* a zeroed one is fine */

/* Make the prints that are not there yet: prints[recipe->stems]. Errors of the
 * sources and spools; ST_CANCELLED, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_mix_prints(const st_mix_means *means,
                                    const st_mix_recipe *recipe,
                                    st_print *prints, st_err *err);

typedef struct {
    st_spool *spool; /* stereo, before the gain of the mix */
    int64_t frames;
    double peak; /* largest |sample| of it, linear */
    st_stereo_sums sums;
    st_bus_meter bus[ST_BUS_COUNT];
    double bus_peak[ST_BUS_COUNT]; /* at their faders */
} st_premix;
void st_premix_deinit(st_premix *premix); /* a zeroed one is fine */

/* The desk over all prints. `frames`: where to end; -1: when the longest print
 * and the returns have ended. `out` zeroed before. As st_mix_prints. [main] */
ST_MUST_USE st_status st_mix_desk(const st_mix_means *means,
                                  const st_mix_recipe *recipe,
                                  const st_print *prints, int64_t frames,
                                  st_premix *out, st_err *err);

/* A source of the premaster: the premix times `gain`. [any] */
ST_MUST_USE st_status st_premix_source(const st_premix *premix, float gain,
                                       st_source **out, st_err *err);

#endif
