/* err: a status with one sentence that tells a person what to do.
 * Source: style.md, "Errors". */
#ifndef ST_CORE_ERR_H
#define ST_CORE_ERR_H

#include "core/attr.h"
#include "core/status.h"

enum { ST_ERR_MAX_BYTES = 512 };

/* Owned by the caller, no heap. Zero-initialised means "no error". */
typedef struct {
    st_status status;
    char text[ST_ERR_MAX_BYTES]; /* UTF-8, ends in '.', never in '\n' */
} st_err;

/* Fill `err` (may be NULL) and return `status`, so that a failing path reads
 * `return st_err_set(err, ST_BAD_DATA, "...")`. Longer text is cut at a
 * character border. Bytes from files must be passed as %s only. [any] */
st_status st_err_set(st_err *err, st_status status, const char *format, ...)
    ST_PRINTF(3, 4);

/* Put "PREFIX: " before the sentence already there. NULL err is fine. [any] */
void st_err_prefix(st_err *err, const char *format, ...) ST_PRINTF(2, 3);

#endif
