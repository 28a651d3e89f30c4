/* sources: a stem that begins late, and several stems as one.
 * Source: audio/stream.h. */
#ifndef ST_MIX_SOURCES_H
#define ST_MIX_SOURCES_H

#include "audio/stream.h"

/* `in` (taken, also on error) behind `silence` frames; 0 gives `in` itself.
 * ST_NO_MEM. [any] */
ST_MUST_USE st_status st_late_source_new(st_source **out, st_source *in,
                                         int64_t silence, st_err *err);
/* `in` (taken, also on error; 2 channels) with its right channel upside down.
 * ST_NO_MEM. [any] */
ST_MUST_USE st_status st_turned_source_new(st_source **out, st_source *in,
                                           st_err *err);
/* The stereo sum of `count` sources of one rate and 1 or 2 channels (taken,
 * also on error), each times its gain; mono goes to both sides. As long as the
 * longest. Samples that are not finite or exceed 1e10 are read as 0. ST_NO_MEM.
 * [any] */
ST_MUST_USE st_status st_sum_source_new(st_source **out, st_source **sources,
                                        const double *gains, int count,
                                        st_err *err);

#endif
