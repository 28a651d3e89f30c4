#include "cli/cli.h"

#include "audio/magic.h"
#include "core/alloc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
    char **file;
    size_t count, room;
} list;

static st_status no_mem(st_err *err) {
    return st_err_set(err, ST_NO_MEM, "Out of memory.");
}

static bool is_folder(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static bool is_file(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

static st_status append(list *to, char *file, st_err *err) {
    if (file != NULL && to->count == to->room) {
        size_t more = to->room == 0 ? 16 : 2 * to->room;
        if (st_regrow((void **)&to->file, to->room, more, sizeof *to->file) !=
            ST_OK) {
            st_free(file);
            file = NULL;
        }
        to->room = file != NULL ? more : to->room;
    }
    if (file == NULL)
        return no_mem(err);
    to->file[to->count++] = file;
    return ST_OK;
}

/* --- what is audio --- */

static bool holds_sound(st_file_kind kind) {
    return kind > ST_FILE_UNKNOWN && kind < ST_FILE_PLAYLIST;
}

/* A tag in front of the sound may be longer than what is looked at. */
static st_file_kind kind_of(const char *path) {
    uint8_t head[ST_MAGIC_BYTES];
    uint64_t skip = 0;
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return ST_FILE_UNKNOWN;
    st_file_kind kind =
        st_magic_find(head, fread(head, 1, sizeof head, file), &skip);
    if (!holds_sound(kind) && skip > 0 && skip <= LONG_MAX &&
        fseek(file, (long)skip, SEEK_SET) == 0)
        kind = st_magic_find(head, fread(head, 1, sizeof head, file), NULL);
    (void)fclose(file);
    return kind;
}

/* By its first bytes; a name that says audio is enough too, so that a broken
 * or empty stem is spoken of and not passed over. */
static bool is_audio(const char *path) {
    const char *dot = strrchr(path, '.');
    return (dot != NULL && cli_names_audio(dot + 1)) ||
           holds_sound(kind_of(path));
}

/* --- order --- */

static int digits(const char *text) {
    return (int)strspn(text, "0123456789");
}

/* Numbers by value: of two without leading zeros the longer is the greater. */
static int by_number(const char **a, const char **b) {
    *a += strspn(*a, "0");
    *b += strspn(*b, "0");
    int x = digits(*a), y = digits(*b);
    int way = x != y ? x - y : strncmp(*a, *b, (size_t)x);
    *a += x;
    *b += y;
    return way;
}

static int natural(const char *a, const char *b) {
    while (*a != '\0' && *b != '\0') {
        int way;
        if (digits(a) > 0 && digits(b) > 0)
            way = by_number(&a, &b);
        else
            way = tolower((unsigned char)*a++) - tolower((unsigned char)*b++);
        if (way != 0)
            return way;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

static int in_order(const void *a, const void *b) {
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    int way = natural(x, y);
    return way != 0 ? way : strcmp(x, y);
}

/* --- folders --- */

static char *join(const char *folder, const char *name) {
    size_t length = strlen(folder), bytes = length + strlen(name) + 2;
    char *path = st_calloc(bytes, 1);
    bool slash = length > 0 && folder[length - 1] == '/';
    if (path != NULL)
        snprintf(path, bytes, "%s%s%s", folder, slash ? "" : "/", name);
    return path;
}

static st_status read_folder(DIR *folder, const char *path, list *to,
                             st_err *err) {
    st_status status = ST_OK;
    struct dirent *at = NULL;
    while (status == ST_OK && (at = readdir(folder)) != NULL) {
        if (at->d_name[0] == '.')
            continue;
        char *file = join(path, at->d_name);
        if (file != NULL && (!is_file(file) || !is_audio(file)))
            st_free(file);
        else
            status = append(to, file, err);
    }
    return status;
}

static st_status add_folder(const char *path, list *to, st_err *err) {
    size_t before = to->count;
    DIR *folder = opendir(path);
    if (folder == NULL)
        return st_err_set(err, ST_IO, "Cannot look into the folder %s: %s.",
                          path, strerror(errno));
    st_status status = read_folder(folder, path, to, err);
    (void)closedir(folder);
    if (status != ST_OK)
        return status;
    if (to->count == before)
        return st_err_set(err, ST_NOT_FOUND,
                          "There is no audio file in the folder %s (folders in "
                          "it and hidden files are not looked at); name a "
                          "folder that has some, or the files.",
                          path);
    qsort(to->file + before, to->count - before, sizeof *to->file, in_order);
    return ST_OK;
}

st_status cli_args_unfold(cli_args *args, st_err *err) {
    const st_stage *stage = args->stage;
    list all = {0};
    st_status status = ST_OK;
    if (st_input_count(stage) == 0 || stage->inputs[0].kind != ST_KIND_AUDIO)
        return ST_OK;
    for (int i = 0; i < args->file_count; i++)
        args->from_folder |= is_folder(args->files[i]);
    if (!args->from_folder)
        return ST_OK;
    for (int i = 0; status == ST_OK && i < args->file_count; i++)
        status = is_folder(args->files[i])
                     ? add_folder(args->files[i], &all, err)
                     : append(&all, st_strdup(args->files[i]), err);
    st_free(args->files);
    args->files = all.file;
    args->file_count = args->own_count = (int)all.count;
    return status;
}
