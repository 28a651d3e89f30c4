/* What every request must pass before a handler sees it. */
#include "server/http_impl.h"

#include "server/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Nothing after this request can be trusted to begin where we think. */
static bool malformed(st_request *r, const char *what) {
    st_answer_problem(&r->answer, 400, "malformed-request", "%s", what);
    r->answer.close = true;
    return false;
}

/* -- framing --------------------------------------------------------------- */

typedef struct {
    const char *name;
    int count;
} counted;

static enum MHD_Result count_one(void *cls, enum MHD_ValueKind kind,
                                 const char *key, const char *value) {
    counted *c = cls;
    (void)kind;
    (void)value;
    c->count += strcasecmp(key, c->name) == 0;
    return MHD_YES;
}

static int count_headers(const st_request *r, const char *name) {
    counted c = {name, 0};
    (void)MHD_get_connection_values(r->wire, MHD_HEADER_KIND, count_one, &c);
    return c.count;
}

static bool framing_ok(st_request *r, const char *version) {
    int lengths = count_headers(r, "Content-Length");
    int encodings = count_headers(r, "Transfer-Encoding");
    if (lengths + encodings > 1)
        return malformed(r, "Send one Content-Length or one "
                            "Transfer-Encoding, not more.");
    if (count_headers(r, "Host") != 1)
        return malformed(r, "Send one Host header.");
    if (encodings == 1) {
        const char *coding = st_request_header(r, "Transfer-Encoding");
        if (strcasecmp(coding, "chunked") != 0 ||
            strcmp(version, "HTTP/1.1") != 0)
            return malformed(r, "The only Transfer-Encoding taken is chunked, "
                                "in HTTP/1.1.");
        r->length = -1;
        /* chunk framing is read below us, with bare LFs: nothing may follow */
        r->answer.close = true;
    }
    if (lengths == 1 &&
        !st_length_parse(st_request_header(r, "Content-Length"), &r->length))
        return malformed(r, "Content-Length must be digits only.");
    return true;
}

static bool expectation_ok(st_request *r) {
    const char *expect = st_request_header(r, "Expect");
    if (expect == NULL || strcasecmp(expect, "100-continue") == 0)
        return true;
    st_answer_problem(&r->answer, 417, "expectation",
                      "The only Expect that is met is 100-continue.");
    return false;
}

/* -- the route ------------------------------------------------------------- */

static int method_of(const char *text) {
    for (int i = 0; i < ST_METHOD_COUNT; i++)
        if (strcmp(text, st_method_names[i]) == 0)
            return i;
    return -1;
}

/* Bits of the methods that routes of this path take; the one that fits
 * `method` (HEAD: GET as well) becomes r->route. Earlier routes win. */
static unsigned find_route(st_request *r, int method) {
    unsigned methods = 0;
    const st_route *fallback = NULL;
    const char *values[ST_TARGET_MAX_PARAMS];
    int rest;
    const st_http_options *o = &r->http->options;
    for (int i = 0; i < o->route_count; i++) {
        const st_route *route = &o->routes[i];
        if (!st_target_match(&r->target, route->path, values, &rest))
            continue;
        methods |= 1U << route->method;
        if (route->method == ST_GET && method == ST_HEAD && fallback == NULL)
            fallback = route;
        if ((int)route->method == method && r->route == NULL)
            r->route = route;
    }
    if (r->route == NULL)
        r->route = fallback;
    if (r->route != NULL)
        (void)st_target_match(&r->target, r->route->path, r->path_values,
                              &r->rest);
    return methods;
}

static void put_allow(st_request *r, unsigned methods) {
    char text[96] = "";
    if (methods & 1U << ST_GET)
        methods |= 1U << ST_HEAD;
    methods |= 1U << ST_OPTIONS;
    for (int i = 0; i < ST_METHOD_COUNT; i++) {
        size_t used = strlen(text);
        if (methods & 1U << i)
            (void)snprintf(text + used, sizeof text - used, "%s%s",
                           used > 0 ? ", " : "", st_method_names[i]);
    }
    st_answer_header(&r->answer, "Allow", text);
    if (r->answer.status == 204)
        st_answer_header(&r->answer, "Access-Control-Allow-Methods", text);
}

