/* scratch: bytes on disk that grow at their end and are read anywhere, for
 * what is too long to stand in memory.
 * Source: open(2) O_TMPFILE, pread(2); design.md section 1.
 *
 * A nameless file: gone with the process, whatever happens. Append, then
 * _flush, then read; after _flush any number of threads may read. */
#ifndef ST_AUDIO_SCRATCH_H
#define ST_AUDIO_SCRATCH_H

#include "core/attr.h"
#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

typedef struct st_scratch st_scratch;

/* In folder `dir` (NULL: $TMPDIR, else /var/tmp). ST_IO with a sentence that
 * names TMPDIR, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_scratch_new(st_scratch **out, const char *dir,
                                     st_err *err);
void st_scratch_free(st_scratch *s); /* NULL is fine [any] */
/* At the end; small pieces are gathered. ST_IO with a sentence (disk full).
 * [one at a time] */
ST_MUST_USE st_status st_scratch_append(st_scratch *s, const void *data,
                                        size_t bytes, st_err *err);
/* All that was appended can be read from here on. ST_IO. [one at a time] */
ST_MUST_USE st_status st_scratch_flush(st_scratch *s, st_err *err);
/* Bytes appended. [one at a time] */
int64_t st_scratch_size(const st_scratch *s);
/* `bytes` from `offset`, which must have been flushed: else ST_IO. [any] */
ST_MUST_USE st_status st_scratch_read(const st_scratch *s, int64_t offset,
                                      void *data, size_t bytes, st_err *err);
/* Give the file, as flushed, the name `path` (which it replaces), in the file
 * system of its folder; it stays readable here, and is not to be appended to
 * again. ST_IO, also where the file system has no nameless files. [one at a
 * time] */
ST_MUST_USE st_status st_scratch_keep(st_scratch *s, const char *path,
                                      st_err *err);
/* A kept file, to be read. ST_NOT_FOUND, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_scratch_open(st_scratch **out, const char *path,
                                      st_err *err);

#endif
