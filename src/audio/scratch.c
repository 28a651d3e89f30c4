#include "audio/scratch.h"

#include "core/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOM = 1 << 16 };

struct st_scratch {
    int fd;
    int64_t written;          /* bytes in the file */
    size_t held;              /* bytes behind them, in `room` */
    unsigned char room[ROOM]; /* small pieces */
};

static int open_named(const char *dir) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/stemma-scratch-XXXXXX", dir) >=
        (int)sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static int open_nameless(const char *dir) {
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return fd >= 0 ? fd : open_named(dir);
}

st_status st_scratch_new(st_scratch **out, const char *dir, st_err *err) {
    if (dir == NULL)
        dir = getenv("TMPDIR");
    if (dir == NULL || dir[0] == '\0')
        dir = "/var/tmp";
    st_scratch *s = st_calloc(1, sizeof *s);
    if (s == NULL)
        return st_err_set(err, ST_NO_MEM, "Not enough memory for scratch.");
    s->fd = open_nameless(dir);
    if (s->fd < 0) {
        st_free(s);
        return st_err_set(err, ST_IO,
                          "Cannot make a scratch file in '%s' (%s): set TMPDIR "
                          "to a folder that can be written.",
                          dir, strerror(errno));
    }
    *out = s;
    return ST_OK;
}

void st_scratch_free(st_scratch *s) {
    if (s == NULL)
        return;
    close(s->fd);
    st_free(s);
}

static st_status write_all(st_scratch *s, const void *data, size_t bytes,
                           st_err *err) {
    const char *at = data;
    while (bytes > 0) {
        ssize_t done = pwrite(s->fd, at, bytes, s->written);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return st_err_set(err, ST_IO,
                              "Cannot write a scratch file (%s): free some "
                              "space, or set TMPDIR to a larger disk.",
                              strerror(done < 0 ? errno : ENOSPC));
        at += done;
        bytes -= (size_t)done;
        s->written += done;
    }
    return ST_OK;
}

st_status st_scratch_flush(st_scratch *s, st_err *err) {
    st_status status = write_all(s, s->room, s->held, err);
    s->held = 0;
    return status;
}

st_status st_scratch_append(st_scratch *s, const void *data, size_t bytes,
                            st_err *err) {
    st_status status = ST_OK;
    if (s->held + bytes > ROOM)
        status = st_scratch_flush(s, err);
    if (status == ST_OK && bytes > ROOM)
        return write_all(s, data, bytes, err);
    if (status != ST_OK)
        return status;
    memcpy(s->room + s->held, data, bytes);
    s->held += bytes;
    return ST_OK;
}

int64_t st_scratch_size(const st_scratch *s) {
    return s->written + (int64_t)s->held;
}

st_status st_scratch_read(const st_scratch *s, int64_t offset, void *data,
                          size_t bytes, st_err *err) {
    char *at = data;
    while (bytes > 0) {
        ssize_t done = pread(s->fd, at, bytes, offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return st_err_set(err, ST_IO,
                              "Cannot read a scratch file back (%s): check the "
                              "disk that TMPDIR names.",
                              done < 0 ? strerror(errno) : "it is too short");
        at += done;
        bytes -= (size_t)done;
        offset += done;
    }
    return ST_OK;
}

st_status st_scratch_keep(st_scratch *s, const char *path, st_err *err) {
    char own[64], fresh[PATH_MAX];
    snprintf(own, sizeof own, "/proc/self/fd/%d", s->fd);
    int length = snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof fresh)
        return st_err_set(err, ST_IO, "The name '%s' is too long.", path);
    if (linkat(AT_FDCWD, own, AT_FDCWD, fresh, AT_SYMLINK_FOLLOW) == 0 &&
        rename(fresh, path) == 0)
        return ST_OK;
    int why = errno;
    (void)unlink(fresh);
    return st_err_set(err, ST_IO, "Cannot keep '%s': %s.", path, strerror(why));
}

st_status st_scratch_open(st_scratch **out, const char *path, st_err *err) {
    struct stat about;
    st_scratch *s = st_calloc(1, sizeof *s);
    if (s == NULL)
        return st_err_set(err, ST_NO_MEM, "Not enough memory for scratch.");
    s->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0 || fstat(s->fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        if (s->fd >= 0)
            close(s->fd);
        st_free(s);
        return st_err_set(err, ST_NOT_FOUND, "There is no file '%s'.", path);
    }
    s->written = about.st_size;
    *out = s;
    return ST_OK;
}
