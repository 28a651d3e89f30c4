#include "core/utf8.h"

#include <string.h>

static int is_tail(unsigned char c) {
    return (c & 0xC0) == 0x80;
}

/* The second byte's range keeps overlong forms, surrogates and values over
 * U+10FFFF out. */
static int second_fits(unsigned char first, unsigned char second) {
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    return second >= low && second <= high;
}

size_t st_utf8_length(const char *text, size_t bytes) {
    if (bytes == 0)
        return 0;
    const unsigned char *t = (const unsigned char *)text;
    if (t[0] < 0x80)
        return 1;
    size_t length = t[0] >= 0xC2 && t[0] <= 0xDF   ? 2
                    : t[0] >= 0xE0 && t[0] <= 0xEF ? 3
                    : t[0] >= 0xF0 && t[0] <= 0xF4 ? 4
                                                   : 0;
    if (length == 0 || length > bytes || !second_fits(t[0], t[1]))
        return 0;
    for (size_t i = 2; i < length; i++)
        if (!is_tail(t[i]))
            return 0;
    return length;
}

static int is_control(const char *text, size_t length) {
    const unsigned char *t = (const unsigned char *)text;
    if (length == 1)
        return t[0] < 0x20 || t[0] == 0x7F;
    return length == 2 && t[0] == 0xC2 && t[1] < 0xA0;
}

void st_utf8_clean(char *text) {
    size_t left = strlen(text);
    while (left > 0) {
        size_t length = st_utf8_length(text, left);
        size_t step = length == 0 ? 1 : length;
        if (length == 0 || is_control(text, length))
            memset(text, '?', step);
        text += step;
        left -= step;
    }
}
