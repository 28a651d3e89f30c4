/* Any bytes as each answer of an S3 server that is read: a refusal has a
 * sentence, what is taken keeps its limits. */
#include "store/s3_xml.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static st_status each(void *ctx, const st_s3_entry *entry, st_err *err) {
    (void)err;
    if (entry->key[0] == '\0' || entry->bytes < 0 ||
        strlen(entry->key) >= sizeof entry->key)
        abort();
    (*(size_t *)ctx)++;
    return ST_OK;
}

static void check(st_status status, const st_err *err) {
    if (status != ST_OK && (status != err->status || err->text[0] == '\0'))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data;
    size_t count = 0;
    char id[1025];
    st_s3_page page;
    st_s3_error error = {.code = ""};
    st_err err[4] = {{0}};
    st_status status =
        st_s3_page_read(text, size, each, &count, &page, &err[0]);
    check(status, &err[0]);
    if (status == ST_OK && count != page.entries)
        abort();
    check(st_s3_error_read(text, size, &error, &err[1]), &err[1]);
    for (const char *at = error.message; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            abort();
    check(st_s3_upload_read(text, size, id, &err[2]), &err[2]);
    check(st_s3_complete_read(text, size, &err[3]), &err[3]);
    return 0;
}
