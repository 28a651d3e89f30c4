#include "audio/tempfile.h"

#include "core/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct st_tempfile {
    int fd;
    int slot;
    bool done;
    char path[PATH_MAX];
};

/* What a signal handler may read: fixed storage; a slot's name is written
 * while the slot is `taken` and read only once it is `live`. The one piece of
 * mutable global state of this room, because a handler has no argument. */
enum { SLOTS = 64, SLOT_FREE = 0, SLOT_TAKEN, SLOT_LIVE };
static struct {
    atomic_int state;
    pid_t owner;
    char path[PATH_MAX + 32];
} slots[SLOTS];

static int take_slot(void) {
    for (int i = 0; i < SLOTS; i++) {
        int want = SLOT_FREE;
        if (atomic_compare_exchange_strong(&slots[i].state, &want, SLOT_TAKEN))
            return i;
    }
    return -1;
}

static void free_slot(int slot) {
    atomic_store(&slots[slot].state, SLOT_FREE);
}

void st_tempfile_unlink_all(void) {
    pid_t self = getpid();
    for (int i = 0; i < SLOTS; i++)
        if (atomic_load(&slots[i].state) == SLOT_LIVE && slots[i].owner == self)
            unlink(slots[i].path);
}

static st_status check_target(const char *path, const char *input,
                              st_err *err) {
    struct stat target;
    struct stat source;
    if (stat(path, &target) != 0)
        return ST_OK;
    if (!S_ISREG(target.st_mode))
        return st_err_set(
            err, ST_EXISTS, "'%s' is %s: give the name of a file to write.",
            path, S_ISDIR(target.st_mode) ? "a folder" : "no regular file");
    if (input != NULL && stat(input, &source) == 0 &&
        source.st_dev == target.st_dev && source.st_ino == target.st_ino)
        return st_err_set(err, ST_EXISTS,
                          "'%s' is the input itself: choose another name for "
                          "the result.",
                          path);
    return ST_OK;
}

static st_status open_beside(st_tempfile *file, st_err *err) {
    char *name = slots[file->slot].path;
    const char *slash = strrchr(file->path, '/');
    int folder = slash != NULL ? (int)(slash - file->path) + 1 : 0;
    (void)snprintf(name, sizeof slots[0].path, "%.*s.stemma-XXXXXX", folder,
                   file->path);
    file->fd = mkostemp(name, O_CLOEXEC);
    if (file->fd < 0) {
        int why = errno;
        return st_err_set(err, why == ENOENT ? ST_NOT_FOUND : ST_IO,
                          "Cannot write '%s': %s.", file->path,
                          why == ENOENT   ? "its folder does not exist; make "
                                            "it first"
                          : why == EACCES ? "no permission to write in its "
                                            "folder"
                                          : strerror(why));
    }
    slots[file->slot].owner = getpid();
    atomic_store(&slots[file->slot].state, SLOT_LIVE);
    return ST_OK;
}

/* A result that goes over a symbolic link replaces what the link names. */
static void resolve(st_tempfile *file, const char *path) {
    struct stat info;
    char real[PATH_MAX];
    if (lstat(path, &info) == 0 && S_ISLNK(info.st_mode) &&
        realpath(path, real) != NULL)
        path = real;
    (void)snprintf(file->path, sizeof file->path, "%s", path);
}

st_status st_tempfile_new(st_tempfile **out, const char *path,
                          const char *input, st_err *err) {
    if (path[0] == '\0' || strlen(path) >= PATH_MAX)
        return st_err_set(err, ST_BAD_ARG,
                          "The name of the file to write is %s.",
                          path[0] == '\0' ? "empty" : "too long");
    st_status status = check_target(path, input, err);
    if (status != ST_OK)
        return status;
    st_tempfile *file = st_calloc(1, sizeof *file);
    if (file == NULL)
        return st_err_set(err, ST_NO_MEM, "Not enough memory to write '%s'.",
                          path);
    file->slot = take_slot();
    if (file->slot < 0) {
        st_free(file);
        return st_err_set(err, ST_LIMIT,
                          "More than %d files are being written at once.",
                          SLOTS);
    }
    resolve(file, path);
    status = open_beside(file, err);
    if (status != ST_OK) {
        free_slot(file->slot);
        st_free(file);
        return status;
    }
    *out = file;
    return ST_OK;
}

int st_tempfile_fd(const st_tempfile *file) {
    return file->fd;
}

static st_status failed(const st_tempfile *file, int why, st_err *err) {
    bool full = why == ENOSPC || why == EDQUOT || why == EFBIG;
    return st_err_set(
        err, ST_IO, "Cannot write '%s' (%s)%s.", file->path, strerror(why),
        full ? ": free some space, or write to another disk" : "");
}

st_status st_tempfile_write(st_tempfile *file, const void *data, size_t bytes,
                            int64_t offset, st_err *err) {
    const char *at = data;
    while (bytes > 0) {
        ssize_t done = pwrite(file->fd, at, bytes, offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return failed(file, done < 0 ? errno : ENOSPC, err);
        at += done;
        offset += done;
        bytes -= (size_t)done;
    }
    return ST_OK;
}

/* mkostemp gives 0600; a new file gets what the umask allows, one that is
 * replaced keeps its mode. umask() can only be read by setting it: from
 * /proc/self/status instead, which no other thread notices. */
static mode_t wanted_mode(const char *path) {
    struct stat old;
    if (stat(path, &old) == 0)
        return old.st_mode & 0777;
    unsigned mask = 022;
    FILE *status = fopen("/proc/self/status", "re");
    char line[128];
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "Umask: %o", &mask) == 1)
            break;
    if (status != NULL)
        fclose(status);
    return 0666 & ~(mode_t)mask;
}

st_status st_tempfile_commit(st_tempfile *file, bool sync, st_err *err) {
    (void)fchmod(file->fd, wanted_mode(file->path));
    if (sync && fdatasync(file->fd) != 0)
        return failed(file, errno, err);
    if (rename(slots[file->slot].path, file->path) != 0)
        return failed(file, errno, err);
    file->done = true;
    free_slot(file->slot);
    int fd = file->fd;
    file->fd = -1;
    return close(fd) == 0 ? ST_OK : failed(file, errno, err);
}

void st_tempfile_free(st_tempfile *file) {
    if (file == NULL)
        return;
    if (file->fd >= 0)
        close(file->fd);
    if (!file->done) {
        unlink(slots[file->slot].path);
        free_slot(file->slot);
    }
    st_free(file);
}
