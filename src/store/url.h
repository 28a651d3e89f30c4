/* url: the parts of a store's address that both back ends take apart.
 * Source: RFC 3986, sections 2.1 and 3.4. [any], no heap. */
#ifndef ST_STORE_URL_H
#define ST_STORE_URL_H

#include <stdbool.h>
#include <stddef.h>

enum { ST_URL_VALUE_BYTES = 1024 };

/* `length` bytes of `text`, %XX put back, into `out`. false when they do not
 * fit, a % has no two digits, or a zero byte would come out. */
bool st_url_decode(const char *text, size_t length, char *out, size_t bytes);

/* Start with text at the '?' (or NULL: no field at all). */
typedef struct {
    const char *text;
    bool bad; /* a field that cannot be decoded: the walk ends there */
} st_url_query;

typedef struct {
    char name[64];
    char value[ST_URL_VALUE_BYTES];
} st_url_field;

/* The next name=value; false at the end. */
bool st_url_next(st_url_query *query, st_url_field *field);

#endif