/* OPTIONS without a route of its own: what there is, and CORS preflight. */
static void options_answer(st_request *r, unsigned methods) {
    const char *headers =
        st_request_header(r, "Access-Control-Request-Headers");
    st_answer_empty(&r->answer, 204);
    put_allow(r, methods);
    if (headers != NULL) {
        st_answer_header(&r->answer, "Access-Control-Allow-Headers", headers);
        st_answer_header(&r->answer, "Access-Control-Max-Age", "600");
    }
}

/* tus clients behind strict proxies: POST that stands for another method. */
static int overridden(const st_request *r, int method) {
    const char *text = st_request_header(r, "X-HTTP-Method-Override");
    int other = text == NULL || method != ST_POST ? -1 : method_of(text);
    return other == ST_PUT || other == ST_PATCH || other == ST_DELETE ? other
                                                                      : method;
}

static bool route_found(st_request *r, const char *method) {
    int wanted = overridden(r, method_of(method));
    r->head = wanted == ST_HEAD;
    r->method = wanted < 0 ? "OTHER" : st_method_names[wanted];
    unsigned methods = find_route(r, wanted);
    if (r->route != NULL)
        return true;
    if (methods == 0) {
        st_answer_problem(&r->answer, 404, "not-found",
                          "There is nothing at this address.");
    } else if (wanted == ST_OPTIONS) {
        options_answer(r, methods);
    } else {
        st_answer_problem(&r->answer, wanted < 0 ? 501 : 405,
                          "method-not-allowed",
                          "This address does not take that method.");
        put_allow(r, methods);
    }
    return false;
}

/* -- the body, as announced ------------------------------------------------ */

static int64_t most_bytes(const st_route *route) {
    if (route->body == ST_BODY_NONE)
        return 0;
    if (route->max_body_bytes > 0)
        return route->max_body_bytes;
    return route->body == ST_BODY_JSON ? ST_HTTP_JSON_BYTES : INT64_MAX;
}

static bool type_ok(st_request *r) {
    const char *type = st_request_header(r, "Content-Type");
    const char *coding = st_request_header(r, "Content-Encoding");
    bool json = r->route->body == ST_BODY_JSON;
    const char *wanted = json ? "application/json" : r->route->body_type;
    if (json && r->length == 0)
        return true;
    if ((coding == NULL || strcasecmp(coding, "identity") == 0) &&
        (wanted == NULL || (type != NULL && st_media_type_is(type, wanted))))
        return true;
    st_answer_problem(&r->answer, 415, "unsupported-type",
                      "Send the body as %s, not encoded.",
                      wanted == NULL ? "it is" : wanted);
    return false;
}

static bool body_ok(st_request *r) {
    const st_route *route = r->route;
    if (r->length > most_bytes(route) ||
        (r->length < 0 && route->body == ST_BODY_NONE)) {
        st_answer_problem(&r->answer, 413, "too-large",
                          "This address takes a body of at most %lld bytes.",
                          (long long)most_bytes(route));
        return false;
    }
    return route->body == ST_BODY_NONE || type_ok(r);
}

/* -- parameters ------------------------------------------------------------ */

static bool integer_fits(const st_http_param *p, const char *text) {
    char *end;
    size_t n = strlen(text);
    size_t sign = text[0] == '-';
    if (n == sign || n > 20 || strspn(text + sign, "0123456789") != n - sign)
        return false;
    long long value = strtoll(text, &end, 10);
    if (n >= 19 && (value == INT64_MAX || value == INT64_MIN))
        return false;
    return (p->min == 0 && p->max == 0) || (value >= p->min && value <= p->max);
}

static bool choice_fits(const char *values, const char *text) {
    size_t n = strlen(text);
    for (const char *at = values; *at != '\0';) {
        size_t word = strcspn(at, " ");
        if (word == n && strncmp(at, text, n) == 0)
            return true;
        at += word + (at[word] == ' ');
    }
    return false;
}

static bool param_fits(const st_http_param *p, const char *text) {
    int64_t n = (int64_t)strlen(text);
    switch (p->type) {
    case ST_INTEGER:
        return integer_fits(p, text);
    case ST_BOOLEAN:
        return choice_fits("true false 1 0", text);
    case ST_CHOICE:
        return choice_fits(p->values, text);
    case ST_TEXT:
        break;
    }
    return n >= p->min && n <= (p->max > 0 ? p->max : 1024);
}

