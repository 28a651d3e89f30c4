/* excerpt: a part of a source, and the plain sum of a job's stems.
 * Source: audio/stream.h. */
#ifndef ST_MIX_EXCERPT_H
#define ST_MIX_EXCERPT_H

#include "mix/stage_mix.h"

/* `frames` frames of `in` (taken, also on error) from `first` on, silence where
 * it has ended. ST_NO_MEM, errors of seeking. [any] */
ST_MUST_USE st_status st_excerpt_source_new(st_source **out, st_source *in,
                                            int64_t first, int64_t frames,
                                            st_err *err);
/* All files of a job that were not left out, as they are: mono to both sides at
 * 0 dB. [any] */
ST_MUST_USE st_status st_mix_plain_source(const st_mix_job *job,
                                          st_source **out, st_err *err);

#endif
