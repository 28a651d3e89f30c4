#include "store/blob.h"

#include "core/alloc.h"
#include "store/blob_impl.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_BYTES = 1 << 18, PAGE_MAX = 1000, CHECK_BYTES = 64 };

static const st_blob_backend *const backends[] = {&st_blob_file, &st_blob_s3,
                                                  NULL};

struct st_blobs {
    const st_blob_backend *end;
    void *state;
    char name[ST_BLOB_NAME_BYTES];
};

struct st_blob_writer {
    st_blobs *store;
    st_hash hash;
    st_blob_spool spool;
    bool failed;
};

struct st_blob_reader {
    st_blobs *store;
    void *state;
    int64_t bytes;
    char hash[ST_HASH_TEXT_BYTES];
};

/* -- sentences ---------------------------------------------------------------
 */

static st_status told(const st_blobs *store, st_status status, st_err *err) {
    if (status != ST_OK)
        st_err_prefix(err, "Blob store (%s)", store->name);
    return status;
}

static const char *advice(int why) {
    switch (why) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return "the disk or its quota is full; free some space";
    case EROFS:
        return "it is mounted read-only; mount it writable or choose another "
               "folder";
    case EACCES:
    case EPERM:
        return "no permission; give this user the right to read and write "
               "there";
    case EMFILE:
    case ENFILE:
        return "too many open files; raise the limit (ulimit -n)";
    case ENOTDIR:
        return "a part of the path is a file; choose another folder";
    case EIO:
        return "the disk reports an error; check it and its cables";
    default:
        return strerror(why);
    }
}

st_status st_blob_errno(st_err *err, int why, const char *what) {
    st_status status = why == ENOMEM ? ST_NO_MEM : ST_IO;
    return st_err_set(err, status, "cannot %s: %s.", what, advice(why));
}

static st_status no_memory(const st_blobs *store, st_err *err) {
    (void)st_err_set(err, ST_NO_MEM, "not enough memory for a blob.");
    return told(store, ST_NO_MEM, err);
}

/* Names come from outside, paths are made of them. */
static st_status check_hash(const st_blobs *store, const char *hash,
                            st_err *err) {
    if (hash != NULL && st_hash_valid(hash))
        return ST_OK;
    return told(store,
                st_err_set(err, ST_BAD_ARG,
                           "'%.64s' is not the name of a blob; give 64 "
                           "lower-case hex digits.",
                           hash != NULL ? hash : ""),
                err);
}

/* -- the store ---------------------------------------------------------------
 */

/* "file" also for what has no scheme at all. */
static const st_blob_backend *backend_of(const char *url) {
    const char *colon = strstr(url, "://");
    size_t length = colon != NULL ? (size_t)(colon - url) : 0;
    if (url[0] == '/' || colon == NULL)
        return backends[0];
    for (size_t i = 0; backends[i] != NULL; i++)
        if (strlen(backends[i]->scheme) == length &&
            strncmp(url, backends[i]->scheme, length) == 0)
            return backends[i];
    return NULL;
}

st_status st_blobs_open(st_blobs **out, const char *url, const st_log *log,
                        st_err *err) {
    const st_blob_backend *end = backend_of(url);
    if (url[0] == '\0' || end == NULL)
        return st_err_set(err, ST_BAD_ARG,
                          "The address of the blob store begins with nothing "
                          "known; give a folder, file:///folder or "
                          "s3://bucket/prefix?endpoint=https://host.");
    if (sodium_init() < 0)
        return st_err_set(err, ST_INTERNAL,
                          "libsodium finds no random source; check that "
                          "getrandom works here.");
    st_blobs *store = st_calloc(1, sizeof *store);
    if (store == NULL)
        return st_err_set(err, ST_NO_MEM,
                          "Not enough memory for the blob store.");
    store->end = end;
    st_status status = end->open(url, log, &store->state, store->name, err);
    if (status != ST_OK) {
        st_err_prefix(err, "Blob store");
        st_free(store);
        return status;
    }
    *out = store;
    return ST_OK;
}

void st_blobs_close(st_blobs *store) {
    if (store == NULL)
        return;
    store->end->close(store->state);
    st_free(store);
}

const char *st_blobs_name(const st_blobs *store) {
    return store->name;
}

static st_status read_back(st_blobs *store, const char *hash,
                           const void *wanted, size_t bytes, st_err *err) {
    unsigned char back[CHECK_BYTES] = {0};
    st_blob_reader *reader = NULL;
    size_t got = 0;
    st_status status = st_blob_open(store, hash, &reader, err);
    if (status != ST_OK)
        return status;
    status = st_blob_read(reader, back, sizeof back, 0, &got, err);
    if (status == ST_OK && (got != bytes || memcmp(back, wanted, bytes) != 0))
        status = told(store,
                      st_err_set(err, ST_BAD_DATA,
                                 "it gives back other bytes than were "
                                 "written; check its disks."),
                      err);
    st_blob_reader_free(reader);
    return status;
}

