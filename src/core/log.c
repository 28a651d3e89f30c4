#include "core/log.h"

#include "core/clock.h"
#include "core/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *st_log_level_name(st_log_level level) {
    static const char *const names[ST_LOG_LEVEL_COUNT] = {"error", "warn",
                                                          "info", "debug"};
    return (unsigned)level < ST_LOG_LEVEL_COUNT ? names[level] : "error";
}

void st_log_print(const st_log *log, st_log_level level, const char *room,
                  const char *format, ...) {
    if (log == NULL || log->write == NULL || level > log->level)
        return;
    char text[ST_LOG_LINE_BYTES];
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    va_end(args);
    st_utf8_clean(text);
    log->write(log->ctx, level, room, st_clock_utc_us(), text);
}

/* One write, so that lines of several threads do not mix. */
static void put_line(const char *line, size_t bytes) {
    while (bytes > 0) {
        ssize_t n = write(STDERR_FILENO, line, bytes);
        if (n <= 0)
            return;
        line += n;
        bytes -= (size_t)n;
    }
}

void st_log_to_stderr(void *ctx, st_log_level level, const char *room,
                      int64_t utc_us, const char *text) {
    (void)ctx;
    (void)utc_us;
    char line[ST_LOG_LINE_BYTES + 128];
    int n = snprintf(line, sizeof line, "stemma: %s: %.40s: %s\n",
                     st_log_level_name(level), room, text);
    if (n > 0 && (size_t)n < sizeof line)
        put_line(line, (size_t)n);
}

/* Cleaned text has no control characters: only these two need a mark. */
static size_t escape(char *out, const char *text) {
    size_t n = 0;
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            out[n++] = '\\';
        out[n++] = *text;
    }
    out[n] = '\0';
    return n;
}

void st_log_to_stderr_json(void *ctx, st_log_level level, const char *room,
                           int64_t utc_us, const char *text) {
    (void)ctx;
    char time[ST_TIME_TEXT_BYTES];
    char safe[2 * ST_LOG_LINE_BYTES];
    char line[2 * ST_LOG_LINE_BYTES + 160];
    st_clock_text(utc_us, time);
    (void)escape(safe, text);
    int n = snprintf(line, sizeof line,
                     "{\"time\": \"%s\", \"level\": \"%s\", "
                     "\"room\": \"%.40s\", \"text\": \"%s\"}\n",
                     time, st_log_level_name(level), room, safe);
    if (n > 0 && (size_t)n < sizeof line)
        put_line(line, (size_t)n);
}
