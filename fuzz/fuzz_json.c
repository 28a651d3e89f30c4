/* Any bytes: read, written for people, read again: the same canonical form. */
#include "core/alloc.h"
#include "core/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const char *text, json_t *doc) {
    json_t *back = NULL;
    st_err err = {0};
    if (st_json_load(&back, text, strlen(text), NULL, &err) != ST_OK)
        abort();
    char *a = NULL, *b = NULL;
    if (st_json_canonical(doc, &a, NULL) == ST_OK &&
        (st_json_canonical(back, &b, NULL) != ST_OK || strcmp(a, b) != 0))
        abort();
    st_free(a);
    st_free(b);
    json_decref(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    json_t *doc = NULL;
    st_err err = {0};
    if (st_json_load(&doc, (const char *)data, size, NULL, &err) != ST_OK) {
        if (err.text[0] == '\0')
            abort();
        return 0;
    }
    char *text = NULL;
    if (st_json_pretty(doc, &text, &err) != ST_OK)
        abort();
    again(text, doc);
    st_free(text);
    (void)!st_json_schema(doc, "recipe", 1, NULL, &err);
    json_decref(doc);
    return 0;
}
