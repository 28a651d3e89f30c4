/* desk: from the prints of all stems to the mix: faders, sends, buses, returns.
 * Source: issue rows M29-M33, M35; mix/recipe.h for the order.
 *
 * It works in four kinds of step that may run on different blocks at once, each
 * on its blocks in order: _gather (faders, places, sends), _bus for each bus,
 * _return for both returns, _sum. What they pass on stands in an st_desk_io,
 * which is the caller's; buses that are late wait for the latest, so
 * everything meets in time. The gain of the mix as a whole (mix.fader) is not
 * in it: see st_desk_gain. */
#ifndef ST_MIX_DESK_H
#define ST_MIX_DESK_H

#include "dsp/dynamics.h"
#include "dsp/transient.h"
#include "dsp/unit.h"
#include "mix/recipe.h"

enum { ST_RETURN_REVERB, ST_RETURN_DELAY, ST_RETURNS };

/* Places where a bus can be listened to. */
typedef enum {
    ST_BUSTAP_INPUT,
    ST_BUSTAP_EQ,
    ST_BUSTAP_COMPRESSOR,
    ST_BUSTAP_TRANSIENT,
    ST_BUSTAP_PARALLEL,
    ST_BUSTAP_DUCK,
    ST_BUSTAP_FADER, /* what goes to the mix */
    ST_BUSTAP_COUNT
} st_bus_tap;

/* `strip` a bus (st_bus), or ST_BUS_COUNT for the mix: tap 0 its sum, 1 after
 * its EQ, 2 after its width. */
typedef struct {
    void (*hear)(void *ctx, int bus, int tap, const float *const *signal,
                 int frames);
    void *ctx;
    /* What return `which` gives to the mix, as late as that; or NULL. */
    void (*returned)(void *ctx, int which, const float *const *signal,
                     int frames);
} st_desk_ear;

/* Stereo planes of one block, [2][max_frames] each. */
typedef struct {
    float *bus[ST_BUS_COUNT][2];
    float *send[ST_RETURNS][2]; /* becomes what the return gives */
    float *key[ST_MIX_DUCKS];   /* mono, of the ducks of buses */
    int frames;
    void *memory;
} st_desk_io;

typedef struct st_desk st_desk;

/* spec.channels 2. ST_NO_MEM, ST_BAD_ARG. [main] */
ST_MUST_USE st_status st_desk_new(st_desk **out, const st_spec *spec,
                                  const st_mix_recipe *recipe, bool live);
void st_desk_free(st_desk *desk);  /* NULL is fine [main] */
void st_desk_reset(st_desk *desk); /* [rt] */
/* As st_strip_set. */
void st_desk_set(st_desk *desk, const st_mix_recipe *recipe);
int st_desk_latency_frames(const st_desk *desk);
/* Frames after the stems' end until reverb and delay have died away. [any] */
int st_desk_tail_frames(const st_desk *desk);
/* When the signal at a tap of a bus is that much later than the prints. [any]
 */
int st_desk_tap_latency(const st_desk *desk, int bus, st_bus_tap tap);
bool st_desk_has(const st_desk *desk, int bus, st_bus_tap tap);

ST_MUST_USE st_status st_desk_io_new(st_desk_io *io, int max_frames); /* [main]
                                                                       */
void st_desk_io_free(st_desk_io *io);

/* prints[stem] -> its channels; faded[stem] (may be NULL, or hold NULL) gets
 * what the stem gives to its bus, [2]. [rt] */
void st_desk_gather(st_desk *desk, const float *const *const *prints,
                    float *const *const *faded, int frames, st_desk_io *io);
void st_desk_bus(st_desk *desk, int bus, st_desk_io *io,
                 const st_desk_ear *ear);
void st_desk_return(st_desk *desk, int which, st_desk_io *io);
void st_desk_sum(st_desk *desk, st_desk_io *io, float *const *out,
                 const st_desk_ear *ear);
/* The gain of the mix bus, linear: x * gain in float is what a premaster
 * holds. [any] */
float st_desk_gain(const st_mix_recipe *recipe);

/* What the dynamics of a bus did. [rt] */
typedef struct {
    st_reduction compressor, parallel, duck[ST_MIX_DUCKS];
    st_transient_meter transient;
} st_bus_meter;
st_bus_meter st_desk_read(const st_desk *desk, int bus);

#endif
