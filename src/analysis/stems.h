/* stems: the stems of one song measured together, in one pass.
 * Source: masking.h, align.h.
 *
 * All stems start at the same moment; those that end earlier are silent from
 * there. The stems run in step, block by block, each on its own pool thread;
 * nothing of the audio is kept. */
#ifndef ST_ANALYSIS_STEMS_H
#define ST_ANALYSIS_STEMS_H

#include "analysis/align.h"
#include "analysis/masking.h"
#include "audio/stream.h"
#include "core/pool.h"

#include <jansson.h>
#include <stdbool.h>

enum { ST_STEMS_MAX = ST_MASK_MAX_STEMS };

typedef struct st_stems st_stems;

/* Frames done so far; false ends the pass with ST_CANCELLED. */
typedef bool (*st_stems_tell)(void *ctx, int64_t frames);

/* Measure count (1..64) sources of one rate and at most 2 channels from where
 * they stand to their ends. Sources stay the caller's, each is read by one
 * thread at a time; `pool` may be NULL. ST_BAD_ARG, ST_NO_MEM, ST_CANCELLED,
 * and the sources' own errors. [main] */
ST_MUST_USE st_status st_stems_new(st_stems **out, st_source *const *sources,
                                   int count, st_pool *pool, st_stems_tell tell,
                                   void *ctx, st_err *err);
void st_stems_free(st_stems *stems); /* NULL is fine [main] */

int st_stems_count(const st_stems *stems);
int st_stems_rate(const st_stems *stems);                  /* Hz [any] */
const st_masking *st_stems_masking(const st_stems *stems); /* [any] */
/* Of one stem; borrowed. [any] */
const st_bandgram *st_stems_gram(const st_stems *stems, int stem);
/* Of two stems, a != b. [any] */
void st_stems_pair(const st_stems *stems, int a, int b, st_align_pair *out);
/* Mean power of left and right over the whole of the longest stem, dBFS (sine:
 * -3.01); -INFINITY for silence. [any] */
double st_stems_rms_dbfs(const st_stems *stems, int stem);

/* The document "stemma.stems/1", a new reference; labels[count] name the
 * stems. Conflicts are the pairs of which 5 % or more of the active cells of
 * a band are hidden, the weightiest first; the first 256 pairs of stems with a
 * conflict stand there once more with all bands together and where it is
 * worst, with `series` over time as well. NULL when out of memory. [any] */
json_t *st_stems_json(const st_stems *stems, const char *const *labels,
                      bool series);

#endif
