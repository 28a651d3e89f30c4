#include "core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* vsnprintf may stop inside a UTF-8 sequence: step back to its start. */
static void cut_at_character(char *text, size_t size) {
    size_t end = strlen(text);
    if (end + 1 < size)
        return;
    size_t start = end;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start > 0 && (unsigned char)text[start - 1] >= 0xC0)
        text[start - 1] = '\0';
}

st_status st_err_set(st_err *err, st_status status, const char *format, ...) {
    if (err == NULL)
        return status;
    va_list args;
    va_start(args, format);
    if (vsnprintf(err->text, sizeof err->text, format, args) < 0)
        err->text[0] = '\0';
    va_end(args);
    err->status = status;
    cut_at_character(err->text, sizeof err->text);
    return status;
}

void st_err_prefix(st_err *err, const char *format, ...) {
    if (err == NULL)
        return;
    char head[ST_ERR_MAX_BYTES];
    char old[ST_ERR_MAX_BYTES];
    va_list args;
    va_start(args, format);
    if (vsnprintf(head, sizeof head, format, args) < 0)
        head[0] = '\0';
    va_end(args);
    memcpy(old, err->text, sizeof old);
    (void)snprintf(err->text, sizeof err->text, "%s: %s", head, old);
    cut_at_character(err->text, sizeof err->text);
}
