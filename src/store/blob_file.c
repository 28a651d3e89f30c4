/* Blobs as files: ROOT/ab/abcd..., and ROOT/tmp for what is being put.
 *
 * A blob being put has no name at all (O_TMPFILE), so a crash leaves nothing;
 * where the file system cannot do that it has one in tmp/ and holds a lock,
 * so a sweep sees whether its writer lives. Data is synced before the name is
 * given, the folder after it. */
#include "core/alloc.h"
#include "core/clock.h"
#include "store/blob_impl.h"
#include "store/url.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDERS = 256, ENTRY_BYTES = 72, FD_BYTES = 64 };

typedef struct {
    int root; /* descriptor */
    bool named_temps;
    char path[PATH_MAX];
} file_store;

/* "ab/abcd...", below the root. */
static void entry_of(const char *hash, char entry[ENTRY_BYTES]) {
    (void)snprintf(entry, ENTRY_BYTES, "%.2s/%.64s", hash, hash);
}

static int64_t us_of(const struct timespec *t) {
    return (int64_t)t->tv_sec * 1000000 + t->tv_nsec / 1000;
}

static st_status not_there(const char *hash, st_err *err) {
    (void)st_err_set(err, ST_NOT_FOUND, "there is no blob %.64s.", hash);
    return ST_NOT_FOUND;
}

/* -- the store ---------------------------------------------------------------
 */

static st_status parse(file_store *files, const char *url, char *path,
                       st_err *err) {
    static const char scheme[] = "file://";
    size_t skip = strlen(scheme);
    if (strncmp(url, scheme, skip) != 0) {
        (void)snprintf(path, PATH_MAX, "%s", url);
        return strlen(url) < PATH_MAX
                   ? ST_OK
                   : st_err_set(err, ST_BAD_ARG, "its path is too long.");
    }
    st_url_query query = {.text = strchr(url, '?')};
    size_t length = strcspn(url + skip, "?");
    if (url[skip] != '/' || !st_url_decode(url + skip, length, path, PATH_MAX))
        return st_err_set(err, ST_BAD_ARG, "'%.200s' is not file:///folder.",
                          url);
    for (st_url_field field; st_url_next(&query, &field);) {
        if (strcmp(field.name, "named_temps") != 0)
            return st_err_set(err, ST_BAD_ARG,
                              "'%.64s' is no option of file:// (there is "
                              "named_temps=1).",
                              field.name);
        files->named_temps = strcmp(field.value, "0") != 0;
    }
    if (query.bad)
        return st_err_set(err, ST_BAD_ARG, "an option of its URL is garbled.");
    return ST_OK;
}

static int make_all(const char *path) {
    char part[PATH_MAX];
    (void)snprintf(part, sizeof part, "%s", path);
    for (char *at = part + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return errno;
        *at = '/';
    }
    return mkdir(part, 0700) != 0 && errno != EEXIST ? errno : 0;
}

/* All folders are made once, so that no put has to sync the root. A store
 * that cannot be written may still be read. */
static void make_folders(const file_store *files) {
    char name[4];
    if (faccessat(files->root, "ff", F_OK, 0) == 0 &&
        faccessat(files->root, "tmp", F_OK, 0) == 0)
        return;
    (void)mkdirat(files->root, "tmp", 0700);
    for (int i = 0; i < FOLDERS; i++) {
        (void)snprintf(name, sizeof name, "%02x", (unsigned)i);
        if (mkdirat(files->root, name, 0700) != 0 && errno != EEXIST)
            return;
    }
    (void)fsync(files->root);
}

static st_status open_root(file_store *files, const char *path, st_err *err) {
    char what[256];
    int why = make_all(path);
    (void)snprintf(what, sizeof what, "use the folder '%.200s'", path);
    files->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->root < 0)
        return st_blob_errno(err, why != 0 ? why : errno, what);
    if (realpath(path, files->path) == NULL) {
        why = errno;
        (void)close(files->root);
        return st_blob_errno(err, why, what);
    }
    make_folders(files);
    if (access("/proc/self/fd", X_OK) != 0)
        files->named_temps = true; /* linkat needs it */
    return ST_OK;
}

