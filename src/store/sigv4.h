/* sigv4: signs a request to an S3 server, or an address that anybody may open.
 * Source: AWS Signature Version 4 (its published test suite and S3 examples
 * are tests/store/test_sigv4.c); HMAC-SHA-256 by libsodium.
 *
 * Nothing here does I/O or reads the clock. All [any]; results go into storage
 * of the caller. Text is UTF-8. A key is never written into a result or a
 * sentence. */
#ifndef ST_STORE_SIGV4_H
#define ST_STORE_SIGV4_H

#include "core/attr.h"
#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ST_SIGV4_DATE_BYTES = 17,  /* "20150830T123600Z" */
    ST_SIGV4_SHA_BYTES = 65,   /* 64 lower-case hex digits */
    ST_SIGV4_TEXT_BYTES = 8192 /* longest canonical request, query, header */
};

/* What stands for the hash where the bytes sent are not signed. */
#define ST_SIGV4_UNSIGNED "UNSIGNED-PAYLOAD"

typedef struct {
    const char *access_key;
    const char *secret_key;
    const char *token; /* of a session, or NULL */
    const char *region;
    const char *service; /* "s3" */
} st_sigv4_key;

/* A field of the query (not yet encoded) or a header (name in lower case). */
typedef struct {
    const char *name;
    const char *value;
} st_sigv4_pair;

typedef struct {
    const char *method;
    const char *path; /* as it is sent: encoded by st_sigv4_encode */
    const st_sigv4_pair *query;
    size_t query_count;
    const st_sigv4_pair *headers; /* all that are signed: "host" at least */
    size_t header_count;
    const char *payload_sha; /* hex, or ST_SIGV4_UNSIGNED */
} st_sigv4_request;

enum { ST_SIGV4_PAIRS_MAX = 32 };

/* RFC 3986 encoding with upper-case digits: all but A-Z a-z 0-9 - _ . ~ and,
 * where `keep_slash`, '/'. ST_LIMIT when `bytes` do not hold it. */
ST_MUST_USE st_status st_sigv4_encode(const char *text, bool keep_slash,
                                      char *out, size_t bytes);

/* The query as it must be sent: pairs encoded and in order. "" for none. */
ST_MUST_USE st_status st_sigv4_query(const st_sigv4_pair *pairs, size_t count,
                                     char *out, size_t bytes);

/* utc_us as "20150830T123600Z" (for x-amz-date). */
void st_sigv4_date(int64_t utc_us, char text[ST_SIGV4_DATE_BYTES]);

void st_sigv4_sha(const void *data, size_t bytes,
                  char text[ST_SIGV4_SHA_BYTES]);

/* The value of the Authorization header. x-amz-date (and, for a session,
 * x-amz-security-token) must be among the headers. ST_LIMIT. */
ST_MUST_USE st_status st_sigv4_authorize(const st_sigv4_request *request,
                                         const st_sigv4_key *key,
                                         int64_t utc_us, char *out,
                                         size_t bytes);

/* The whole query, signature included, that makes `request` valid for
 * `seconds` (1 to 604800) from utc_us on, for whoever has it. Its payload is
 * taken as unsigned. ST_BAD_ARG, ST_LIMIT. */
ST_MUST_USE st_status st_sigv4_presign(const st_sigv4_request *request,
                                       const st_sigv4_key *key, int64_t utc_us,
                                       int64_t seconds, char *out,
                                       size_t bytes);

#endif
