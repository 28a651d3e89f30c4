/* target: the request target taken apart: path, query, templates.
 * Source: RFC 3986 (2.1, 3.3, 3.4), RFC 9112 section 3.2.1 (origin form).
 *
 * Stricter than MUST: bytes outside printable ASCII, "//", "." and ".."
 * segments, "%2F", "%5C", "%00", broken escapes and text that is not UTF-8
 * are refused, so that nothing after this ever meets two spellings of one
 * path. All [any], no heap. */
#ifndef ST_SERVER_TARGET_H
#define ST_SERVER_TARGET_H

#include <stdbool.h>
#include <stddef.h>

enum {
    ST_TARGET_MAX_BYTES = 4096,
    ST_TARGET_MAX_PARAMS = 8, /* {names} in a template */
    ST_TARGET_MAX_QUERY = 32, /* fields of a query */
    ST_TARGET_MAX_SEGMENTS = 32
};

typedef struct {
    const char *name, *value; /* decoded, UTF-8, no control characters */
} st_target_field;

/* Points into the text it was read from. */
typedef struct {
    const char *segments[ST_TARGET_MAX_SEGMENTS]; /* decoded */
    int segment_count; /* "/" has 0, "/v1/" has 2: the last is empty */
    st_target_field query[ST_TARGET_MAX_QUERY];
    int query_count;
} st_target;

/* Read "/path?query" in place: `text` is decoded and cut. false: refused (see
 * above), or a limit passed. */
bool st_target_parse(st_target *target, char *text);
/* The first query field of that name, or NULL. */
const char *st_target_query(const st_target *target, const char *name);
/* Does the path fit "/v1/assets/{id}"? values[i] gets the text of the i-th
 * {name}, never empty. A template that ends in "{name*}" takes all segments
 * that are left: values[i] is the first of them, *rest its index. */
bool st_target_match(const st_target *target, const char *pattern,
                     const char *values[ST_TARGET_MAX_PARAMS], int *rest);
/* The index of {name} among those of a template, or -1. */
int st_target_param(const char *pattern, const char *name);
/* In place: %XX decoded (and '+' as a space where `plus`). false: broken
 * escape, NUL, control character or not UTF-8. */
bool st_target_decode(char *text, bool plus);

#endif