st_status st_blobs_check(st_blobs *store, st_err *err) {
    unsigned char bytes[CHECK_BYTES];
    char hash[ST_HASH_TEXT_BYTES];
    randombytes_buf(bytes, sizeof bytes);
    st_status status = st_blob_put_all(store, bytes, sizeof bytes, hash, err);
    if (status != ST_OK)
        return status;
    status = read_back(store, hash, bytes, sizeof bytes, err);
    st_status gone = st_blob_remove(store, hash, status == ST_OK ? err : NULL);
    return status != ST_OK ? status : gone;
}

st_status st_blobs_sweep(st_blobs *store, int64_t older_s, int64_t *removed,
                         st_err *err) {
    int64_t count = 0;
    st_status status = store->end->sweep(store->state, older_s, &count, err);
    if (removed != NULL)
        *removed = count;
    return told(store, status, err);
}

/* -- putting -----------------------------------------------------------------
 */

st_status st_blob_begin(st_blobs *store, st_blob_writer **out, st_err *err) {
    st_blob_writer *writer = st_calloc(1, sizeof *writer);
    if (writer == NULL)
        return no_memory(store, err);
    writer->store = store;
    st_hash_init(&writer->hash);
    st_status status = store->end->spool(store->state, &writer->spool, err);
    if (status != ST_OK) {
        st_free(writer);
        return told(store, status, err);
    }
    *out = writer;
    return ST_OK;
}

static st_status write_all(int fd, const char *data, size_t bytes,
                           st_err *err) {
    while (bytes > 0) {
        ssize_t done = write(fd, data, bytes);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return st_blob_errno(err, done < 0 ? errno : ENOSPC,
                                 "write a blob's temporary file");
        data += done;
        bytes -= (size_t)done;
    }
    return ST_OK;
}

st_status st_blob_append(st_blob_writer *writer, const void *data, size_t bytes,
                         st_err *err) {
    assert(!writer->failed);
    st_status status = write_all(writer->spool.fd, data, bytes, err);
    if (status != ST_OK) {
        writer->failed = true;
        return told(writer->store, status, err);
    }
    st_hash_update(&writer->hash, data, bytes);
    writer->spool.bytes += (int64_t)bytes;
    return ST_OK;
}

st_status st_blob_finish(st_blob_writer *writer, char hash[ST_HASH_TEXT_BYTES],
                         st_err *err) {
    char name[ST_HASH_TEXT_BYTES];
    st_blobs *store = writer->store;
    assert(!writer->failed);
    writer->failed = true; /* whatever comes: no more bytes */
    st_hash_final(&writer->hash, name);
    st_status status =
        store->end->publish(store->state, &writer->spool, name, err);
    if (status == ST_OK)
        memcpy(hash, name, sizeof name);
    return told(store, status, err);
}

void st_blob_writer_free(st_blob_writer *writer) {
    if (writer == NULL)
        return;
    writer->store->end->drop(writer->store->state, &writer->spool);
    st_free(writer);
}

st_status st_blob_put_all(st_blobs *store, const void *data, size_t bytes,
                          char hash[ST_HASH_TEXT_BYTES], st_err *err) {
    st_blob_writer *writer = NULL;
    st_status status = st_blob_begin(store, &writer, err);
    if (status == ST_OK)
        status = st_blob_append(writer, data, bytes, err);
    if (status == ST_OK)
        status = st_blob_finish(writer, hash, err);
    st_blob_writer_free(writer);
    return status;
}

/* -- reading -----------------------------------------------------------------
 */

st_status st_blob_open(st_blobs *store, const char *hash, st_blob_reader **out,
                       st_err *err) {
    st_status status = check_hash(store, hash, err);
    if (status != ST_OK)
        return status;
    st_blob_reader *reader = st_calloc(1, sizeof *reader);
    if (reader == NULL)
        return no_memory(store, err);
    reader->store = store;
    memcpy(reader->hash, hash, sizeof reader->hash);
    status = store->end->reader(store->state, hash, &reader->state,
                                &reader->bytes, err);
    if (status != ST_OK) {
        st_free(reader);
        return told(store, status, err);
    }
    *out = reader;
    return ST_OK;
}

int64_t st_blob_size(const st_blob_reader *reader) {
    return reader->bytes;
}

