/* spool: float32 audio on disk between two steps of a job.
 * Source: design.md section 1 (float32 spool files).
 *
 * A nameless file (gone with the process, whatever happens), planar in
 * stripes of ST_SPOOL_STRIPE frames, reached by pread and pwrite so that
 * resident memory does not grow with the length. Write first, through one
 * sink; after its finish any number of sources read it, each with its own
 * position, on any threads. */
#ifndef ST_AUDIO_SPOOL_H
#define ST_AUDIO_SPOOL_H

#include "audio/stream.h"

#include <stddef.h>

enum { ST_SPOOL_STRIPE = 16384 };

typedef struct st_spool st_spool;

/* A spool in folder `dir` (NULL: $TMPDIR, else /var/tmp) for `channels` at
 * `rate_hz`. Reference counted, the maker holds one. ST_IO, ST_NO_MEM,
 * ST_BAD_ARG. [any] */
ST_MUST_USE st_status st_spool_new(st_spool **out, const char *dir, int rate_hz,
                                   int channels, st_err *err);
/* Gives back the maker's reference; the file goes with the last sink or
 * source. NULL is fine. [any] */
void st_spool_free(st_spool *spool);

/* The one sink of the spool. ST_EXISTS when asked twice. A full disk gives
 * ST_IO with a sentence. [one at a time] */
ST_MUST_USE st_status st_spool_sink(st_spool *spool, st_sink **out,
                                    st_err *err);
/* A source over all finished frames. ST_BAD_ARG before the sink is finished.
 * [any], each source [one at a time] */
ST_MUST_USE st_status st_spool_source(st_spool *spool, st_source **out,
                                      st_err *err);
/* Frames written so far. [any] */
int64_t st_spool_frames(const st_spool *spool);

enum { ST_SPOOL_NOTE_BYTES = 4096 };
/* Keep a finished spool as the file `path`, with `bytes` (at most
 * ST_SPOOL_NOTE_BYTES) of the caller's beside it. The folder must be in the
 * file system of the spool's. Nothing is synced: a kept spool is trusted until
 * the machine starts anew. ST_IO, ST_BAD_ARG. [one at a time] */
ST_MUST_USE st_status st_spool_keep(st_spool *spool, const char *path,
                                    const void *note, size_t bytes,
                                    st_err *err);
/* A kept spool, and its note, which must have that length. ST_NOT_FOUND when
 * there is none, ST_BAD_DATA when it is not whole or not of this start of the
 * machine, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_spool_open(st_spool **out, const char *path,
                                    void *note, size_t bytes, st_err *err);

/* Copy `source` (from where it stands) to `sink` until the end; `copied` (may
 * be NULL) gets the frames. Stops with ST_CANCELLED when `cancelled` (may be
 * NULL) says so. Does not finish the sink. [one at a time] */
ST_MUST_USE st_status st_stream_copy(st_source *source, st_sink *sink,
                                     int64_t *copied,
                                     int (*cancelled)(void *ctx), void *ctx,
                                     st_err *err);

#endif
