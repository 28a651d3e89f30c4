/* blob_impl: what a back end of blobs is made of.
 * Source: blob.h; one table a back end, listed in blob.c.
 *
 * A back end knows no hashing and no checks of names: `hash` is always sound
 * when it gets here. Functions are [any] on a state and say their own
 * sentences; blob.c puts the store's name before them. */
#ifndef ST_STORE_BLOB_IMPL_H
#define ST_STORE_BLOB_IMPL_H

#include "store/blob.h"

/* Where bytes wait until their name is known. fd is open for reading and
 * writing; name is empty for a file that has none. */
typedef struct {
    int fd;
    char name[64];
    int64_t bytes;
} st_blob_spool;

enum { ST_BLOB_NAME_BYTES = 256 };

typedef struct {
    const char *scheme; /* "file", "s3" */
    /* url is all of it. name: for people, never with credentials. */
    st_status (*open)(const char *url, const st_log *log, void **state,
                      char name[ST_BLOB_NAME_BYTES], st_err *err);
    void (*close)(void *state);

    /* Fill a zeroed spool; drop closes it and leaves nothing behind. */
    st_status (*spool)(void *state, st_blob_spool *spool, st_err *err);
    void (*drop)(void *state, st_blob_spool *spool);
    /* Give what is in the spool (not yet synced) its name for good. */
    st_status (*publish)(void *state, st_blob_spool *spool, const char *hash,
                         st_err *err);

    /* *size its bytes. */
    st_status (*reader)(void *state, const char *hash, void **reader,
                        int64_t *size, st_err *err);
    /* All of `bytes`, which lie inside the blob; ST_BAD_DATA if they are
     * not there. */
    st_status (*read)(void *reader, void *data, size_t bytes, int64_t offset,
                      st_err *err);
    void (*release)(void *reader);

    /* Fills bytes and time_us, or ST_NOT_FOUND. */
    st_status (*about)(void *state, const char *hash, st_blob_info *out,
                       st_err *err);
    st_status (*remove)(void *state, const char *hash, st_err *err);
    st_status (*list)(void *state, const char *after, st_blob_info *page,
                      size_t room, size_t *count, st_err *err);
    st_status (*sweep)(void *state, int64_t older_s, int64_t *removed,
                       st_err *err);

    /* NULL where there is no such thing. */
    st_status (*path)(void *state, const char *hash, char *path, size_t bytes,
                      st_err *err);
    st_status (*url)(void *state, const char *hash, int64_t seconds, char *url,
                     size_t bytes, st_err *err);
} st_blob_backend;

extern const st_blob_backend st_blob_file;
extern const st_blob_backend st_blob_s3;

/* "Cannot WHAT (disk full): free some space ...", from an errno. ST_IO, or
 * ST_NOT_FOUND, ST_NO_MEM where that is what it was. */
st_status st_blob_errno(st_err *err, int why, const char *what);

#endif
