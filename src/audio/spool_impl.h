/* spool_impl: a spool's state, shared by spool.c and spool_keep.c only. */
#ifndef ST_AUDIO_SPOOL_IMPL_H
#define ST_AUDIO_SPOOL_IMPL_H

#include "audio/scratch.h"
#include "audio/spool.h"

#include <stdatomic.h>
#include <stdbool.h>

/* Stripe b, channel c starts at float (b * channels + c) * STRIPE. The last
 * stripe is stored whole; `frames` says how much of it counts. */
struct st_spool {
    atomic_int references;
    atomic_llong frames;
    atomic_bool finished;
    bool has_sink;
    st_scratch *bytes;
    int rate_hz;
    int channels;
};

#endif
