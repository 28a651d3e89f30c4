/* limgain: from the gain each block may have to a smooth gain that is never
 * higher. Source: sliding minimum plus FIR (Hammer, "Look-ahead limiter",
 * 2020); opening: Serra, "Image analysis and mathematical morphology", 1982.
 *
 * Works on blocks of a few frames, a hop of them a call. `dip` is the fast
 * part: a minimum over 2 reach + 3 blocks, then 2 reach + 1 triangular
 * weights, so each single demand becomes one smooth dip that ends as fast as
 * it began. `hold` is the slow part: the least demand of the last half second
 * or so (see below), which the fast part then need not follow. */
#ifndef ST_DSP_LIMGAIN_H
#define ST_DSP_LIMGAIN_H

#include "core/status.h"
#include "core/attr.h"

enum { ST_DIP_BLOCKS_MAX = 16, ST_DIP_REACH_MAX = 24 };

typedef struct {
    int blocks; /* a hop, 1..ST_DIP_BLOCKS_MAX */
    int reach;  /* 1..ST_DIP_REACH_MAX */
    int idle;   /* blocks since the last demand */
    float weight[2 * ST_DIP_REACH_MAX + 1];
    float want[2 * ST_DIP_REACH_MAX + 2 + ST_DIP_BLOCKS_MAX];
    float least[2 * ST_DIP_REACH_MAX + ST_DIP_BLOCKS_MAX];
} st_dip;

void st_dip_init(st_dip *d, int blocks, int reach);
void st_dip_reset(st_dip *d);
/* Blocks by which the result lags: 2 reach + 1. */
int st_dip_delay(const st_dip *d);
/* want[blocks], each in (0, 1] -> gain[blocks]: gain of a block and of both
 * its neighbours is <= its want; exactly 1 while all is 1. [rt] */
void st_dip_hop(st_dip *d, const float *want, float *gain);

/* Once a hop. Held: the minimum of the last `hold_hops`. Kept: the maximum
 * of that over the last `open_hops`, so that what does not last so long is
 * left to the fast part. Then two poles. A steady demand gives exactly that
 * demand. */
typedef struct {
    int hold_hops, open_hops; /* hold >= 1, open >= 1 */
    double pole;
    /* fixed release instead: falls at once, recovers by this factor */
    double recover; /* 0 = programme mode */
    float *held;    /* ring of hold_hops demands */
    float *kept;    /* ring of open_max minima */
    int open_max;
    int held_at, kept_at;
    double low[2];
    double now;
} st_hold;

/* `open_max` >= any open_hops to come. ST_NO_MEM. [main] */
ST_MUST_USE st_status st_hold_init(st_hold *h, int hold_hops, int open_max);
void st_hold_deinit(st_hold *h);
void st_hold_reset(st_hold *h);
/* State of `from`, of the same sizes. [rt] */
void st_hold_copy(st_hold *h, const st_hold *from);
/* The demand of this hop (its smallest gain) -> the slow gain at its end.
 * [rt] */
float st_hold_hop(st_hold *h, float want);

#endif
