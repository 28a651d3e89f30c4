#include "job/job.h"

#include "core/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The only mutable state of the room: a signal handler has no other way to
 * the names. A name that finds no free slot is still removed on every path
 * but a killed process. */
enum { SLOTS = 1024 };
static _Atomic(char *) slots[SLOTS];
enum { FOLDERS = 16 };
static _Atomic(char *) folders[FOLDERS];
static atomic_uint serial;

static void change(_Atomic(char *) *slot, int count, char *from, char *to) {
    for (int i = 0; i < count; i++) {
        char *now = from;
        if (atomic_compare_exchange_strong(&slot[i], &now, to))
            return;
    }
}

static void slot_take(char *name) {
    change(slots, SLOTS, NULL, name);
}

static void slot_clear(char *name) {
    change(slots, SLOTS, name, NULL);
}

void st_run_unlink_all(void) {
    for (int i = 0; i < SLOTS; i++) {
        const char *name = atomic_load(&slots[i]);
        if (name != NULL)
            (void)unlink(name);
    }
    for (int i = 0; i < FOLDERS; i++) {
        const char *name = atomic_load(&folders[i]);
        if (name != NULL)
            (void)rmdir(name);
    }
}

st_status st_folder_make(char **out, const char *path, st_err *err) {
    *out = NULL;
    if (mkdir(path, 0777) != 0)
        return errno == EEXIST
                   ? ST_OK
                   : st_err_set(err, ST_IO, "Cannot make the folder %s: %s.",
                                path, strerror(errno));
    *out = st_strdup(path);
    if (*out != NULL)
        change(folders, FOLDERS, NULL, *out);
    return ST_OK;
}

void st_folder_drop(char *folder) {
    if (folder == NULL)
        return;
    (void)rmdir(folder); /* stays when there is something in it */
    change(folders, FOLDERS, folder, NULL);
    st_free(folder);
}

st_status st_staged_name(char **out, const char *target, st_err *err) {
    const char *slash = strrchr(target, '/');
    int folder = slash != NULL ? (int)(slash - target) + 1 : 0;
    size_t bytes = strlen(target) + 64;
    char *name = st_calloc(bytes, 1);
    if (name == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    (void)snprintf(name, bytes, "%.*s.stemma-%ld-%u", folder, target,
                   (long)getpid(), atomic_fetch_add(&serial, 1));
    slot_take(name);
    *out = name;
    return ST_OK;
}

void st_staged_drop(char *staged) {
    if (staged == NULL)
        return;
    (void)unlink(staged);
    slot_clear(staged);
    st_free(staged);
}

/* Replacing a file must not lose it in a power cut: the new bytes go to the
 * disk first. A new name has nothing to lose. */
static void sync_before_replace(const char *staged, const char *target) {
    if (access(target, F_OK) != 0)
        return;
    int fd = open(staged, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fdatasync(fd);
    (void)close(fd);
}

st_status st_staged_keep(char *staged, const char *target, st_err *err) {
    sync_before_replace(staged, target);
    if (rename(staged, target) != 0)
        return st_err_set(err, ST_IO, "Cannot put %s in its place: %s.", target,
                          strerror(errno));
    slot_clear(staged);
    st_free(staged);
    return ST_OK;
}
