#include "page/text.h"

#include "core/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool reserve(st_text *t, size_t more) {
    if (t->failed || more > ((size_t)1 << 30))
        return !(t->failed = true);
    if (t->length + more + 1 <= t->room)
        return true;
    size_t room = t->room ? t->room : 4096;
    while (room < t->length + more + 1)
        room *= 2;
    void *block = t->data;
    t->failed = st_regrow(&block, t->room, room, 1) != ST_OK;
    t->data = block;
    if (!t->failed)
        t->room = room;
    return !t->failed;
}

void st_text_put(st_text *t, const char *raw) {
    size_t n = strlen(raw);
    if (!reserve(t, n))
        return;
    memcpy(t->data + t->length, raw, n + 1);
    t->length += n;
}

void st_text_add(st_text *t, const char *format, ...) {
    char line[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof line)
        t->failed = true;
    else
        st_text_put(t, line);
}

void st_text_escape(st_text *t, const char *raw) {
    for (; *raw; raw++) {
        const char one[2] = {*raw, 0};
        const char *out = *raw == '<'    ? "&lt;"
                          : *raw == '>'  ? "&gt;"
                          : *raw == '&'  ? "&amp;"
                          : *raw == '"'  ? "&quot;"
                          : *raw == '\'' ? "&#39;"
                                         : one;
        if ((unsigned char)*raw >= 32 || *raw == '\n')
            st_text_put(t, out);
    }
}