st_status st_blob_read(st_blob_reader *reader, void *data, size_t bytes,
                       int64_t offset, size_t *got, st_err *err) {
    assert(offset >= 0);
    uint64_t left =
        offset < reader->bytes ? (uint64_t)(reader->bytes - offset) : 0;
    size_t wanted = left < bytes ? (size_t)left : bytes;
    st_status status = ST_OK;
    if (wanted > 0)
        status =
            reader->store->end->read(reader->state, data, wanted, offset, err);
    if (status != ST_OK)
        return told(reader->store, status, err);
    *got = wanted;
    return ST_OK;
}

void st_blob_reader_free(st_blob_reader *reader) {
    if (reader == NULL)
        return;
    reader->store->end->release(reader->state);
    st_free(reader);
}

static st_status hash_of(st_blob_reader *reader, char hash[ST_HASH_TEXT_BYTES],
                         st_err *err) {
    unsigned char *chunk = st_alloc_scratch(CHUNK_BYTES, 1);
    st_status status = ST_OK;
    st_hash sum;
    size_t got = 0;
    if (chunk == NULL)
        return no_memory(reader->store, err);
    st_hash_init(&sum);
    for (int64_t at = 0; at < reader->bytes; at += (int64_t)got) {
        status = st_blob_read(reader, chunk, CHUNK_BYTES, at, &got, err);
        if (status != ST_OK)
            break;
        st_hash_update(&sum, chunk, got);
    }
    st_hash_final(&sum, hash);
    st_free(chunk);
    return status;
}

st_status st_blob_verify(st_blobs *store, const char *hash, st_err *err) {
    char found[ST_HASH_TEXT_BYTES] = "";
    st_blob_reader *reader = NULL;
    st_status status = st_blob_open(store, hash, &reader, err);
    if (status == ST_OK)
        status = hash_of(reader, found, err);
    if (status == ST_OK && strcmp(found, hash) != 0)
        status = told(store,
                      st_err_set(err, ST_BAD_DATA,
                                 "blob %s is damaged: its bytes are now those "
                                 "of %s; remove it and put the content again.",
                                 hash, found),
                      err);
    st_blob_reader_free(reader);
    return status;
}

/* -- what is there -----------------------------------------------------------
 */

st_status st_blob_about(st_blobs *store, const char *hash, st_blob_info *out,
                        st_err *err) {
    st_blob_info info = {.bytes = 0};
    st_status status = check_hash(store, hash, err);
    if (status != ST_OK)
        return status;
    status = store->end->about(store->state, hash, &info, err);
    if (status != ST_OK)
        return told(store, status, err);
    memcpy(info.hash, hash, sizeof info.hash);
    *out = info;
    return ST_OK;
}

st_status st_blob_has(st_blobs *store, const char *hash, bool *out,
                      st_err *err) {
    st_blob_info info;
    st_err own = {.status = ST_OK};
    st_status status = st_blob_about(store, hash, &info, &own);
    if (status != ST_OK && status != ST_NOT_FOUND) {
        if (err != NULL)
            *err = own;
        return status;
    }
    *out = status == ST_OK;
    return ST_OK;
}

st_status st_blob_remove(st_blobs *store, const char *hash, st_err *err) {
    st_status status = check_hash(store, hash, err);
    if (status != ST_OK)
        return status;
    return told(store, store->end->remove(store->state, hash, err), err);
}

st_status st_blob_list(st_blobs *store, const char *after, st_blob_info *page,
                       size_t room, size_t *count, st_err *err) {
    bool first = after == NULL || after[0] == '\0';
    st_status status = first ? ST_OK : check_hash(store, after, err);
    size_t found = 0;
    if (status != ST_OK)
        return status;
    assert(room >= 1 && room <= PAGE_MAX);
    status = store->end->list(store->state, first ? "" : after, page, room,
                              &found, err);
    if (status == ST_OK)
        *count = found;
    return told(store, status, err);
}

/* -- ways past the store ------------------------------------------------------
 */

st_status st_blob_path(st_blobs *store, const char *hash, char *path,
                       size_t bytes, st_err *err) {
    st_status status = check_hash(store, hash, err);
    if (status != ST_OK)
        return status;
    if (store->end->path == NULL)
        return told(store,
                    st_err_set(err, ST_UNSUPPORTED,
                               "its blobs have no local path; read them."),
                    err);
    return told(store, store->end->path(store->state, hash, path, bytes, err),
                err);
}

st_status st_blob_url(st_blobs *store, const char *hash, int64_t seconds,
                      char *url, size_t bytes, st_err *err) {
    st_status status = check_hash(store, hash, err);
    if (status != ST_OK)
        return status;
    if (store->end->url == NULL)
        return told(store,
                    st_err_set(err, ST_UNSUPPORTED,
                               "its blobs have no address of their own; send "
                               "them yourself."),
                    err);
    return told(store,
                store->end->url(store->state, hash, seconds, url, bytes, err),
                err);
}
