/* failing: runs a function with its n-th allocation failing, for each n.
 * Source: drobilla/zix, "failing allocator" tests; style.md, "Errors".
 * Link with failing_dep. Allocations made by our own objects are seen (those
 * inside shared libraries are not, unless they take malloc as a pointer:
 * json_set_alloc_funcs(malloc, free) in the test does that for jansson). */
#ifndef ST_TESTS_SUPPORT_FAILING_H
#define ST_TESTS_SUPPORT_FAILING_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>

/* A whole life: makes, uses and frees everything it makes. Returns
 * ST_NO_MEM when an allocation failed, ST_OK when all went well (or when it
 * made do without the one that failed). */
typedef st_status (*failing_fn)(void *ctx);

/* Calls fn with the first, second, ... allocation failing until a run has
 * none fail. Each run must return ST_NO_MEM or ST_OK and leave no block
 * behind; the last must return ST_OK. Fails the test with the number of the
 * allocation otherwise. Returns how many allocations a whole run makes. */
int failing_run(failing_fn fn, void *ctx);

/* For wrap.c. */
bool failing_now(void); /* true: this allocation must fail */
void failing_made(void *block);
void failing_freed(void *block);

#endif
