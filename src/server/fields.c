#include "server/fields.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

bool st_length_parse(const char *text, int64_t *bytes) {
    int64_t value = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' ||
            value > (INT64_MAX - (*text - '0')) / 10)
            return false;
        value = 10 * value + (*text - '0');
    }
    *bytes = value;
    return true;
}

/* Digits up to `end`; -1 where there are none, INT64_MAX where too many. */
static int64_t digits(const char *text, const char *end) {
    int64_t value = 0;
    if (text == end)
        return -1;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            return -2;
        value = value > (INT64_MAX - 9) / 10 ? INT64_MAX
                                             : 10 * value + (*text - '0');
        if (value == INT64_MAX)
            break;
    }
    return value;
}

st_range_kind st_range_parse(const char *text, int64_t size, int64_t *first,
                             int64_t *last) {
    if (text == NULL || strncasecmp(text, "bytes=", 6) != 0)
        return ST_RANGE_WHOLE;
    text += 6;
    const char *end = text + strlen(text);
    while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    const char *dash = memchr(text, '-', (size_t)(end - text));
    if (dash == NULL || memchr(text, ',', (size_t)(end - text)) != NULL)
        return ST_RANGE_WHOLE;
    int64_t a = digits(text, dash);
    int64_t b = digits(dash + 1, end);
    if (a == -2 || b == -2 || (a == -1 && b == -1) ||
        (a >= 0 && b >= 0 && b < a))
        return ST_RANGE_WHOLE; /* not a range: as if it were not there */
    if (a == -1) {             /* the last b bytes */
        if (b == 0 || size == 0)
            return ST_RANGE_OUTSIDE;
        *first = b >= size ? 0 : size - b;
        *last = size - 1;
        return ST_RANGE_PART;
    }
    if (a >= size)
        return ST_RANGE_OUTSIDE;
    *first = a;
    *last = b == -1 || b >= size ? size - 1 : b;
    return ST_RANGE_PART;
}

static const char *strong(const char *etag) {
    return strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag;
}

bool st_etag_listed(const char *list, const char *etag) {
    const char *wanted = strong(etag);
    size_t bytes = strlen(wanted);
    if (strcmp(list, "*") == 0)
        return true;
    for (;;) {
        list += strspn(list, " \t,");
        const char *open = strong(list);
        if (open[0] != '"')
            return false;
        const char *close = strchr(open + 1, '"');
        if (close == NULL)
            return false;
        if ((size_t)(close + 1 - open) == bytes &&
            memcmp(open, wanted, bytes) == 0)
            return true;
        list = close + 1;
    }
}

bool st_etag_same(const char *text, const char *etag) {
    return etag[0] == '"' && strcmp(text, etag) == 0;
}

/* "q=0.5" among the parameters of one coding: thousandths, 1000 when absent. */
static int weight(const char *params, const char *end) {
    while (params < end && *params != ';')
        params++;
    if (params == end)
        return 1000;
    params++;
    params += strspn(params, " \t");
    if (end - params < 3 || strncasecmp(params, "q=", 2) != 0)
        return 1000;
    int value = params[2] == '1' ? 1000 : 0;
    int unit = 100;
    if (value == 0 && params + 3 < end && params[3] == '.')
        for (const char *at = params + 4; at < end && *at >= '0' && *at <= '9';
             at++, unit /= 10)
            value += unit * (*at - '0');
    return value;
}

bool st_accepts_gzip(const char *accept_encoding) {
    int gzip = -1;
    int any = -1;
    const char *at = accept_encoding;
    while (at != NULL && *at != '\0') {
        at += strspn(at, " \t,");
        const char *end = at + strcspn(at, ",");
        size_t name = strcspn(at, " \t,;");
        if ((name == 4 && strncasecmp(at, "gzip", 4) == 0) ||
            (name == 6 && strncasecmp(at, "x-gzip", 6) == 0))
            gzip = weight(at, end);
        else if (name == 1 && *at == '*')
            any = weight(at, end);
        at = end;
    }
    return gzip > 0 || (gzip < 0 && any > 0);
}

static bool token_char(char c) {
    return isalnum((unsigned char)c) ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool st_field_name_ok(const char *name, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        if (!token_char(name[i]))
            return false;
    return bytes > 0;
}

bool st_field_value_ok(const char *value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)value[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool host_char(char c, bool v6) {
    return v6 ? isxdigit((unsigned char)c) || c == ':' || c == '.'
              : isalnum((unsigned char)c) || c == '-' || c == '.' || c == '_';
}

bool st_host_parse(const char *text, char name[ST_HOST_MAX_BYTES], int *port) {
    bool v6 = text[0] == '[';
    size_t n = 0;
    text += v6;
    for (; host_char(*text, v6); text++) {
        if (n == ST_HOST_MAX_BYTES - 1)
            return false;
        name[n++] = (char)tolower((unsigned char)*text);
    }
    name[n] = '\0';
    if (n == 0 || (v6 && *text++ != ']'))
        return false;
    *port = 0;
    if (*text == '\0')
        return true;
    int64_t value;
    if (*text != ':' || !st_length_parse(text + 1, &value) || value < 1 ||
        value > 65535)
        return false;
    *port = (int)value;
    return true;
}

bool st_origin_is_host(const char *origin, const char *host) {
    char a[ST_HOST_MAX_BYTES];
    char b[ST_HOST_MAX_BYTES];
    int from;
    int to;
    bool tls = strncmp(origin, "https://", 8) == 0;
    if (!tls && strncmp(origin, "http://", 7) != 0)
        return false;
    if (!st_host_parse(origin + (tls ? 8 : 7), a, &from) ||
        !st_host_parse(host, b, &to))
        return false;
    int usual = tls ? 443 : 80;
    return strcmp(a, b) == 0 &&
           (from == 0 ? usual : from) == (to == 0 ? usual : to);
}

bool st_media_type_is(const char *text, const char *pattern) {
    size_t n = strcspn(text, "; \t");
    size_t wanted = strlen(pattern);
    if (wanted > 0 && pattern[wanted - 1] == '*')
        return n >= wanted && strncasecmp(text, pattern, wanted - 1) == 0;
    return n == wanted && strncasecmp(text, pattern, n) == 0;
}

static bool hex_run(const char *text, size_t count) {
    bool some = false;
    for (size_t i = 0; i < count; i++) {
        if (text[i] == '\0' || strchr("0123456789abcdef", text[i]) == NULL)
            return false;
        some = some || text[i] != '0';
    }
    return some;
}

bool st_traceparent_ok(const char *text) {
    return strlen(text) == 55 && strncmp(text, "00-", 3) == 0 &&
           hex_run(text + 3, 32) && text[35] == '-' && hex_run(text + 36, 16) &&
           text[52] == '-' && strspn(text + 53, "0123456789abcdef") == 2;
}

bool st_request_id_ok(const char *text) {
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && strchr("._-", text[i]) == NULL)
            return false;
    return n >= 1 && n <= 64;
}
