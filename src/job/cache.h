/* cache: results of equal work, kept under one folder.
 * Source: design.md section 1: the key is stage, version, canonical parameters
 * with defaults (RFC 8785), seed, hash of the decoded PCM, hash of the
 * weights, numeric class; same key, same result.
 *
 * results/KK/KEY.json holds the documents of a cacheable stage, files/KK/...
 * which decoded PCM a file held, by device, inode, size and times of change
 * (as git's index does; a file changed within the last two seconds is not
 * noted, since its next change could bear the same time). Entries are written
 * beside and renamed; one that cannot be read counts as missing. Each of the
 * 256 folders of a kind is kept under its share of the cap, the oldest
 * entries going first. Nothing here ever fails a job. [one at a time]; other
 * processes may use the folder too. */
#ifndef ST_JOB_CACHE_H
#define ST_JOB_CACHE_H

#include "job/job.h"

#include "core/hash.h"

enum { ST_CACHE_RESULTS_BYTES = 64 << 20, ST_CACHE_FILES_BYTES = 16 << 20 };

/* Name of the step's result; false while the PCM of an input is not known. */
bool st_cache_key(const st_step *step, char key[ST_HASH_TEXT_BYTES]);

/* Fill in the step's documents from an equal run; false when there is none,
 * or the stage is not cacheable. Items get to know their PCM where files did
 * not change, also for a stage that `keeps`. */
bool st_cache_load(st_step *step);
/* Keep what the step has made, if it may be kept (no warnings). */
void st_cache_store(st_step *step);

#endif
