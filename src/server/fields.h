/* fields: values of request header fields, read strictly.
 * Source: RFC 9110 (8.8.3 entity tags, 12.5.3 Accept-Encoding, 13.1
 * preconditions, 14 ranges), RFC 6454 (origins), RFC 9112 (7.1), RFC 3986.
 * All [any], no heap; text may be anything. */
#ifndef ST_SERVER_FIELDS_H
#define ST_SERVER_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    ST_RANGE_WHOLE,   /* no range, several, or none that we know: send all */
    ST_RANGE_PART,    /* [first, last], inside the file */
    ST_RANGE_OUTSIDE, /* 416 */
} st_range_kind;

/* The Range header (NULL: none) over `size` bytes. */
st_range_kind st_range_parse(const char *text, int64_t size, int64_t *first,
                             int64_t *last);

/* Does an If-None-Match list (or "*") hold `etag` ("\"...\"", weak comparison:
 * W/ is ignored on both sides)? */
bool st_etag_listed(const char *list, const char *etag);
/* Does If-Range allow a part: exactly this strong tag? */
bool st_etag_same(const char *text, const char *etag);

/* Would the client rather have gzip than the plain body? */
bool st_accepts_gzip(const char *accept_encoding);

/* A field name: one or more token characters. */
bool st_field_name_ok(const char *name, size_t bytes);
/* A field value: no control characters but tab. Bytes from 0x80 are fine. */
bool st_field_value_ok(const char *value, size_t bytes);
/* A body length: digits only, at most 2^63-1. */
bool st_length_parse(const char *text, int64_t *bytes);

enum { ST_HOST_MAX_BYTES = 256 };
/* "name", "name:port", "1.2.3.4:port" or "[v6]:port", in lower case without
 * the port and its brackets; *port 0 when there is none. */
bool st_host_parse(const char *text, char name[ST_HOST_MAX_BYTES], int *port);
/* Is `origin` "http://HOST" or "https://HOST" for this Host header? */
bool st_origin_is_host(const char *origin, const char *host);

/* "application/json; charset=utf-8" is of type "application/json"; a pattern
 * may be "audio/" + "*". */
bool st_media_type_is(const char *text, const char *pattern);
/* A W3C traceparent of version 00 with ids that are not all zero? */
bool st_traceparent_ok(const char *text);
/* 1 to 64 of A-Z a-z 0-9 . _ -: may be echoed and logged. */
bool st_request_id_ok(const char *text);

#endif
