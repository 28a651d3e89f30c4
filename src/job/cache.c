#include "job/cache.h"

#include "core/alloc.h"
#include "core/clock.h"
#include "core/json.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDERS = 256, ENTRY_MAX_BYTES = 1 << 20, QUIET_NS = 2000000000 };

/* -- entries: small documents named by a hash -------------------------------
 */

static bool entry_path(const char *root, const char *kind, const char *key,
                       char *path, size_t bytes) {
    int length =
        snprintf(path, bytes, "%s/%s/%.2s/%s.json", root, kind, key, key);
    return length > 0 && (size_t)length < bytes;
}

static json_t *entry_get(const char *root, const char *kind, const char *key) {
    char path[PATH_MAX];
    json_t *document = NULL;
    const st_json_limits limits = {.max_bytes = ENTRY_MAX_BYTES};
    if (!entry_path(root, kind, key, path, sizeof path) ||
        access(path, R_OK) != 0)
        return NULL;
    if (st_json_load_file(&document, path, &limits, NULL) != ST_OK) {
        (void)unlink(path); /* torn by a crash: of no use to anybody */
        return NULL;
    }
    (void)utimensat(AT_FDCWD, path, NULL, 0); /* used now: goes last */
    return document;
}

/* Make every folder of `path` that is missing; its last part is a file. */
static void make_folders(char *path) {
    for (char *at = path + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        (void)mkdir(path, 0700);
        *at = '/';
    }
}

static bool write_all(const char *path, const char *text, size_t bytes) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool ok = write(fd, text, bytes) == (ssize_t)bytes;
    return close(fd) == 0 && ok;
}

static void entry_put(const char *root, const char *kind, const char *key,
                      json_t *document) {
    char path[PATH_MAX];
    char fresh[PATH_MAX + 32];
    char *text = NULL;
    if (!entry_path(root, kind, key, path, sizeof path) ||
        st_json_canonical(document, &text, NULL) != ST_OK)
        return;
    size_t bytes = strlen(text);
    (void)snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid());
    if (bytes <= ENTRY_MAX_BYTES) {
        bool ok = write_all(fresh, text, bytes);
        if (!ok) {
            make_folders(path);
            (void)unlink(fresh);
            ok = write_all(fresh, text, bytes);
        }
        if (!ok || rename(fresh, path) != 0)
            (void)unlink(fresh);
    }
    st_free(text);
}

/* -- keeping a folder under its share ----------------------------------------
 */

typedef struct {
    char name[NAME_MAX + 1];
    int64_t used_ns;
    int64_t bytes;
} kept_file;

static int older_first(const void *a, const void *b) {
    const kept_file *x = a;
    const kept_file *y = b;
    return (x->used_ns > y->used_ns) - (x->used_ns < y->used_ns);
}