static st_status file_open(const char *url, const st_log *log, void **state,
                           char name[ST_BLOB_NAME_BYTES], st_err *err) {
    char path[PATH_MAX];
    file_store *files = st_calloc(1, sizeof *files);
    (void)log;
    if (files == NULL)
        return st_err_set(err, ST_NO_MEM, "not enough memory.");
    st_status status = parse(files, url, path, err);
    if (status == ST_OK)
        status = open_root(files, path, err);
    if (status != ST_OK) {
        st_free(files);
        return status;
    }
    (void)snprintf(name, ST_BLOB_NAME_BYTES, "files in %s", files->path);
    *state = files;
    return ST_OK;
}

static void file_close(void *state) {
    file_store *files = state;
    (void)close(files->root);
    st_free(files);
}

/* -- putting -----------------------------------------------------------------
 */

static void temp_name(char name[64]) {
    unsigned char bits[16];
    char digits[33];
    randombytes_buf(bits, sizeof bits);
    (void)sodium_bin2hex(digits, sizeof digits, bits, sizeof bits);
    (void)snprintf(name, 64, "tmp/%s", digits);
}

static st_status file_spool(void *state, st_blob_spool *spool, st_err *err) {
    const file_store *files = state;
    int fd = -1;
    if (!files->named_temps)
        fd = openat(files->root, "tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0444);
    if (fd < 0 && (files->named_temps || errno == EOPNOTSUPP ||
                   errno == EISDIR || errno == EINVAL)) {
        temp_name(spool->name);
        fd = openat(files->root, spool->name,
                    O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0444);
    }
    if (fd < 0) {
        spool->name[0] = '\0';
        return st_blob_errno(err, errno, "start a blob in its folder tmp");
    }
    (void)flock(fd, LOCK_EX | LOCK_NB); /* its writer lives */
    spool->fd = fd;
    return ST_OK;
}

static void file_drop(void *state, st_blob_spool *spool) {
    const file_store *files = state;
    if (spool->name[0] != '\0')
        (void)unlinkat(files->root, spool->name, 0);
    (void)close(spool->fd);
}

/* 0 or an errno. */
static int link_to(const file_store *files, int fd, const char *to) {
    char from[FD_BYTES];
    (void)snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, from, files->root, to, AT_SYMLINK_FOLLOW) == 0
               ? 0
               : errno;
}

/* One that is there already is replaced by the same bytes: its time becomes
 * now, and if it was damaged it is whole again. */
static int give_name(const file_store *files, st_blob_spool *spool,
                     const char *entry) {
    if (spool->name[0] == '\0') {
        int why = link_to(files, spool->fd, entry);
        if (why != EEXIST)
            return why;
        temp_name(spool->name);
        why = link_to(files, spool->fd, spool->name);
        if (why != 0) {
            spool->name[0] = '\0';
            return why;
        }
    }
    if (renameat(files->root, spool->name, files->root, entry) != 0)
        return errno;
    spool->name[0] = '\0';
    return 0;
}

static int sync_folder(const file_store *files, const char *hash) {
    char name[4];
    (void)snprintf(name, sizeof name, "%.2s", hash);
    int fd = openat(files->root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int why = fd < 0 || fsync(fd) != 0 ? errno : 0;
    if (fd >= 0)
        (void)close(fd);
    return why;
}

/* Somebody removed the folder since the store was opened. */
static int make_folder_again(const file_store *files, const char *hash) {
    char name[4];
    (void)snprintf(name, sizeof name, "%.2s", hash);
    if (mkdirat(files->root, name, 0700) != 0 && errno != EEXIST)
        return errno;
    return fsync(files->root) == 0 ? 0 : errno;
}

static st_status file_publish(void *state, st_blob_spool *spool,
                              const char *hash, st_err *err) {
    const file_store *files = state;
    char entry[ENTRY_BYTES];
    entry_of(hash, entry);
    (void)futimens(spool->fd, NULL);
    int why = fsync(spool->fd) == 0 ? 0 : errno;
    if (why == 0)
        why = give_name(files, spool, entry);
    if (why == ENOENT) {
        why = make_folder_again(files, hash);
        if (why == 0)
            why = give_name(files, spool, entry);
    }
    if (why == 0)
        why = sync_folder(files, hash);
    return why == 0 ? ST_OK : st_blob_errno(err, why, "store a blob");
}

/* -- reading -----------------------------------------------------------------
 */

typedef struct {
    int fd;
} file_reader;

/* Never a link, a pipe or a folder that somebody put there. */
static st_status open_blob(const file_store *files, const char *hash, int *out,
                           struct stat *about, st_err *err) {
    char entry[ENTRY_BYTES];
    entry_of(hash, entry);
    int fd = openat(files->root, entry,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ELOOP))
        return not_there(hash, err);
    if (fd < 0)
        return st_blob_errno(err, errno, "open a blob");
    if (fstat(fd, about) != 0 || !S_ISREG(about->st_mode)) {
        (void)close(fd);
        return not_there(hash, err);
    }
    *out = fd;
    return ST_OK;
}

