#include "store/url.h"

#include <stdio.h>
#include <string.h>

static int digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool st_url_decode(const char *text, size_t length, char *out, size_t bytes) {
    size_t used = 0;
    for (size_t i = 0; i < length; i++, used++) {
        int value = (unsigned char)text[i];
        if (used + 1 >= bytes)
            return false;
        if (text[i] == '%') {
            if (i + 2 >= length || digit(text[i + 1]) < 0 ||
                digit(text[i + 2]) < 0)
                return false;
            value = 16 * digit(text[i + 1]) + digit(text[i + 2]);
            i += 2;
        }
        if (value == 0)
            return false;
        out[used] = (char)value;
    }
    if (bytes == 0)
        return false;
    out[used] = '\0';
    return true;
}

bool st_url_next(st_url_query *query, st_url_field *field) {
    if (query->text == NULL || *query->text == '\0')
        return false;
    const char *at = query->text + 1; /* behind '?' or '&' */
    size_t length = strcspn(at, "&");
    size_t name = strcspn(at, "=&");
    size_t skip = name < length ? name + 1 : name;
    query->text = at + length;
    if (length == 0)
        return st_url_next(query, field);
    query->bad = !st_url_decode(at, name, field->name, sizeof field->name) ||
                 !st_url_decode(at + skip, length - skip, field->value,
                                sizeof field->value);
    return !query->bad;
}