static int64_t ns_of(const struct timespec *t) {
    return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

/* All entries of an open folder; *total gets their size on disk. */
static size_t list_entries(DIR *folder, kept_file **out, int64_t *total) {
    size_t count = 0;
    size_t room = 0;
    for (struct dirent *at = readdir(folder); at != NULL;
         at = readdir(folder)) {
        struct stat about;
        if (at->d_name[0] == '.' || fstatat(dirfd(folder), at->d_name, &about,
                                            AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (count == room) {
            size_t more = room == 0 ? 64 : 2 * room;
            if (st_regrow((void **)out, room, more, sizeof **out) != ST_OK)
                break;
            room = more;
        }
        kept_file *e = &(*out)[count++];
        (void)snprintf(e->name, sizeof e->name, "%s", at->d_name);
        e->used_ns = ns_of(&about.st_mtim);
        e->bytes = (int64_t)about.st_blocks * 512;
        *total += e->bytes;
    }
    return count;
}

static void trim(const char *root, const char *kind, const char *key,
                 int64_t cap) {
    char path[PATH_MAX];
    kept_file *entries = NULL;
    int64_t total = 0;
    int length = snprintf(path, sizeof path, "%s/%s/%.2s", root, kind, key);
    DIR *folder =
        length > 0 && (size_t)length < sizeof path ? opendir(path) : NULL;
    if (folder == NULL)
        return;
    size_t count = list_entries(folder, &entries, &total);
    if (total > cap)
        qsort(entries, count, sizeof *entries, older_first);
    for (size_t i = 0; i < count && total > cap; i++) {
        (void)unlinkat(dirfd(folder), entries[i].name, 0);
        total -= entries[i].bytes;
    }
    st_free(entries);
    (void)closedir(folder);
}

/* -- which PCM a file held ---------------------------------------------------
 */

/* False for what is no regular file or was changed just now. */
static bool file_key(const char *file, char key[ST_HASH_TEXT_BYTES]) {
    struct stat about;
    char text[256];
    if (stat(file, &about) != 0 || !S_ISREG(about.st_mode))
        return false;
    int64_t now = 1000 * st_clock_utc_us();
    if (now - ns_of(&about.st_mtim) < QUIET_NS ||
        now - ns_of(&about.st_ctim) < QUIET_NS)
        return false;
    int length =
        snprintf(text, sizeof text, "stemma.file/1 %ju %ju %jd %jd %jd",
                 (uintmax_t)about.st_dev, (uintmax_t)about.st_ino,
                 (intmax_t)about.st_size, (intmax_t)ns_of(&about.st_mtim),
                 (intmax_t)ns_of(&about.st_ctim));
    st_hash_text(text, (size_t)length, key);
    return true;
}

static void items_know_files(st_step *step, const char *root) {
    for (int i = 0; i < step->plan->item_count; i++) {
        st_item *item = &step->items[i];
        if (item->plan->file == NULL || !file_key(item->plan->file, item->key))
            continue;
        json_t *entry = entry_get(root, "files", item->key);
        const char *pcm = json_string_value(json_object_get(entry, "pcm"));
        const json_t *frames = json_object_get(entry, "frames");
        if (pcm != NULL && st_hash_valid(pcm) && json_is_integer(frames)) {
            (void)snprintf(item->pcm, sizeof item->pcm, "%s", pcm);
            item->known_frames = json_integer_value(frames);
        }
        json_decref(entry);
    }
}

/* The same key before and after: nobody wrote to the file meanwhile. */
static void items_note_files(const st_step *step, const char *root) {
    for (int i = 0; i < step->plan->item_count; i++) {
        const st_item *item = &step->items[i];
        char key[ST_HASH_TEXT_BYTES];
        if (item->key[0] == '\0' || item->pcm[0] == '\0' ||
            !file_key(item->plan->file, key) || strcmp(key, item->key) != 0)
            continue;
        json_t *entry = json_pack("{s:s,s:I}", "pcm", item->pcm, "frames",
                                  (json_int_t)item->format.frames);
        if (entry != NULL)
            entry_put(root, "files", key, entry);
        json_decref(entry);
        trim(root, "files", key, ST_CACHE_FILES_BYTES / FOLDERS);
    }
}

/* -- results ------------------------------------------------------------------
 */

static bool take_documents(st_step *step, const json_t *documents) {
    st_out *out = &step->out;
    for (size_t i = 0; i < json_array_size(documents); i++) {
        const json_t *entry = json_array_get(documents, i);
        const char *name = json_string_value(json_object_get(entry, "output"));
        json_t *document = json_object_get(entry, "document");
        int index = (int)json_integer_value(json_object_get(entry, "index"));
        if (name == NULL || document == NULL ||
            st_output_find(step->plan->stage, name) < 0 ||
            st_out_json(out, name, index, document, NULL) != ST_OK)
            return false;
    }
    return json_array_size(documents) > 0;
}

static bool items_know(st_step *step) {
    for (int i = 0; i < step->plan->item_count; i++) {
        st_item *item = &step->items[i];
        if (st_item_know(item, NULL) != ST_OK)
            return false;
        if (item->format.frames < 0)
            item->format.frames = item->known_frames;
    }
    return true;
}

/* Only documents are kept: a run that draws or writes more is run again. */
static bool fits(const st_step *step) {
    const st_stage *stage = step->plan->stage;
    for (int i = 0; i < step->plan->target_count; i++)
        if (stage->outputs[step->plan->targets[i].output].kind != ST_KIND_JSON)
            return false;
    return step->run->options->cache_dir != NULL && stage->cacheable;
}

bool st_cache_load(st_step *step) {
    const char *root = step->run->options->cache_dir;
    char key[ST_HASH_TEXT_BYTES];
    bool keeps = step->plan->stage->keeps && root != NULL;
    if (keeps || fits(step))
        items_know_files(step, root);
    if (!fits(step))
        return false;
    if (!st_cache_key(step, key))
        return false;
    json_t *entry = entry_get(root, "results", key);
    bool ok = entry != NULL && items_know(step) &&
              take_documents(step, json_object_get(entry, "documents"));
    json_decref(entry);
    return ok;
}

static json_t *documents_of(const st_step *step) {
    json_t *list = json_array();
    for (int i = 0; i < step->made_count; i++) {
        const st_made *made = &step->made[i];
        if (made->document == NULL)
            continue;
        (void)json_array_append_new(
            list, json_pack("{s:s,s:i,s:O}", "output",
                            step->plan->stage->outputs[made->output].name,
                            "index", made->index, "document", made->document));
    }
    return list;
}

void st_cache_store(st_step *step) {
    const char *root = step->run->options->cache_dir;
    char key[ST_HASH_TEXT_BYTES];
    if (step->plan->stage->keeps && root != NULL)
        items_note_files(step, root);
    if (!fits(step) || json_array_size(step->ctx.warnings) > 0 ||
        json_array_size(step->ctx.skipped) > 0 || !st_cache_key(step, key))
        return;
    items_note_files(step, root);
    json_t *entry = json_pack("{s:s,s:o}", "schema", "stemma.cached/1",
                              "documents", documents_of(step));
    if (entry != NULL)
        entry_put(root, "results", key, entry);
    json_decref(entry);
    trim(root, "results", key, ST_CACHE_RESULTS_BYTES / FOLDERS);
}
