#include "mix/print_cache.h"

#include "core/alloc.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool st_print_cache_folder(const char *root, const char *kind, char *path,
                           size_t bytes) {
    int length = snprintf(path, bytes, "%s/%s", root, kind);
    if (length < 0 || (size_t)length >= bytes)
        return false;
    for (char *at = path + 1; *at != '\0'; at++)
        if (*at == '/') {
            *at = '\0';
            (void)mkdir(path, 0700);
            *at = '/';
        }
    (void)mkdir(path, 0700);
    return access(path, W_OK | X_OK) == 0;
}

void st_print_maker(int version, char text[ST_PRINT_MAKER_BYTES]) {
    struct stat about = {0};
    (void)stat("/proc/self/exe", &about);
    snprintf(text, ST_PRINT_MAKER_BYTES, "%d %ju %ju %jd %jd.%09ld", version,
             (uintmax_t)about.st_dev, (uintmax_t)about.st_ino,
             (intmax_t)about.st_size, (intmax_t)about.st_mtim.tv_sec,
             about.st_mtim.tv_nsec);
}

static bool name_of(const char *folder, const char *key, char *path,
                    size_t bytes) {
    int length = snprintf(path, bytes, "%s/%s", folder, key);
    return length > 0 && (size_t)length < bytes;
}

bool st_print_cache_load(const char *folder, const char *key, st_print *print) {
    char path[PATH_MAX];
    if (!name_of(folder, key, path, sizeof path) ||
        st_spool_open(&print->spool, path, &print->meter, sizeof print->meter,
                      NULL) != ST_OK)
        return false;
    (void)utimensat(AT_FDCWD, path, NULL, 0); /* used now: goes last */
    return true;
}

bool st_print_cache_store(const char *folder, const char *key,
                          const st_print *print) {
    char path[PATH_MAX];
    return name_of(folder, key, path, sizeof path) &&
           st_spool_keep(print->spool, path, &print->meter, sizeof print->meter,
                         NULL) == ST_OK;
}

/* --- what was heard: a spool without sound, whose note it is --- */

_Static_assert(sizeof(st_file_facts) <= ST_SPOOL_NOTE_BYTES,
               "what was heard has to fit into a note");

bool st_heard_load(const char *folder, const char *key, st_file_facts *heard) {
    char path[PATH_MAX];
    st_spool *spool = NULL;
    if (!name_of(folder, key, path, sizeof path) ||
        st_spool_open(&spool, path, heard, sizeof *heard, NULL) != ST_OK)
        return false;
    st_spool_free(spool);
    (void)utimensat(AT_FDCWD, path, NULL, 0);
    return true;
}

bool st_heard_store(const char *folder, const char *key,
                    const st_file_facts *heard) {
    char path[PATH_MAX];
    st_spool *spool = NULL;
    st_sink *sink = NULL;
    if (!name_of(folder, key, path, sizeof path) ||
        st_spool_new(&spool, folder, 8000, 1, NULL) != ST_OK)
        return false;
    bool ok = st_spool_sink(spool, &sink, NULL) == ST_OK &&
              st_sink_finish(sink, NULL) == ST_OK &&
              st_spool_keep(spool, path, heard, sizeof *heard, NULL) == ST_OK;
    st_sink_free(sink);
    st_spool_free(spool);
    return ok;
}

/* --- the cap --- */

typedef struct {
    char name[ST_HASH_TEXT_BYTES + 32];
    int64_t used_ns, bytes;
} kept;

static int older_first(const void *a, const void *b) {
    const kept *x = a, *y = b;
    return (x->used_ns > y->used_ns) - (x->used_ns < y->used_ns);
}

static size_t list(DIR *folder, kept **out, int64_t *total) {
    size_t count = 0, room = 0;
    struct dirent *at;
    while ((at = readdir(folder)) != NULL) {
        struct stat about;
        if (at->d_name[0] == '.' || strlen(at->d_name) >= sizeof out[0]->name ||
            fstatat(dirfd(folder), at->d_name, &about, AT_SYMLINK_NOFOLLOW) !=
                0)
            continue;
        if (count == room) {
            size_t more = room == 0 ? 64 : 2 * room;
            if (st_regrow((void **)out, room, more, sizeof **out) != ST_OK)
                break;
            room = more;
        }
        kept *k = &(*out)[count++];
        snprintf(k->name, sizeof k->name, "%s", at->d_name);
        k->used_ns =
            (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec;
        k->bytes = (int64_t)about.st_blocks * 512;
        *total += k->bytes;
    }
    return count;
}

void st_print_cache_trim(const char *path, int64_t cap) {
    kept *all = NULL;
    int64_t total = 0;
    DIR *folder = opendir(path);
    if (folder == NULL)
        return;
    size_t count = list(folder, &all, &total);
    if (all == NULL)
        count = 0;
    else if (total > cap)
        qsort(all, count, sizeof *all, older_first);
    for (size_t i = 0; i < count && total > cap; i++) {
        (void)unlinkat(dirfd(folder), all[i].name, 0);
        total -= all[i].bytes;
    }
    st_free(all);
    (void)closedir(folder);
}
