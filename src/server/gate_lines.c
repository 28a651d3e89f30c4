/* Were all lines of the header section ended by CRLF, unfolded and free of
 * NUL? libmicrohttpd 0.9.75 takes a bare LF, unfolds lines and cuts values at
 * NUL, and a handler sees only the result. But it parses in place: the strings
 * it gives still lie where the peer's bytes lay, each line end overwritten by
 * as many NULs as it had bytes. So the distances between the strings tell what
 * stood there. The raw-socket tests fail should a later version copy. */
#include "server/http_impl.h"

#include "server/fields.h"

#include <string.h>

typedef struct {
    const char *end; /* of the line before: where its CR stood */
    int count;
    bool ok;
} line_walk;

static bool line_in_place(const line_walk *walk, const char *key, size_t key_n,
                          const char *value, size_t value_n) {
    return key == walk->end + 2 && value > key + key_n &&
           strspn(key + key_n + 1, " \t") ==
               (size_t)(value - (key + key_n + 1)) &&
           strlen(value) == value_n && value[value_n + 1] == '\0';
}

/* The first two NULs are the line's CRLF; a peer's own NUL makes a gap. */
static enum MHD_Result one_line(void *cls, enum MHD_ValueKind kind,
                                const char *key, size_t key_n,
                                const char *value, size_t value_n) {
    line_walk *walk = cls;
    (void)kind;
    if (value == NULL || ++walk->count > ST_HTTP_MAX_HEADERS ||
        !line_in_place(walk, key, key_n, value, value_n) ||
        !st_field_name_ok(key, key_n) || !st_field_value_ok(value, value_n)) {
        walk->ok = false;
        return MHD_NO;
    }
    walk->end = value + value_n;
    return MHD_YES;
}

bool st_gate_lines_ok(st_request *r, const char *method, const char *version) {
    size_t method_n = strlen(method);
    if (r->raw_at != method + method_n + 1 ||
        version != r->raw_at + r->raw_bytes + 1 ||
        !st_field_name_ok(method, method_n))
        return false;
    line_walk walk = {.end = version + strlen(version), .ok = true};
    (void)MHD_get_connection_values_n(r->wire, MHD_HEADER_KIND, one_line,
                                      &walk);
    /* Behind the last line come two NULs of its CRLF and two of the empty
     * line's. Where one of the two was a bare LF, the fourth byte is the first
     * of what follows. (It lies in the connection's pool in any case: its far
     * end holds the list of headers.) */
    return walk.ok && walk.end[1] == '\0' && walk.end[2] == '\0' &&
           walk.end[3] == '\0';
}
