#include "server/openapi.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static json_t *schema_ref(const char *name) {
    char text[160];
    (void)snprintf(text, sizeof text, "#/components/schemas/%s", name);
    return json_pack("{s:s}", "$ref", text);
}

static json_t *text_schema(const st_http_param *p) {
    json_t *s = json_pack("{s:s, s:I}", "type", "string", "maxLength",
                          (json_int_t)(p->max > 0 ? p->max : 1024));
    if (p->min > 0)
        (void)json_object_set_new(s, "minLength", json_integer(p->min));
    return s;
}

static json_t *integer_schema(const st_http_param *p) {
    json_t *s = json_pack("{s:s, s:s}", "type", "integer", "format", "int64");
    if (p->min != 0 || p->max != 0) {
        (void)json_object_set_new(s, "minimum", json_integer(p->min));
        (void)json_object_set_new(s, "maximum", json_integer(p->max));
    }
    return s;
}

static json_t *choice_schema(const char *values) {
    json_t *list = json_array();
    for (const char *at = values; *at != '\0';) {
        size_t n = strcspn(at, " ");
        (void)json_array_append_new(list, json_stringn(at, n));
        at += n + (at[n] == ' ');
    }
    return json_pack("{s:s, s:o}", "type", "string", "enum", list);
}

static json_t *param_schema(const st_http_param *p) {
    switch (p->type) {
    case ST_INTEGER:
        return integer_schema(p);
    case ST_BOOLEAN:
        return json_pack("{s:s}", "type", "boolean");
    case ST_CHOICE:
        return choice_schema(p->values);
    case ST_TEXT:
        break;
    }
    return text_schema(p);
}

static json_t *param_object(const st_http_param *p) {
    static const char *const places[] = {"path", "query", "header"};
    return json_pack("{s:s, s:s, s:b, s:s*, s:o}", "name", p->name, "in",
                     places[p->place], "required",
                     p->required || p->place == ST_IN_PATH, "description",
                     p->about, "schema", param_schema(p));
}

static json_t *params_array(const st_http_param *p) {
    json_t *list = json_array();
    for (; p != NULL && p->name != NULL; p++)
        (void)json_array_append_new(list, param_object(p));
    return list;
}

static json_t *content(const char *type, const char *schema) {
    json_t *what = schema == NULL ? json_object() : schema_ref(schema);
    return json_pack("{s:{s:o}}", type, "schema", what);
}

static json_t *body_object(const st_route *route) {
    bool json = route->body == ST_BODY_JSON;
    const char *type = json                       ? "application/json"
                       : route->body_type != NULL ? route->body_type
                                                  : "*/*";
    bool required = !json || !(route->flags & ST_ROUTE_MAY_BE_EMPTY);
    return json_pack("{s:b, s:o}", "required", required, "content",
                     content(type, route->body_schema));
}

static void add_reply(json_t *replies, const st_reply *reply) {
    char status[8];
    (void)snprintf(status, sizeof status, "%d", reply->status);
    json_t *one = json_pack("{s:s}", "description",
                            reply->about != NULL ? reply->about : "");
    if (reply->type != NULL)
        (void)json_object_set_new(one, "content",
                                  content(reply->type, reply->schema));
    (void)json_object_set_new(replies, status, one);
}

/* Each route may answer with a problem besides what its row says. */
static json_t *replies_object(const st_reply *reply) {
    const st_reply problem = {0, "application/problem+json", "Problem",
                              "What went wrong (RFC 9457)."};
    json_t *replies = json_object();
    for (; reply != NULL && reply->status != 0; reply++)
        add_reply(replies, reply);
    (void)json_object_set_new(replies, "default",
                              json_pack("{s:s, s:o}", "description",
                                        problem.about, "content",
                                        content(problem.type, problem.schema)));
    return replies;
}

static json_t *operation(const st_route *route) {
    static const char *const rules[] = {"open", "viewer", "editor", "owner"};
    json_t *op = json_pack(
        "{s:s, s:s*, s:o, s:o, s:s}", "operationId", route->id, "summary",
        route->summary, "parameters", params_array(route->params), "responses",
        replies_object(route->replies), "x-stemma-rule", rules[route->rule]);
    if (op == NULL)
        return NULL;
    if (route->tag != NULL)
        (void)json_object_set_new(op, "tags", json_pack("[s]", route->tag));
    if (route->body != ST_BODY_NONE)
        (void)json_object_set_new(op, "requestBody", body_object(route));
    if (route->rule != ST_RULE_OPEN)
        (void)json_object_set_new(
            op, "security", json_pack("[{s:[]}, {s:[]}]", "session", "key"));
    return op;
}

/* "/a/{rest*}" is written "/a/{rest}": OpenAPI knows no wider form. */
static void path_text(const char *path, char *text, size_t bytes) {
    size_t n = 0;
    for (; *path != '\0' && n + 1 < bytes; path++)
        if (*path != '*')
            text[n++] = *path;
    text[n] = '\0';
}

static void add_route(json_t *paths, const st_route *route) {
    static const char *const methods[ST_METHOD_COUNT] = {
        "get", "post", "put", "patch", "delete", "head", "options"};
    char path[256];
    path_text(route->path, path, sizeof path);
    json_t *item = json_object_get(paths, path);
    if (item == NULL) {
        item = json_object();
        if (json_object_set_new(paths, path, item) != 0)
            return;
    }
    (void)json_object_set_new(item, methods[route->method], operation(route));
}

static json_t *problem_schema(void) {
    return json_pack(
        "{s:s, s:[s,s,s], s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, "
        "s:{s:s, s:{s:s, s:{s:{s:s}, s:{s:s}}}}}}",
        "type", "object", "required", "type", "title", "status", "properties",
        "type", "type", "string", "title", "type", "string", "status", "type",
        "integer", "detail", "type", "string", "request_id", "type", "string",
        "errors", "type", "array", "items", "type", "object", "properties",
        "pointer", "type", "string", "detail", "type", "string");
}

static json_t *components(json_t *schemas) {
    json_t *all = schemas == NULL ? json_object() : json_copy(schemas);
    (void)json_object_set_new(all, "Problem", problem_schema());
    return json_pack("{s:o, s:{s:{s:s, s:s, s:s}, s:{s:s, s:s}}}", "schemas",
                     all, "securitySchemes", "session", "type", "apiKey", "in",
                     "cookie", "name", "stemma_session", "key", "type", "http",
                     "scheme", "bearer");
}

json_t *st_openapi_make(const st_route *routes, int route_count,
                        const char *title, const char *version,
                        json_t *schemas) {
    json_t *paths = json_object();
    for (int i = 0; i < route_count; i++)
        if (!(routes[i].flags & ST_ROUTE_HIDDEN))
            add_route(paths, &routes[i]);
    return json_pack("{s:s, s:{s:s, s:s}, s:o, s:o}", "openapi", "3.1.0",
                     "info", "title", title, "version", version, "paths", paths,
                     "components", components(schemas));
}
