/* What handlers say; http_send.c puts it on the wire. */
#include "server/http_impl.h"

#include "core/alloc.h"
#include "core/json.h"
#include "server/fields.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void st_answer_init(st_answer *answer) {
    *answer = (st_answer){.fd = -1};
}

static void drop_body(st_answer *a) {
    if (a->send == ST_SEND_FILE && a->fd >= 0)
        (void)close(a->fd);
    if (a->send == ST_SEND_STREAM && a->stream.close != NULL)
        a->stream.close(a->stream.ctx);
    if (a->send == ST_SEND_UPGRADE && a->upgrade.dropped != NULL)
        a->upgrade.dropped(a->upgrade.ctx);
    free(a->data);
    st_free(a->type);
    st_free(a->protocol);
    json_decref(a->problem);
    a->fd = -1;
    a->data = NULL;
    a->type = a->protocol = NULL;
    a->problem = NULL;
    a->bytes = 0;
    a->send = ST_SEND_NOTHING;
}

void st_answer_deinit(st_answer *answer) {
    drop_body(answer);
    st_free(answer->etag);
    for (int i = 0; i < answer->header_count; i++) {
        st_free(answer->names[i]);
        st_free(answer->values[i]);
    }
    st_answer_init(answer);
}

void st_answer_header(st_answer *answer, const char *name, const char *value) {
    if (answer->header_count == ST_ANSWER_MAX_HEADERS ||
        !st_field_name_ok(name, strlen(name)) ||
        !st_field_value_ok(value, strlen(value)))
        return;
    char *n = st_strdup(name);
    char *v = st_strdup(value);
    if (n == NULL || v == NULL) {
        st_free(n);
        st_free(v);
        return;
    }
    answer->names[answer->header_count] = n;
    answer->values[answer->header_count++] = v;
}

void st_answer_empty(st_answer *answer, int status) {
    drop_body(answer);
    answer->set = true;
    answer->status = status;
}

void st_answer_bytes(st_answer *answer, int status, const char *type,
                     const void *data, size_t bytes) {
    st_answer_empty(answer, status);
    answer->data = malloc(bytes + 1);
    answer->type = st_strdup(type);
    if (answer->data == NULL || answer->type == NULL) {
        st_answer_empty(answer, 500);
        return;
    }
    if (bytes > 0)
        memcpy(answer->data, data, bytes);
    answer->bytes = bytes;
    answer->send = ST_SEND_BYTES;
}

static void put_json(st_answer *answer, int status, const char *type,
                     json_t *json) {
    char *text =
        json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    st_answer_empty(answer, status);
    if (text == NULL || (answer->type = st_strdup(type)) == NULL) {
        free(text);
        st_answer_empty(answer, 500);
        return;
    }
    answer->data = text;
    answer->bytes = strlen(text);
    answer->send = ST_SEND_BYTES;
}

void st_answer_json(st_answer *answer, int status, json_t *json) {
    put_json(answer, status, "application/json", json);
    json_decref(json);
}

void st_answer_file(st_answer *answer, const char *type, int fd,
                    const char *etag) {
    st_answer_empty(answer, 200);
    answer->send = ST_SEND_FILE;
    answer->fd = fd;
    answer->type = st_strdup(type);
    if (etag != NULL)
        st_answer_etag(answer, etag);
    if (answer->type == NULL)
        st_answer_empty(answer, 500);
}

void st_answer_etag(st_answer *answer, const char *etag) {
    st_free(answer->etag);
    answer->etag =
        st_field_value_ok(etag, strlen(etag)) ? st_strdup(etag) : NULL;
}

void st_answer_stream(st_answer *answer, int status, const char *type,
                      const st_stream *stream) {
    st_answer_empty(answer, status);
    answer->send = ST_SEND_STREAM;
    answer->stream = *stream;
    answer->type = st_strdup(type);
    if (answer->type == NULL)
        st_answer_empty(answer, 500);
}

