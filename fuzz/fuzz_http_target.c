/* Any bytes as a request target: what is taken holds no control character, no
 * slash inside a segment and no dots; templates match without a fault. */
#include "server/target.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_clean(const char *text) {
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            abort();
}

static void check(const st_target *target) {
    for (int i = 0; i < target->segment_count; i++) {
        const char *s = target->segments[i];
        check_clean(s);
        if (strpbrk(s, "/\\") != NULL || strcmp(s, "..") == 0 ||
            (s[0] == '\0' && i + 1 < target->segment_count))
            abort();
    }
    for (int i = 0; i < target->query_count; i++) {
        check_clean(target->query[i].name);
        check_clean(target->query[i].value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const patterns[] = {
        "/", "/v1/items/{id}", "/{a}/{b}/{c}", "/rest/{rest*}", "/v1/"};
    st_target target;
    const char *values[ST_TARGET_MAX_PARAMS];
    int rest;
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (st_target_parse(&target, text)) {
        check(&target);
        for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
            (void)st_target_match(&target, patterns[i], values, &rest);
        (void)st_target_query(&target, "a");
    }
    free(text);
    return 0;
}