static const char *param_value(const st_request *r, const st_http_param *p) {
    switch (p->place) {
    case ST_IN_PATH:
        return st_request_path(r, p->name);
    case ST_IN_QUERY:
        return st_request_query(r, p->name);
    case ST_IN_HEADER:
        break;
    }
    return st_request_header(r, p->name);
}

static void what_fits(const st_http_param *p, char *text, size_t bytes) {
    if (p->type == ST_INTEGER && (p->min != 0 || p->max != 0))
        (void)snprintf(text, bytes, "must be a whole number from %lld to %lld",
                       (long long)p->min, (long long)p->max);
    else if (p->type == ST_INTEGER)
        (void)snprintf(text, bytes, "must be a whole number");
    else if (p->type == ST_BOOLEAN)
        (void)snprintf(text, bytes, "must be true or false");
    else if (p->type == ST_CHOICE)
        (void)snprintf(text, bytes, "must be one of: %s", p->values);
    else
        (void)snprintf(text, bytes, "must have %lld to %lld bytes",
                       (long long)p->min,
                       (long long)(p->max > 0 ? p->max : 1024));
}

static void refuse_param(st_request *r, const st_http_param *p, bool missing) {
    static const char *const places[] = {"path", "query", "header"};
    char pointer[128];
    char detail[256] = "is missing";
    (void)snprintf(pointer, sizeof pointer, "/%s/%s", places[p->place],
                   p->name);
    if (!missing)
        what_fits(p, detail, sizeof detail);
    if (!r->answer.set)
        st_answer_problem(&r->answer, 422, "not-valid",
                          "The request's parameters are not valid: %s %s.",
                          p->name, detail);
    st_answer_field(&r->answer, pointer, detail);
}

static bool params_ok(st_request *r) {
    for (const st_http_param *p = r->route->params;
         p != NULL && p->name != NULL; p++) {
        const char *text = param_value(r, p);
        if (text == NULL ? p->required : !param_fits(p, text))
            refuse_param(r, p, text == NULL);
    }
    return !r->answer.set;
}

/* -- the caller ------------------------------------------------------------ */

static bool allowed(st_request *r) {
    const st_http_options *o = &r->http->options;
    int no = r->route->rule == ST_RULE_OPEN ? 0 : 401;
    if (o->allow != NULL)
        no = o->allow(o->ctx, r, r->route->rule);
    if (no == 0)
        return true;
    if (no == 401)
        st_answer_problem(&r->answer, 401, "not-logged-in",
                          "Log in, or send an API key.");
    else
        st_answer_problem(&r->answer, 403, "not-allowed",
                          "Your role does not allow this.");
    return false;
}

static void take_id(st_request *r) {
    const char *id = st_request_header(r, "X-Request-Id");
    if (id != NULL && st_request_id_ok(id))
        (void)snprintf(r->id, sizeof r->id, "%s", id);
}

void st_gate_pass(st_request *r, const char *method, const char *version,
                  const char *url) {
    (void)url;
    r->method = "OTHER";
    if (!st_gate_lines_ok(r, method, version)) {
        (void)malformed(r, "The header lines are malformed: each must end in "
                           "CR LF, stand on one line and be of sound text.");
        return;
    }
    take_id(r);
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0) {
        (void)malformed(r, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
        return;
    }
    if (!framing_ok(r, version))
        return;
    if (r->raw_bytes > ST_TARGET_MAX_BYTES) {
        st_answer_problem(&r->answer, 414, "address-too-long",
                          "The address has more than %d bytes.",
                          ST_TARGET_MAX_BYTES);
    } else if (strcmp(method, "OPTIONS") == 0 && strcmp(r->raw, "*") == 0) {
        st_answer_empty(&r->answer, 204);
    } else if (!st_target_parse(&r->target, r->raw)) {
        (void)malformed(r, "The address is malformed.");
    } else if (st_gate_host(r) && expectation_ok(r) && route_found(r, method) &&
               st_gate_origin(r) && body_ok(r) && allowed(r) && params_ok(r)) {
        r->entered = true;
    }
}