void st_answer_upgrade(st_answer *answer, const char *protocol,
                       const st_upgrade *upgrade) {
    st_answer_empty(answer, 101);
    answer->send = ST_SEND_UPGRADE;
    answer->upgrade = *upgrade;
    answer->protocol = st_strdup(protocol);
    if (answer->protocol == NULL)
        st_answer_empty(answer, 500);
}

/* -- RFC 9457 -------------------------------------------------------------- */

static const char *title_of(int status) {
    static const struct {
        int status;
        const char *title;
    } titles[] = {{400, "Bad request"},
                  {401, "Not logged in"},
                  {403, "Not allowed"},
                  {404, "Not found"},
                  {405, "Method not allowed"},
                  {409, "Conflict"},
                  {412, "Precondition failed"},
                  {413, "Too large"},
                  {414, "Address too long"},
                  {415, "Unsupported media type"},
                  {416, "Range outside the file"},
                  {417, "Expectation failed"},
                  {421, "Wrong host"},
                  {422, "Not valid"},
                  {423, "Locked"},
                  {429, "Too many requests"},
                  {431, "Headers too large"},
                  {500, "Internal error"},
                  {501, "Not implemented"},
                  {503, "Not available now"},
                  {507, "Disk full"}};
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Error";
}

void st_answer_problem(st_answer *answer, int status, const char *name,
                       const char *format, ...) {
    char detail[ST_ERR_MAX_BYTES];
    char type[128];
    va_list args;
    va_start(args, format);
    if (vsnprintf(detail, sizeof detail, format, args) < 0)
        detail[0] = '\0';
    va_end(args);
    (void)snprintf(type, sizeof type, "urn:stemma:problem:%s", name);
    st_answer_empty(answer, status);
    answer->problem =
        json_pack("{s:s, s:s, s:i, s:s}", "type", type, "title",
                  title_of(status), "status", status, "detail", detail);
    if (answer->problem == NULL) /* the text was cut inside a character */
        answer->problem = json_pack("{s:s, s:s, s:i}", "type", type, "title",
                                    title_of(status), "status", status);
}

void st_answer_field(st_answer *answer, const char *pointer,
                     const char *detail) {
    if (answer->problem == NULL)
        return;
    json_t *errors = json_object_get(answer->problem, "errors");
    if (errors == NULL) {
        errors = json_array();
        if (json_object_set_new(answer->problem, "errors", errors) != 0)
            return;
    }
    (void)json_array_append_new(
        errors, json_pack("{s:s, s:s}", "pointer", pointer, "detail", detail));
}

void st_answer_err(st_answer *answer, const st_err *err) {
    static const struct {
        int status;
        const char *name;
    } as[ST_STATUS_COUNT] = {
        [ST_OK] = {500, "internal"},
        [ST_NO_MEM] = {503, "no-memory"},
        [ST_BAD_ARG] = {422, "not-valid"},
        [ST_BAD_DATA] = {422, "not-valid"},
        [ST_UNSUPPORTED] = {415, "unsupported"},
        [ST_NOT_FOUND] = {404, "not-found"},
        [ST_EXISTS] = {409, "conflict"},
        [ST_IO] = {503, "storage"},
        [ST_LIMIT] = {413, "too-large"},
        [ST_CANCELLED] = {409, "cancelled"},
        [ST_TIMEOUT] = {503, "timeout"},
        [ST_INTERNAL] = {500, "internal"},
    };
    unsigned at = (unsigned)err->status < ST_STATUS_COUNT
                      ? (unsigned)err->status
                      : (unsigned)ST_INTERNAL;
    st_answer_problem(answer, as[at].status, as[at].name, "%s", err->text);
}

void st_answer_finish_problem(st_answer *answer, const char *request_id) {
    if (answer->problem == NULL)
        return;
    json_t *problem = json_incref(answer->problem);
    (void)json_object_set_new(problem, "request_id", json_string(request_id));
    put_json(answer, answer->status, "application/problem+json", problem);
    json_decref(problem);
}
