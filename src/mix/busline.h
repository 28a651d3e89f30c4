/* busline: the chain of one bus (internal to the desk).
 * Source: issue rows M31-M33, M35. EQ, compressor, transients, parallel
 * compression, ducks, fader. Stereo, in place. */
#ifndef ST_MIX_BUSLINE_H
#define ST_MIX_BUSLINE_H

#include "mix/desk.h"

typedef struct st_busline st_busline;

/* Bus `bus` of the recipe; live as st_strip_new. ST_NO_MEM, ST_BAD_ARG. [main]
 */
ST_MUST_USE st_status st_busline_new(st_busline **out, const st_spec *spec,
                                     const st_mix_recipe *recipe, int bus,
                                     bool live);
void st_busline_free(st_busline *line);
void st_busline_reset(st_busline *line);
void st_busline_set(st_busline *line, const st_mix_recipe *recipe);
int st_busline_tap_latency(const st_busline *line, st_bus_tap tap);
bool st_busline_has(const st_busline *line, st_bus_tap tap);
/* x[2]; key[i]: mono, of duck i where it ducks this bus. [rt] */
void st_busline_process(st_busline *line, float *const *x, float *const *key,
                        int frames, const st_desk_ear *ear);
st_bus_meter st_busline_read(const st_busline *line);

#endif
