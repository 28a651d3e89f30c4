#include "core/alloc.h"
#include "store/db_backend.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Bytes of what stands at `at` and must be passed over as a whole: a quoted
 * text or name, a comment; 0 for anything else. A doubled quote is two quoted
 * texts side by side. */
static size_t passed_over(const char *at) {
    const char *end = NULL;
    if (*at == '\'' || *at == '"')
        end = strchr(at + 1, *at);
    else if (strncmp(at, "--", 2) == 0)
        end = strchr(at, '\n');
    else if (strncmp(at, "/*", 2) == 0)
        end = (end = strstr(at + 2, "*/")) == NULL ? NULL : end + 1;
    else
        return 0;
    return end == NULL ? strlen(at) : (size_t)(end - at) + 1;
}

static size_t marks(const char *sql) {
    size_t count = 0;
    for (; *sql != '\0'; sql++)
        count += *sql == '?';
    return count;
}

st_status st_db_dollars(char **out, const char *sql) {
    size_t room = strlen(sql) + 12 * marks(sql) + 1;
    char *text = st_calloc(room, 1);
    if (text == NULL)
        return ST_NO_MEM;
    size_t used = 0;
    int number = 0;
    while (*sql != '\0') {
        size_t skip = passed_over(sql);
        if (skip == 0 && *sql == '?') {
            used += (size_t)snprintf(text + used, room - used, "$%d", ++number);
            sql++;
            continue;
        }
        skip = skip == 0 ? 1 : skip;
        memcpy(text + used, sql, skip);
        used += skip;
        sql += skip;
    }
    *out = text;
    return ST_OK;
}

size_t st_db_statement(const char *sql) {
    const char *at = sql;
    bool words = false;
    while (*at != '\0' && *at != ';') {
        size_t skip = passed_over(at);
        words = words || (skip == 0 && !isspace((unsigned char)*at)) ||
                *at == '\'' || *at == '"';
        at += skip == 0 ? 1 : skip;
    }
    if (*at == ';')
        return (size_t)(at - sql) + 1;
    return words ? (size_t)(at - sql) : 0;
}
