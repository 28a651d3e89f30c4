/* s3_xml: what S3 servers answer, read strictly.
 * Source: Amazon S3 API reference; libexpat, without document types, so no
 * entity but the five of XML exists. At most 16 elements deep, 4 KiB of text
 * in one. [any]
 *
 * Times are UTC microseconds; text that does not fit its field is ST_BAD_DATA.
 */
#ifndef ST_STORE_S3_XML_H
#define ST_STORE_S3_XML_H

#include "core/attr.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "2026-11-22T04:45:32.000Z"; false for anything else. */
bool st_s3_time(const char *text, int64_t *utc_us);

typedef struct {
    char code[64];
    char message[256]; /* printable ASCII, cut */
    char region[64];   /* the one to use instead, or "" */
} st_s3_error;

/* <Error>; ST_BAD_DATA when it is none. */
ST_MUST_USE st_status st_s3_error_read(const char *text, size_t bytes,
                                       st_s3_error *out, st_err *err);

/* An entry of <ListBucketResult> or <ListMultipartUploadsResult>. */
typedef struct {
    char key[1025];
    char upload_id[1025]; /* "" in a list of objects */
    int64_t bytes;
    int64_t time_us; /* last changed; of an upload: begun */
} st_s3_entry;

typedef struct {
    bool truncated;
    size_t entries;
    char next_key[1025]; /* of uploads: markers of the next page */
    char next_id[1025];
} st_s3_page;

/* Calls `each` for each entry, in their order. ST_BAD_DATA, or what `each`
 * returned. */
typedef st_status (*st_s3_each)(void *ctx, const st_s3_entry *entry,
                                st_err *err);
ST_MUST_USE st_status st_s3_page_read(const char *text, size_t bytes,
                                      st_s3_each each, void *ctx,
                                      st_s3_page *page, st_err *err);

/* UploadId of <InitiateMultipartUploadResult>. */
ST_MUST_USE st_status st_s3_upload_read(const char *text, size_t bytes,
                                        char id[1025], st_err *err);
/* Is it a <CompleteMultipartUploadResult>? ST_BAD_DATA when not (an <Error>
 * may come with status 200). */
ST_MUST_USE st_status st_s3_complete_read(const char *text, size_t bytes,
                                          st_err *err);

#endif
