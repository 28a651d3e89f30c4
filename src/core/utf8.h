/* utf8: text from outside, made fit for a line of output.
 * Source: RFC 3629; Unicode 15, table 3-7. */
#ifndef ST_CORE_UTF8_H
#define ST_CORE_UTF8_H

#include <stddef.h>

/* Bytes of the well-formed sequence at `text` (at most `bytes` long), or 0
 * where there is none. [any] */
size_t st_utf8_length(const char *text, size_t bytes);
/* In place: control characters (C0, DEL, C1) and bytes that are no UTF-8
 * become '?'. [any] */
void st_utf8_clean(char *text);

#endif
