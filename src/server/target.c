#include "server/target.h"

#include "core/utf8.h"

#include <string.h>

static int hex(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* UTF-8 without C0, DEL and C1. */
static bool clean(const char *text, size_t bytes) {
    for (size_t i = 0; i < bytes;) {
        size_t n = st_utf8_length(text + i, bytes - i);
        unsigned char c = (unsigned char)text[i];
        if (n == 0 || c < 0x20 || c == 0x7f ||
            (c == 0xc2 && (unsigned char)text[i + 1] < 0xa0))
            return false;
        i += n;
    }
    return true;
}

bool st_target_decode(char *text, bool plus) {
    char *out = text;
    for (const char *in = text; *in != '\0'; in++) {
        if (*in == '%') {
            int high = hex(in[1]);
            int low = high < 0 ? -1 : hex(in[2]);
            if (low < 0)
                return false;
            *out++ = (char)(16 * high + low);
            in += 2;
        } else {
            *out++ = plus && *in == '+' ? ' ' : *in;
        }
    }
    *out = '\0';
    return clean(text, (size_t)(out - text));
}

static bool safe_segment(const char *segment, bool last) {
    if (segment[0] == '\0')
        return last;
    return strcmp(segment, ".") != 0 && strcmp(segment, "..") != 0 &&
           strpbrk(segment, "/\\") == NULL;
}

static bool parse_path(st_target *t, char *path) {
    if (path[0] != '/')
        return false;
    char *at = path + 1;
    if (*at == '\0')
        return true;
    for (;;) {
        char *slash = strchr(at, '/');
        if (slash != NULL)
            *slash = '\0';
        if (t->segment_count == ST_TARGET_MAX_SEGMENTS ||
            !st_target_decode(at, false) || !safe_segment(at, slash == NULL))
            return false;
        t->segments[t->segment_count++] = at;
        if (slash == NULL)
            return true;
        at = slash + 1;
    }
}

static bool parse_query(st_target *t, char *query) {
    while (query != NULL) {
        char *next = strchr(query, '&');
        if (next != NULL)
            *next++ = '\0';
        char *value = strchr(query, '=');
        if (value != NULL)
            *value++ = '\0';
        if (query[0] != '\0') {
            if (t->query_count == ST_TARGET_MAX_QUERY ||
                !st_target_decode(query, true) ||
                (value != NULL && !st_target_decode(value, true)))
                return false;
            t->query[t->query_count++] =
                (st_target_field){query, value != NULL ? value : ""};
        }
        query = next;
    }
    return true;
}

bool st_target_parse(st_target *target, char *text) {
    target->segment_count = target->query_count = 0;
    size_t bytes = strlen(text);
    if (bytes > ST_TARGET_MAX_BYTES)
        return false;
    for (size_t i = 0; i < bytes; i++)
        if (text[i] <= 0x20 || text[i] >= 0x7f || text[i] == '#')
            return false;
    char *query = strchr(text, '?');
    if (query != NULL)
        *query++ = '\0';
    return parse_path(target, text) && parse_query(target, query);
}

const char *st_target_query(const st_target *target, const char *name) {
    for (int i = 0; i < target->query_count; i++)
        if (strcmp(target->query[i].name, name) == 0)
            return target->query[i].value;
    return NULL;
}

static size_t segment_bytes(const char *pattern) {
    return strcspn(pattern, "/");
}

bool st_target_match(const st_target *target, const char *pattern,
                     const char *values[ST_TARGET_MAX_PARAMS], int *rest) {
    int count = 0;
    int at = 0;
    *rest = -1;
    for (pattern++; *pattern != '\0';) {
        size_t n = segment_bytes(pattern);
        if (at == target->segment_count)
            return false;
        const char *segment = target->segments[at];
        if (pattern[0] == '{') {
            if (segment[0] == '\0' || count == ST_TARGET_MAX_PARAMS)
                return false;
            values[count++] = segment;
            if (pattern[n - 2] == '*') {
                *rest = at;
                return true;
            }
        } else if (strncmp(segment, pattern, n) != 0 || segment[n] != '\0') {
            return false;
        }
        at++;
        pattern += n;
        if (*pattern == '/' && *++pattern == '\0') /* ends in a slash */
            return at + 1 == target->segment_count &&
                   target->segments[at][0] == '\0';
    }
    return at == target->segment_count;
}

int st_target_param(const char *pattern, const char *name) {
    size_t bytes = strlen(name);
    int index = 0;
    for (const char *at = strchr(pattern, '{'); at != NULL;
         at = strchr(at + 1, '{'), index++)
        if (strncmp(at + 1, name, bytes) == 0 &&
            (at[1 + bytes] == '}' || at[1 + bytes] == '*'))
            return index;
    return -1;
}
