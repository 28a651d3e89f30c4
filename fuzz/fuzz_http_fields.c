/* Any bytes as the value of each header field that we read, and as a host or
 * an origin: what is taken is inside its limits. */
#include "server/fields.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_range(const char *text, int64_t size) {
    int64_t first = -1;
    int64_t last = -1;
    if (st_range_parse(text, size, &first, &last) == ST_RANGE_PART &&
        (first < 0 || last < first || last >= size))
        abort();
}

static void check_host(const char *text) {
    char name[ST_HOST_MAX_BYTES];
    int port = -1;
    if (st_host_parse(text, name, &port) &&
        (name[0] == '\0' || port < 0 || port > 65535 ||
         strlen(name) >= sizeof name))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int64_t length = -1;
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_range(text, 0);
    check_range(text, 1);
    check_range(text, 1000);
    check_range(text, INT64_MAX);
    check_host(text);
    if (st_length_parse(text, &length) && length < 0)
        abort();
    (void)st_etag_listed(text, "\"abc\"");
    (void)st_etag_listed(text, "W/\"abc\"");
    (void)st_accepts_gzip(text);
    (void)st_origin_is_host(text, "localhost:8600");
    (void)st_origin_is_host("http://localhost:8600", text);
    (void)st_media_type_is(text, "application/json");
    (void)st_media_type_is(text, "audio/*");
    (void)st_traceparent_ok(text);
    if (st_request_id_ok(text) && !st_field_value_ok(text, strlen(text)))
        abort();
    free(text);
    return 0;
}
