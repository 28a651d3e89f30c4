/* Every allocation of the room fails once: a sentence, and nothing leaks. */
#include "support/cases.h"

#include "store/blob.h"
#include "store/s3.h"
#include "store/s3_xml.h"
#include "support/failing.h"

#include <stdio.h>
#include <stdlib.h>

static char folder[64] = "/tmp/stemma-nomem-XXXXXX";

static st_status file_life(void *ctx) {
    st_blobs *store = NULL;
    char hash[ST_HASH_TEXT_BYTES];
    st_blob_info page[4];
    size_t count = 0;
    st_err err = {0};
    (void)ctx;
    st_status status = st_blobs_open(&store, folder, NULL, &err);
    if (status == ST_OK)
        status = st_blob_put_all(store, "abc", 3, hash, &err);
    if (status == ST_OK)
        status = st_blob_verify(store, hash, &err);
    if (status == ST_OK)
        status = st_blob_list(store, NULL, page, 4, &count, &err);
    if (status == ST_OK)
        status = st_blobs_sweep(store, 0, NULL, &err);
    st_blobs_close(store);
    assert_true(status == ST_OK || err.text[0] != '\0');
    return status;
}

static st_status s3_life(void *ctx) {
    st_blobs *store = NULL;
    st_err err = {0};
    (void)ctx;
    st_status status = st_blobs_open(
        &store, "s3://key:secret@bucket?endpoint=http://127.0.0.1:1", NULL,
        &err);
    st_blobs_close(store);
    return status;
}

static st_status xml_life(void *ctx) {
    static const char text[] = "<CompleteMultipartUploadResult/>";
    (void)ctx;
    return st_s3_complete_read(text, sizeof text - 1, NULL);
}

static void test_no_memory_file(void **state) {
    (void)state;
    assert_true(failing_run(file_life, NULL) > 4);
}

static void test_no_memory_s3(void **state) {
    (void)state;
    assert_true(failing_run(s3_life, NULL) > 1);
}

static void test_no_memory_xml(void **state) {
    (void)state;
    assert_true(failing_run(xml_life, NULL) > 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_memory_file),
        cmocka_unit_test(test_no_memory_s3),
        cmocka_unit_test(test_no_memory_xml),
    };
    char command[96];
    if (mkdtemp(folder) == NULL)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) != 0 ? 1 : failed;
}
