/* clock: how long, and what time it is.
 * Source: POSIX clock_gettime; RFC 3339; Hinnant, "chrono-compatible
 * low-level date algorithms". [any] [rt], all of it. */
#ifndef ST_CORE_CLOCK_H
#define ST_CORE_CLOCK_H

#include <stdint.h>

enum { ST_TIME_TEXT_BYTES = 32 };

/* Never goes back; for durations. */
int64_t st_clock_ns(void);
/* Seconds between two of these. */
double st_clock_seconds(int64_t from_ns, int64_t to_ns);
/* Microseconds since 1970-01-01T00:00:00Z. */
int64_t st_clock_utc_us(void);
/* "2026-11-21T05:12:35.000123Z"; years 0000 to 9999, others are clamped. */
void st_clock_text(int64_t utc_us, char text[ST_TIME_TEXT_BYTES]);

#endif
