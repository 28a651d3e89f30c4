/* console: a whole mix, block by block, as it plays.
 * Source: issue row M60; mix/strip.h, mix/desk.h.
 *
 * The same units as the renderer's, in one thread: the same recipe gives the
 * same samples, later by the latency (test_console proves it for blocks of 1,
 * 64 and 4096 frames). Made `live`, it holds every unit, so that values of
 * the recipe may be changed while it plays. Nothing here needs a system: it is
 * also what the browser runs. */
#ifndef ST_MIX_CONSOLE_H
#define ST_MIX_CONSOLE_H

#include "mix/desk.h"
#include "mix/strip.h"

typedef struct st_console st_console;

/* rate_hz 8000..384000, max_frames 1..65536. ST_NO_MEM, ST_BAD_ARG. [main] */
ST_MUST_USE st_status st_console_new(st_console **out, double rate_hz,
                                     int max_frames,
                                     const st_mix_recipe *recipe, bool live);
void st_console_free(st_console *console);  /* NULL is fine [main] */
void st_console_reset(st_console *console); /* [rt] */
/* The same stems with other values; smoothed over 20 ms. [rt] */
void st_console_set(st_console *console, const st_mix_recipe *recipe);
int st_console_latency_frames(const st_console *console);
int st_console_tail_frames(const st_console *console);
/* stems[i][channels of stem i], out[2]; frames 0..max_frames. [rt] */
void st_console_process(st_console *console, const float *const *const *stems,
                        float *const *out, int frames);
/* What the dynamics did. [rt] */
st_strip_meter st_console_strip(const st_console *console, int stem);
st_bus_meter st_console_bus(const st_console *console, int bus);

#endif
