/* Which site does a request speak to, and from which page does it come? Keeps
 * DNS rebinding and cross-site requests out, and lets listed origins in. */
#include "server/http_impl.h"

#include "server/fields.h"

#include <string.h>
#include <strings.h>

static bool loopback(const char *name) {
    return strcmp(name, "localhost") == 0 || strcmp(name, "::1") == 0 ||
           strncmp(name, "127.", 4) == 0;
}

static bool host_listed(const st_http *http, const char *name) {
    const char *const *at = http->options.hosts;
    if (at == NULL)
        return loopback(name) || strcmp(name, http->listen_name) == 0;
    for (; *at != NULL; at++)
        if (strcmp(*at, "*") == 0 || strcasecmp(*at, name) == 0)
            return true;
    return false;
}

bool st_gate_host(st_request *r) {
    char name[ST_HOST_MAX_BYTES];
    int port;
    const char *host = st_request_header(r, "Host");
    if (host == NULL || !st_host_parse(host, name, &port)) {
        st_answer_problem(&r->answer, 400, "bad-host",
                          "Send one Host header with a name or address.");
        return false;
    }
    if (host_listed(r->http, name))
        return true;
    st_answer_problem(&r->answer, 421, "wrong-host",
                      "This server does not answer as %s: open it by a name "
                      "it knows, or add that one to its hosts.",
                      name);
    return false;
}

bool st_gate_origin_listed(const st_request *r, const char *origin) {
    const char *const *at = r->http->options.origins;
    for (; at != NULL && *at != NULL; at++)
        if (strcasecmp(*at, origin) == 0)
            return true;
    return false;
}

bool st_request_own_page(const st_request *r) {
    const char *origin = st_request_header(r, "Origin");
    const char *site = st_request_header(r, "Sec-Fetch-Site");
    if (origin == NULL) /* programs send neither */
        return site == NULL || strcmp(site, "cross-site") != 0;
    return st_origin_is_host(origin, st_request_header(r, "Host")) ||
           st_gate_origin_listed(r, origin);
}

bool st_gate_origin(st_request *r) {
    if (r->route->method == ST_GET || r->route->method == ST_HEAD ||
        r->route->method == ST_OPTIONS ||
        (r->route->flags & ST_ROUTE_ANY_ORIGIN) || st_request_own_page(r))
        return true;
    st_answer_problem(&r->answer, 403, "foreign-origin",
                      "Pages of other sites may not change anything here: "
                      "add their origin to the allowed ones.");
    return false;
}
