#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

bool cli_home(char *path, size_t bytes) {
    const char *own = getenv("STEMMA_HOME");
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    int length = -1;
    if (own != NULL && *own != '\0')
        length = snprintf(path, bytes, "%s", own);
    else if (data != NULL && *data == '/')
        length = snprintf(path, bytes, "%s/stemma", data);
    else if (home != NULL && *home == '/')
        length = snprintf(path, bytes, "%s/.local/share/stemma", home);
    return length > 0 && (size_t)length < bytes;
}

bool cli_cache_folder(char *path, size_t bytes) {
    if (!cli_home(path, bytes))
        return false;
    size_t end = strlen(path);
    int more = snprintf(path + end, bytes - end, "/cache");
    return more > 0 && (size_t)more < bytes - end;
}
