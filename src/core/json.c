#include "core/json.h"

#include "core/alloc.h"
#include "core/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEFAULT_BYTES = 16 << 20, DEFAULT_DEPTH = 64 };

/* Depth is checked before jansson recurses; strings are stepped over. */
static st_status check_depth(const char *text, size_t bytes, int max_depth,
                             st_err *err) {
    int depth = 0, line = 1;
    bool in_string = false;
    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];
        if (c == '\n')
            line++;
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '['))
            depth++;
        else if (!in_string && (c == '}' || c == ']'))
            depth--;
        if (depth > max_depth)
            return st_err_set(err, ST_LIMIT,
                              "line %d: nested more than %d deep; "
                              "this cannot be a document for stemma.",
                              line, max_depth);
    }
    return ST_OK;
}

/* Most places in jansson 2.14 that run out of memory set no text; two blame
 * a sound string, which no true syntax error does. */
static bool out_of_memory(const json_error_t *e) {
    static const char key[] = "string or '}' expected near '\"";
    static const char value[] = "invalid token near '\"";
    return json_error_code(e) == json_error_out_of_memory ||
           e->text[0] == '\0' || strncmp(e->text, key, sizeof key - 1) == 0 ||
           strncmp(e->text, value, sizeof value - 1) == 0;
}

static st_status parse_error(const json_error_t *e, st_err *err) {
    if (out_of_memory(e))
        return st_err_set(err, ST_NO_MEM, "Out of memory while reading JSON.");
    if (json_error_code(e) == json_error_stack_overflow)
        return st_err_set(err, ST_LIMIT, "line %d: nested too deep.", e->line);
    char text[sizeof e->text];
    memcpy(text, e->text, sizeof text);
    text[sizeof text - 1] = '\0';
    st_utf8_clean(text);
    return st_err_set(err, ST_BAD_DATA, "line %d, column %d: %s.", e->line,
                      e->column, text);
}

st_status st_json_load(json_t **out, const char *text, size_t bytes,
                       const st_json_limits *limits, st_err *err) {
    size_t max_bytes = DEFAULT_BYTES;
    int max_depth = DEFAULT_DEPTH;
    if (limits != NULL && limits->max_bytes > 0)
        max_bytes = limits->max_bytes;
    if (limits != NULL && limits->max_depth > 0)
        max_depth = limits->max_depth;
    if (bytes > max_bytes)
        return st_err_set(err, ST_LIMIT,
                          "The JSON text has more than %zu bytes.", max_bytes);
    st_status status = check_depth(text, bytes, max_depth, err);
    if (status != ST_OK)
        return status;
    json_error_t e;
    json_t *doc = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &e);
    if (doc == NULL)
        return parse_error(&e, err);
    *out = doc;
    return ST_OK;
}

static st_status open_regular(const char *path, int *fd, off_t *bytes,
                              st_err *err) {
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0)
        return st_err_set(err, errno == ENOENT ? ST_NOT_FOUND : ST_IO,
                          "cannot be opened: %s.", strerror(errno));
    struct stat info;
    if (fstat(*fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        (void)close(*fd);
        return st_err_set(err, ST_IO, "is not a regular file.");
    }
    *bytes = info.st_size;
    return ST_OK;
}

/* Reads until `bytes` or the end; *got says how many came. */
static st_status read_all(int fd, char *text, size_t bytes, size_t *got,
                          st_err *err) {
    size_t at = 0;
    while (at < bytes) {
        ssize_t n = read(fd, text + at, bytes - at);
        if (n == 0)
            break;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return st_err_set(err, ST_IO, "cannot be read: %s.",
                              strerror(errno));
        at += (size_t)n;
    }
    *got = at;
    return ST_OK;
}

static st_status load_path(json_t **out, const char *path,
                           const st_json_limits *limits, st_err *err) {
    int fd = -1;
    off_t bytes = 0;
    st_status status = open_regular(path, &fd, &bytes, err);
    if (status != ST_OK)
        return status;
    size_t max = limits != NULL && limits->max_bytes > 0 ? limits->max_bytes
                                                         : DEFAULT_BYTES;
    char *text = NULL;
    size_t got = 0;
    if (bytes < 0 || (uintmax_t)bytes > max)
        status = st_err_set(err, ST_LIMIT, "has more than %zu bytes.", max);
    else if ((text = st_calloc((size_t)bytes + 1, 1)) == NULL)
        status = st_err_set(err, ST_NO_MEM, "Out of memory.");
    else
        status = read_all(fd, text, (size_t)bytes, &got, err);
    if (status == ST_OK)
        status = st_json_load(out, text, got, limits, err);
    st_free(text);
    (void)close(fd);
    return status;
}

