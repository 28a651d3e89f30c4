/* blob: immutable bytes, named by their BLAKE2b-256, in a folder or on S3.
 * Source: design.md sections 2 and 4; back ends blob_file.c and blob_s3.c.
 *
 * A store is opened by URL:
 *
 *   /some/folder, file:///some/folder[?named_temps=1]
 *   s3://bucket[/prefix]?endpoint=http://host:port
 *       [&region=us-east-1][&spool=/folder][&part_mib=8][&timeout_s=30]
 *       [&insecure=1]
 *
 * S3 credentials: userinfo of the URL (KEY:SECRET@bucket, percent-encoded),
 * else AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. They
 * stand in no sentence, no log line and no result. insecure=1: the certificate
 * of an https endpoint is not looked at.
 *
 * All calls are [any] on a store, from many threads at once; a writer or a
 * reader belongs to one thread at a time and ends before its store does. Bytes
 * stream: no call holds more than 8 MiB, whatever the size of a blob.
 *
 * Each error is a sentence that begins with the store's name. ST_IO: the disk
 * or the server failed, or it refuses us (key, secret, bucket, clock, rights);
 * ST_TIMEOUT: it did not answer, after retries. ST_NO_MEM everywhere.
 *
 * A collector of garbage lists blobs with their times and removes what nothing
 * refers to. It must spare what is younger than a day: a put of content that
 * is there already makes its time at most ST_BLOB_FRESH_S old. */
#ifndef ST_STORE_BLOB_H
#define ST_STORE_BLOB_H

#include "core/attr.h"
#include "core/err.h"
#include "core/hash.h"
#include "core/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ST_BLOB_FRESH_S = 3600, ST_BLOB_URL_BYTES = 4096 };

typedef struct st_blobs st_blobs;             /* a store */
typedef struct st_blob_writer st_blob_writer; /* a blob being put */
typedef struct st_blob_reader st_blob_reader; /* a blob being read */

typedef struct {
    char hash[ST_HASH_TEXT_BYTES];
    int64_t bytes;
    int64_t time_us; /* UTC of the last put of this content */
} st_blob_info;

/* -- the store ---------------------------------------------------------------
 */

/* Open it; a folder is made when it is not there, S3 is not yet asked
 * (st_blobs_check does). `log` (may be NULL) is told of retries and must
 * outlive the store. ST_BAD_ARG (not a URL of ours, or no credentials),
 * ST_IO. */
ST_MUST_USE st_status st_blobs_open(st_blobs **out, const char *url,
                                    const st_log *log, st_err *err);
/* NULL is fine. */
void st_blobs_close(st_blobs *store);
/* For people: "files in /srv/blobs", "S3 bucket music/blobs at http://...".
 * Without credentials; borrowed. */
const char *st_blobs_name(const st_blobs *store);

/* Can it write, read back and remove? Puts 64 random bytes, so it takes the
 * time of four small requests. For readiness. */
ST_MUST_USE st_status st_blobs_check(st_blobs *store, st_err *err);

/* Remove what broken-off puts left behind for at least `older_s` seconds:
 * temporary files whose writer is gone, unfinished multipart uploads.
 * *removed (may be NULL) counts them. Safe while others write, with older_s
 * above the longest put (a day); 0 only when nobody else writes. */
ST_MUST_USE st_status st_blobs_sweep(st_blobs *store, int64_t older_s,
                                     int64_t *removed, st_err *err);

/* -- putting -----------------------------------------------------------------
 */

/* Start a blob. The bytes wait in a temporary file (for S3 in `spool`, else
 * $TMPDIR, else /var/tmp) and the blob is not there until finished. */
ST_MUST_USE st_status st_blob_begin(st_blobs *store, st_blob_writer **out,
                                    st_err *err);
ST_MUST_USE st_status st_blob_append(st_blob_writer *writer, const void *data,
                                     size_t bytes, st_err *err);
/* Now it is there, whole and on disk, under hash; the same content twice is
 * one blob. Once only; then, as after any error, only st_blob_writer_free. */
ST_MUST_USE st_status st_blob_finish(st_blob_writer *writer,
                                     char hash[ST_HASH_TEXT_BYTES],
                                     st_err *err);
/* Frees it; not finished, nothing of it remains. NULL is fine. */
void st_blob_writer_free(st_blob_writer *writer);

/* All of it at once. */
ST_MUST_USE st_status st_blob_put_all(st_blobs *store, const void *data,
                                      size_t bytes,
                                      char hash[ST_HASH_TEXT_BYTES],
                                      st_err *err);

/* -- reading -----------------------------------------------------------------
 */

/* ST_NOT_FOUND, ST_BAD_ARG (not 64 lower-case hex digits: so too for every
 * `hash` below). */
ST_MUST_USE st_status st_blob_open(st_blobs *store, const char *hash,
                                   st_blob_reader **out, st_err *err);
int64_t st_blob_size(const st_blob_reader *reader);
/* Up to `bytes` from `offset` (>= 0); *got is less only at the blob's end, 0
 * behind it. Neighbouring reads in order are cheap on S3 too: windows of 256
 * KiB to 4 MiB are read ahead. ST_BAD_DATA when the store has fewer bytes than
 * it said. */
ST_MUST_USE st_status st_blob_read(st_blob_reader *reader, void *data,
                                   size_t bytes, int64_t offset, size_t *got,
                                   st_err *err);
void st_blob_reader_free(st_blob_reader *reader);

/* Read it whole: do the bytes still have this name? ST_BAD_DATA when not (the

 * blob of the wrong length at once, one of the right length after removal. */
ST_MUST_USE st_status st_blob_verify(st_blobs *store, const char *hash,
                                     st_err *err);

/* -- what is there -----------------------------------------------------------
 */

/* *out false is ST_OK. */
ST_MUST_USE st_status st_blob_has(st_blobs *store, const char *hash, bool *out,
                                  st_err *err);
/* ST_NOT_FOUND. */
ST_MUST_USE st_status st_blob_about(st_blobs *store, const char *hash,
                                    st_blob_info *out, st_err *err);
/* Gone afterwards; one that was not there is ST_OK. Open readers of a file go
 * on, those of S3 fail. */
ST_MUST_USE st_status st_blob_remove(st_blobs *store, const char *hash,
                                     st_err *err);
/* The first `room` (1 to 1000) blobs whose hash is greater than `after` (NULL
 * or "": from the start), in order. *count 0: no more. What comes or goes
 * meanwhile may be in or not; the rest is listed once. */
ST_MUST_USE st_status st_blob_list(st_blobs *store, const char *after,
                                   st_blob_info *page, size_t room,
                                   size_t *count, st_err *err);

/* -- ways past the store ------------------------------------------------------
 */

/* Path of its file, to be sent or mapped; never written. ST_UNSUPPORTED (S3),
 * ST_NOT_FOUND, ST_LIMIT (`bytes` too few). */
ST_MUST_USE st_status st_blob_path(st_blobs *store, const char *hash,
                                   char *path, size_t bytes, st_err *err);
/* An address from which anybody can GET it (ranges too) for `seconds` (1 to
 * 604800), without asking the store. ST_UNSUPPORTED (files), ST_BAD_ARG,
 * ST_LIMIT; ST_BLOB_URL_BYTES always do. */
ST_MUST_USE st_status st_blob_url(st_blobs *store, const char *hash,
                                  int64_t seconds, char *url, size_t bytes,
                                  st_err *err);

#endif