static st_status file_open_reader(void *state, const char *hash, void **out,
                                  int64_t *size, st_err *err) {
    struct stat about = {0};
    file_reader *reader = st_calloc(1, sizeof *reader);
    if (reader == NULL)
        return st_err_set(err, ST_NO_MEM, "not enough memory.");
    st_status status = open_blob(state, hash, &reader->fd, &about, err);
    if (status != ST_OK) {
        st_free(reader);
        return status;
    }
    *size = (int64_t)about.st_size;
    *out = reader;
    return ST_OK;
}

static st_status file_read(void *state, void *data, size_t bytes,
                           int64_t offset, st_err *err) {
    const file_reader *reader = state;
    char *at = data;
    while (bytes > 0) {
        ssize_t got = pread(reader->fd, at, bytes, offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return st_blob_errno(err, errno, "read a blob");
        if (got == 0)
            return st_err_set(err, ST_BAD_DATA,
                              "a blob ends too early: something else cut its "
                              "file; put the content again.");
        at += got;
        offset += got;
        bytes -= (size_t)got;
    }
    return ST_OK;
}

static void file_release(void *state) {
    file_reader *reader = state;
    (void)close(reader->fd);
    st_free(reader);
}

/* -- what is there -----------------------------------------------------------
 */

static bool look(const file_store *files, const char *hash, st_blob_info *out,
                 int *why) {
    char entry[ENTRY_BYTES];
    struct stat about;
    entry_of(hash, entry);
    *why = 0;
    if (fstatat(files->root, entry, &about, AT_SYMLINK_NOFOLLOW) != 0) {
        *why = errno;
        return false;
    }
    if (!S_ISREG(about.st_mode)) {
        *why = ENOENT;
        return false;
    }
    out->bytes = (int64_t)about.st_size;
    out->time_us = us_of(&about.st_mtim);
    return true;
}

static st_status file_about(void *state, const char *hash, st_blob_info *out,
                            st_err *err) {
    int why = 0;
    if (look(state, hash, out, &why))
        return ST_OK;
    return why == ENOENT ? not_there(hash, err)
                         : st_blob_errno(err, why, "look at a blob");
}

static st_status file_remove(void *state, const char *hash, st_err *err) {
    const file_store *files = state;
    char entry[ENTRY_BYTES];
    entry_of(hash, entry);
    if (unlinkat(files->root, entry, 0) != 0 && errno != ENOENT)
        return st_blob_errno(err, errno, "remove a blob");
    return ST_OK;
}

static int by_text(const void *a, const void *b) {
    return strcmp(a, b);
}

typedef char hash_name[ST_HASH_TEXT_BYTES];

/* The names after `after` in an open folder, in order. */
static st_status names_in(DIR *folder, const char *prefix, const char *after,
                          hash_name **names, size_t *count) {
    size_t room = 0;
    for (struct dirent *at = readdir(folder); at != NULL;
         at = readdir(folder)) {
        if (!st_hash_valid(at->d_name) || strncmp(at->d_name, prefix, 2) != 0 ||
            strcmp(at->d_name, after) <= 0)
            continue;
        if (*count == room) {
            size_t more = room == 0 ? 256 : 2 * room;
            st_status status =
                st_regrow((void **)names, room, more, sizeof **names);
            if (status != ST_OK)
                return status;
            room = more;
        }
        memcpy((*names)[(*count)++], at->d_name, ST_HASH_TEXT_BYTES);
    }
    if (*count > 1)
        qsort(*names, *count, sizeof **names, by_text);
    return ST_OK;
}

static st_status open_folder(const file_store *files, const char *name,
                             DIR **out, st_err *err) {
    int fd = openat(files->root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return ST_OK;
    if (fd >= 0 && (*out = fdopendir(fd)) == NULL) {
        int why = errno;
        (void)close(fd);
        errno = why;
        fd = -1;
    }
    return fd >= 0 ? ST_OK : st_blob_errno(err, errno, "list its folders");
}

static st_status list_folder(const file_store *files, const char *prefix,
                             const char *after, st_blob_info *page, size_t room,
                             size_t *count, st_err *err) {
    DIR *folder = NULL;
    hash_name *names = NULL;
    size_t found = 0;
    int why = 0;
    st_status status = open_folder(files, prefix, &folder, err);
    if (folder == NULL)
        return status;
    status = names_in(folder, prefix, after, &names, &found);
    for (size_t i = 0; status == ST_OK && i < found && *count < room; i++) {
        st_blob_info info = {.bytes = 0};
        memcpy(info.hash, names[i], sizeof info.hash);
        if (look(files, info.hash, &info, &why))
            page[(*count)++] = info;
    }
    st_free(names);
    (void)closedir(folder);
    return status == ST_OK
               ? ST_OK
               : st_err_set(err, status, "not enough memory for a list.");
}

static st_status file_list(void *state, const char *after, st_blob_info *page,
                           size_t room, size_t *count, st_err *err) {
    char first[3] = "00";
    st_status status = ST_OK;
    if (after[0] != '\0')
        memcpy(first, after, 2);
    for (long i = strtol(first, NULL, 16);
         status == ST_OK && i < FOLDERS && *count < room; i++) {
        char prefix[4];
        (void)snprintf(prefix, sizeof prefix, "%02lx", (unsigned long)i);
        status = list_folder(state, prefix, after, page, room, count, err);
    }
    return status;
}

/* -- sweep -------------------------------------------------------------------
 */

/* Old, and nobody holds its lock. */
static bool left_behind(int folder, const char *name, int64_t before_us) {
    struct stat about;
    int fd =
        openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool dead = fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
                us_of(&about.st_mtim) <= before_us &&
                flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (fd >= 0)
        (void)close(fd);
    return dead;
}

static st_status file_sweep(void *state, int64_t older_s, int64_t *removed,
                            st_err *err) {
    const file_store *files = state;
    DIR *folder = NULL;
    int64_t before_us = st_clock_utc_us() - older_s * 1000000;
    st_status status = open_folder(files, "tmp", &folder, err);
    if (folder == NULL)
        return status;
    for (struct dirent *at = readdir(folder); at != NULL; at = readdir(folder))
        if (at->d_name[0] != '.' &&
            left_behind(dirfd(folder), at->d_name, before_us) &&
            unlinkat(dirfd(folder), at->d_name, 0) == 0)
            (*removed)++;
    (void)closedir(folder);
    return ST_OK;
}

static st_status file_path(void *state, const char *hash, char *path,
                           size_t bytes, st_err *err) {
    const file_store *files = state;
    st_blob_info info;
    st_status status = file_about(state, hash, &info, err);
    if (status != ST_OK)
        return status;
    int length = snprintf(path, bytes, "%s/%.2s/%s", files->path, hash, hash);
    if (length < 0 || (size_t)length >= bytes)
        return st_err_set(err, ST_LIMIT, "the path of a blob is too long.");
    return ST_OK;
}

const st_blob_backend st_blob_file = {
    .scheme = "file",
    .open = file_open,
    .close = file_close,
    .spool = file_spool,
    .drop = file_drop,
    .publish = file_publish,
    .reader = file_open_reader,
    .read = file_read,
    .release = file_release,
    .about = file_about,
    .remove = file_remove,
    .list = file_list,
    .sweep = file_sweep,
    .path = file_path,
    .url = NULL,
};