st_status st_json_load_file(json_t **out, const char *path,
                            const st_json_limits *limits, st_err *err) {
    st_status status = load_path(out, path, limits, err);
    if (status != ST_OK)
        st_err_prefix(err, "%s", path);
    return status;
}

json_t *st_json_document(const char *name, int major) {
    json_t *doc = json_object();
    json_t *schema = json_sprintf("stemma.%s/%d", name, major);
    if (doc == NULL || schema == NULL ||
        json_object_set(doc, "schema", schema) != 0) {
        json_decref(doc);
        doc = NULL;
    }
    json_decref(schema);
    return doc;
}

json_t *st_json_rounded(double value, double per_unit) {
    if (!isfinite(value))
        return json_null();
    double rounded = floor(value * per_unit + 0.5) / per_unit;
    return json_real(rounded == 0.0 ? 0.0 : rounded);
}

st_status st_json_schema(const json_t *doc, const char *name, int newest,
                         int *major, st_err *err) {
    const char *text = json_string_value(json_object_get(doc, "schema"));
    if (text == NULL)
        return st_err_set(err, ST_BAD_DATA,
                          "has no \"schema\" field; it should say "
                          "\"stemma.%s/%d\".",
                          name, newest);
    size_t length = strlen(name);
    const char *number = text + 7 + length + 1;
    int read = 0;
    bool ours = strncmp(text, "stemma.", 7) == 0 &&
                strncmp(text + 7, name, length) == 0 &&
                text[7 + length] == '/' && number[0] >= '1' &&
                number[0] <= '9' && strlen(number) <= 6 &&
                number[strspn(number, "0123456789")] == '\0' &&
                sscanf(number, "%6d", &read) == 1;
    if (!ours)
        return st_err_set(err, ST_UNSUPPORTED,
                          "is a \"%.80s\" document; a \"stemma.%s/%d\" is "
                          "needed here.",
                          text, name, newest);
    if (read > newest)
        return st_err_set(err, ST_UNSUPPORTED,
                          "was made by a newer stemma (%s/%d, this one reads "
                          "up to %d); please update.",
                          name, read, newest);
    if (major != NULL)
        *major = read;
    return ST_OK;
}

/* The field, or NULL when absent or null. */
static const json_t *field(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

st_status st_json_get_double(const json_t *object, const char *key, double min,
                             double max, double *out, st_err *err) {
    const json_t *value = field(object, key);
    if (value == NULL)
        return ST_OK;
    double x = json_number_value(value);
    if (!json_is_number(value) || !(x >= min && x <= max))
        return st_err_set(err, ST_BAD_DATA,
                          "\"%s\" should be a number from %g to %g.", key, min,
                          max);
    *out = x;
    return ST_OK;
}

st_status st_json_get_int(const json_t *object, const char *key, int64_t min,
                          int64_t max, int64_t *out, st_err *err) {
    const json_t *value = field(object, key);
    if (value == NULL)
        return ST_OK;
    int64_t x = json_integer_value(value);
    if (!json_is_integer(value) || x < min || x > max)
        return st_err_set(err, ST_BAD_DATA,
                          "\"%s\" should be a whole number from %lld to %lld.",
                          key, (long long)min, (long long)max);
    *out = x;
    return ST_OK;
}

st_status st_json_get_bool(const json_t *object, const char *key, bool *out,
                           st_err *err) {
    const json_t *value = field(object, key);
    if (value == NULL)
        return ST_OK;
    if (!json_is_boolean(value))
        return st_err_set(err, ST_BAD_DATA, "\"%s\" should be true or false.",
                          key);
    *out = json_is_true(value);
    return ST_OK;
}

st_status st_json_get_text(const json_t *object, const char *key,
                           const char **out, st_err *err) {
    const json_t *value = field(object, key);
    if (value == NULL)
        return ST_OK;
    if (!json_is_string(value))
        return st_err_set(err, ST_BAD_DATA, "\"%s\" should be a text.", key);
    *out = json_string_value(value);
    return ST_OK;
}
