#include "core/alloc.h"
#include "core/json.h"
#include "core/utf8.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Text that grows; sticky status. */
typedef struct {
    char *text;
    size_t bytes, size;
    bool pretty;
    st_status status;
    st_err *err;
} writer;

static bool grow(writer *w, size_t more) {
    size_t need = 0, size = w->size == 0 ? 1024 : w->size;
    if (!st_size_add(w->bytes, more, &need))
        return false;
    while (size < need) {
        if (!st_size_mul(size, 2, &size))
            return false;
    }
    if (size == w->size)
        return true;
    void *block = w->text;
    if (st_regrow(&block, w->bytes, size, 1) != ST_OK)
        return false;
    w->text = block;
    w->size = size;
    return true;
}

static void put(writer *w, const char *text, size_t bytes) {
    if (w->status != ST_OK || bytes == 0)
        return;
    if (!grow(w, bytes)) {
        w->status =
            st_err_set(w->err, ST_NO_MEM, "Out of memory while writing JSON.");
        return;
    }
    assert(w->text != NULL);
    memcpy(w->text + w->bytes, text, bytes);
    w->bytes += bytes;
}

static void put_text(writer *w, const char *text) {
    put(w, text, strlen(text));
}

static void new_line(writer *w, int depth) {
    if (!w->pretty)
        return;
    put(w, "\n", 1);
    for (int i = 0; i < depth; i++)
        put(w, "  ", 2);
}

/* RFC 8785 3.2.2.2: the short escapes, \u00xx for other controls, all else
 * as it is. */
static void put_string(writer *w, const char *text, size_t bytes) {
    static const char plain[] = "btn fr"; /* from 0x08 on; 0x0b has none */
    put(w, "\"", 1);
    size_t start = 0;
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        put(w, text + start, i - start);
        start = i + 1;
        char mark[8] = {'\\', (char)c, '\0'};
        if (c >= 0x08 && c <= 0x0d && c != 0x0b)
            mark[1] = plain[c - 0x08];
        else if (c < 0x20)
            (void)snprintf(mark, sizeof mark, "\\u%04x", c);
        put_text(w, mark);
    }
    put(w, text + start, bytes - start);
    put(w, "\"", 1);
}

static void put_integer(writer *w, json_int_t value) {
    char text[32];
    const json_int_t most = (json_int_t)1 << 53;
    if (!w->pretty && (value > most || value < -most)) {
        if (w->status == ST_OK)
            w->status = st_err_set(w->err, ST_BAD_DATA,
                                   "The number %lld is beyond 2^53; write it "
                                   "as text.",
                                   (long long)value);
        return;
    }
    (void)snprintf(text, sizeof text, "%lld", (long long)value);
    put_text(w, text);
}

static void put_value(writer *w, json_t *value, int depth);

static bool all_numbers(json_t *array) {
    size_t i;
    json_t *item;
    json_array_foreach(array, i, item) {
        if (!json_is_number(item))
            return false;
    }
    return true;
}

static void put_array(writer *w, json_t *array, int depth) {
    size_t count = json_array_size(array);
    bool one_line = !w->pretty || all_numbers(array);
    put(w, "[", 1);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            put_text(w, w->pretty && one_line ? ", " : ",");
        if (!one_line)
            new_line(w, depth + 1);
        put_value(w, json_array_get(array, i), depth + 1);
    }
    if (count > 0 && !one_line)
        new_line(w, depth);
    put(w, "]", 1);
}

/* The code point at *at, which goes on; keys are sound UTF-8. */
static uint32_t next_point(const char **at) {
    const unsigned char *t = (const unsigned char *)*at;
    size_t length = st_utf8_length(*at, strlen(*at));
    length = length == 0 ? 1 : length;
    *at += length;
    if (length == 1)
        return t[0];
    uint32_t point = t[0] & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++)
        point = point << 6 | (t[i] & 0x3Fu);
    return point;
}

/* Where a code point sorts by its UTF-16 code units: those above U+FFFF
 * begin with a surrogate, so they stand between U+D7FF and U+E000. */
static uint32_t unit_rank(uint32_t point) {
    if (point > 0xFFFF)
        return point - 0x10000 + 0xE000;
    return point >= 0xE000 ? point + 0x100000 : point;
}

static int by_units(const void *a, const void *b) {
    const char *left = *(const char *const *)a;
    const char *right = *(const char *const *)b;
    while (*left != '\0' && *right != '\0') {
        uint32_t x = unit_rank(next_point(&left));
        uint32_t y = unit_rank(next_point(&right));
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (*left != '\0') - (*right != '\0');
}

static const char **sorted_keys(json_t *object, size_t count) {
    const char **keys = st_calloc(count + 1, sizeof *keys);
    if (keys == NULL)
        return NULL;
    size_t n = 0;
    for (void *it = json_object_iter(object); it != NULL;
         it = json_object_iter_next(object, it))
        keys[n++] = json_object_iter_key(it);
    return keys;
}

static void put_object(writer *w, json_t *object, int depth) {
    size_t count = json_object_size(object);
    const char **keys = sorted_keys(object, count);
    if (keys == NULL) {
        w->status =
            st_err_set(w->err, ST_NO_MEM, "Out of memory while writing JSON.");
        return;
    }
    if (!w->pretty)
        qsort(keys, count, sizeof *keys, by_units);
    put(w, "{", 1);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            put(w, ",", 1);
        new_line(w, depth + 1);
        put_string(w, keys[i], strlen(keys[i]));
        put_text(w, w->pretty ? ": " : ":");
        put_value(w, json_object_get(object, keys[i]), depth + 1);
    }
    if (count > 0)
        new_line(w, depth);
    put(w, "}", 1);
    st_free(keys);
}

/* A large real without a point would be read back as an integer, rounded
 * otherwise or refused. */
static void put_real(writer *w, double value) {
    char text[ST_JSON_NUMBER_BYTES];
    st_json_number(value, text);
    put_text(w, text);
    if (w->pretty && fabs(value) >= 0x1p53 && strpbrk(text, ".e") == NULL)
        put_text(w, ".0");
}

static void put_value(writer *w, json_t *value, int depth) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        put_object(w, value, depth);
        break;
    case JSON_ARRAY:
        put_array(w, value, depth);
        break;
    case JSON_STRING:
        put_string(w, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        put_integer(w, json_integer_value(value));
        break;
    case JSON_REAL:
        put_real(w, json_real_value(value));
        break;
    case JSON_TRUE:
        put(w, "true", 4);
        break;
    case JSON_FALSE:
        put(w, "false", 5);
        break;
    case JSON_NULL:
        put(w, "null", 4);
        break;
    }
}

static st_status write_all(json_t *doc, bool pretty, char **out, st_err *err) {
    writer w = {.pretty = pretty, .err = err};
    put_value(&w, doc, 0);
    put_text(&w, pretty ? "\n" : "");
    put(&w, "", 1); /* the end mark */
    if (w.status != ST_OK) {
        st_free(w.text);
        return w.status;
    }
    *out = w.text;
    return ST_OK;
}

st_status st_json_canonical(json_t *doc, char **out, st_err *err) {
    return write_all(doc, false, out, err);
}

st_status st_json_pretty(json_t *doc, char **out, st_err *err) {
    return write_all(doc, true, out, err);
}
