/* tempfile: a file that appears whole under its name, or not at all.
 * Source: rename(2), fsync(2); design.md section 6 (Ctrl-C). */
#ifndef ST_AUDIO_TEMPFILE_H
#define ST_AUDIO_TEMPFILE_H

#include "core/attr.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct st_tempfile st_tempfile;

/* Start the hidden file beside `path`. `input` (may be NULL) is a file that
 * must not be replaced. ST_EXISTS, ST_NOT_FOUND (no such folder), ST_IO,
 * ST_NO_MEM. [any] */
ST_MUST_USE st_status st_tempfile_new(st_tempfile **out, const char *path,
                                      const char *input, st_err *err);
int st_tempfile_fd(const st_tempfile *file);
/* All of data at `offset`; ST_IO with a sentence (disk full). */
ST_MUST_USE st_status st_tempfile_write(st_tempfile *file, const void *data,
                                        size_t bytes, int64_t offset,
                                        st_err *err);
/* Sync (when asked), give it its name, and close. */
ST_MUST_USE st_status st_tempfile_commit(st_tempfile *file, bool sync,
                                         st_err *err);
/* Unlinks it when it was not committed. NULL is fine. */
void st_tempfile_free(st_tempfile *file);
/* Unlink all that are not committed; async-signal-safe. */
void st_tempfile_unlink_all(void);

#endif
