/* helper: a program beside the test (an S3 server, a bad proxy), started by
 * it and ended with it.
 * Source: tests/support/s3_server.py, flaky_proxy.py; STEMMA_SUPPORT is their
 * folder (meson.build of a test that uses them sets it). */
#ifndef ST_TESTS_SUPPORT_HELPER_H
#define ST_TESTS_SUPPORT_HELPER_H

#include <sys/types.h>

typedef struct {
    pid_t pid;
    int keep_fd;     /* its standard input: it ends when this closes */
    char line[1024]; /* what it said when it was ready */
} helper;

/* Start STEMMA_SUPPORT/script with up to three arguments (NULL: none) and
 * wait for its first line. Fails the test, with what to install, when none
 * comes. */
void helper_start(helper *h, const char *script, const char *a, const char *b,
                  const char *c);
/* Ends it; its folder is gone then. */
void helper_stop(helper *h);

/* An S3 server with two buckets, "blobs" and "other". */
typedef struct {
    helper helper;
    char host[64]; /* "127.0.0.1:PORT" */
    char folder[256];
} s3_server;

/* Also sets AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. */
void s3_server_start(s3_server *s);
void s3_server_stop(s3_server *s);

#endif
