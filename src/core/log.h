/* log: what happens, one line each, for whoever runs the program.
 * Source: style.md ("libraries never print"): a library is given a st_log and
 * calls its sink; only a program decides that lines go to stderr. */
#ifndef ST_CORE_LOG_H
#define ST_CORE_LOG_H

#include "core/attr.h"

#include <stdint.h>

typedef enum {
    ST_LOG_ERROR = 0,
    ST_LOG_WARN,
    ST_LOG_INFO,
    ST_LOG_DEBUG,
    ST_LOG_LEVEL_COUNT
} st_log_level;

enum { ST_LOG_LINE_BYTES = 2048 };

/* text: UTF-8, one line without '\n', at most ST_LOG_LINE_BYTES - 1 bytes.
 * Called on any thread, also by several at once. */
typedef struct {
    st_log_level level; /* lines above it are dropped */
    void (*write)(void *ctx, st_log_level level, const char *room,
                  int64_t utc_us, const char *text);
    void *ctx;
} st_log;

/* Format and pass on; NULL log or sink: nothing. Control characters and
 * broken UTF-8 become '?'; longer text is cut. room: "reader", "master", ...
 * [any] */
void st_log_print(const st_log *log, st_log_level level, const char *room,
                  const char *format, ...) ST_PRINTF(4, 5);

/* "error", "warn", "info", "debug". */
const char *st_log_level_name(st_log_level level);

/* Sinks for programs, ctx unused: "stemma: warn: reader: text" and
 * {"time": ..., "level": ..., "room": ..., "text": ...} on stderr, each line
 * by one write. [any] */
void st_log_to_stderr(void *ctx, st_log_level level, const char *room,
                      int64_t utc_us, const char *text);
void st_log_to_stderr_json(void *ctx, st_log_level level, const char *room,
                           int64_t utc_us, const char *text);

#endif
