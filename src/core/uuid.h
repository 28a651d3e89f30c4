/* uuid: names of rows, in the order in which they were made.
 * Source: RFC 9562, UUID version 7, section 6.2 method 2 (monotonic random).
 */
#ifndef ST_CORE_UUID_H
#define ST_CORE_UUID_H

#include "core/attr.h"
#include "core/status.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { ST_UUID_TEXT_BYTES = 37 };

/* One maker: what it gives rises strictly, also within a millisecond, when
 * the clock steps back and on several threads. Storage of the caller. */
typedef struct {
    pthread_mutex_t lock;
    uint64_t ms;   /* of the last one */
    uint64_t high; /* its 12 bits after the version */
    uint64_t low;  /* its 62 bits after the variant */
} st_uuids;

/* ST_NO_MEM. [one at a time] */
ST_MUST_USE st_status st_uuids_init(st_uuids *uuids);
void st_uuids_deinit(st_uuids *uuids);

/* The next one at `utc_us` (microseconds since 1970; below 0 counts as 0):
 * "018f5a3c-9b1e-7c3d-8e21-0123456789ab". 74 random bits, so that makers on
 * several machines never meet; not a secret. ST_IO: the system gave no random
 * bytes. [any] */
ST_MUST_USE st_status st_uuid_next(st_uuids *uuids, int64_t utc_us,
                                   char text[ST_UUID_TEXT_BYTES]);

/* Lower-case hex with dashes, version 7, the right variant, nothing else?
 * NULL is not. [any] */
bool st_uuid_valid(const char *text);
/* When a valid one was made: microseconds, in steps of 1000. [any] */
int64_t st_uuid_time_us(const char *text);

#endif
