/* What only S3 has: refusals, bad networks, presigned addresses, broken-off
 * uploads. A real server that refuses wrong secrets is started here. */
#include "support/cases.h"

#include "core/alloc.h"
#include "core/clock.h"
#include "store/blob.h"
#include "store/s3.h"
#include "store/s3_xml.h"
#include "support/helper.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

static s3_server server;
static char logged[1 << 16];
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

static void keep_log(void *ctx, st_log_level level, const char *room,
                     int64_t utc_us, const char *text) {
    (void)ctx;
    (void)level;
    (void)room;
    (void)utc_us;
    (void)pthread_mutex_lock(&log_lock);
    size_t used = strlen(logged);
    (void)snprintf(logged + used, sizeof logged - used, "%s\n", text);
    (void)pthread_mutex_unlock(&log_lock);
}

static const st_log test_log = {.level = ST_LOG_DEBUG, .write = keep_log};

static void ok(st_status status, const st_err *err) {
    if (status != ST_OK)
        fail_msg("%s: %s", st_status_name(status), err->text);
}

/* place: "KEY:SECRET@bucket/prefix"; host NULL: the server itself. */
static st_blobs *open_at(const char *place, const char *host,
                         const char *options) {
    char url[600];
    st_blobs *store = NULL;
    st_err err = {0};
    (void)snprintf(url, sizeof url, "s3://%s?endpoint=http://%s%s", place,
                   host != NULL ? host : server.host, options);
    ok(st_blobs_open(&store, url, &test_log, &err), &err);
    return store;
}

static unsigned char *made(size_t bytes, uint64_t seed) {
    unsigned char *data = st_calloc(bytes, 1);
    for (size_t i = 0; i + 8 <= bytes; i += 8) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        memcpy(data + i, &seed, 8);
    }
    return data;
}

static size_t count_all(st_blobs *store) {
    st_blob_info page[100];
    size_t count = 0;
    st_err err = {0};
    ok(st_blob_list(store, NULL, page, 100, &count, &err), &err);
    return count;
}

/* -- refusals
 * ------------------------------------------------------------------
 */

static void refused(const char *place, const char *said, const char *never) {
    st_blobs *store = open_at(place, NULL, "");
    char hash[ST_HASH_TEXT_BYTES];
    st_blob_info page[2];
    size_t count = 0;
    bool there = false;
    st_err err[5] = {{0}};
    st_hash_text("x", 1, hash);
    assert_int_equal(st_blobs_check(store, &err[0]), ST_IO);
    assert_int_equal(st_blob_has(store, hash, &there, &err[1]), ST_IO);
    assert_int_equal(st_blob_list(store, "", page, 2, &count, &err[2]), ST_IO);
    assert_int_equal(st_blob_remove(store, hash, &err[3]), ST_IO);
    assert_int_equal(st_blobs_sweep(store, 0, NULL, &err[4]), ST_IO);
    for (int i = 0; i < 5; i++) {
        if (strstr(err[i].text, said) == NULL)
            fail_msg("call %d says: %s", i, err[i].text);
        if (strstr(err[i].text, never) != NULL)
            fail_msg("call %d tells a secret: %s", i, err[i].text);
    }
    print_message("%s\n", err[0].text);
    st_blobs_close(store);
}

static void test_s3_wrong_secret(void **state) {
    (void)state;
    refused("test%3Atester:wrong-secret@blobs/x", "AWS_SECRET_ACCESS_KEY",
            "wrong-secret");
}

static void test_s3_unknown_key(void **state) {
    (void)state;
    refused("nobody:whatever-secret@blobs", "key", "whatever-secret");
}

static void test_s3_no_bucket(void **state) {
    (void)state;
    refused("no-such-bucket", "bucket does not exist", "testing-secret");
}

static void test_s3_user_info(void **state) {
    (void)state;
    st_blobs *store =
        open_at("test%3Atester:testing%2Dsecret@other/a/b/", NULL, "");
    st_err err = {0};
    ok(st_blobs_check(store, &err), &err);
    assert_null(strstr(st_blobs_name(store), "secret"));
    assert_null(strstr(st_blobs_name(store), "tester"));
    assert_non_null(strstr(st_blobs_name(store), "other/a/b/"));
    st_blobs_close(store);
}

static void test_s3_bad_addresses(void **state) {
    (void)state;
    static const char *const urls[] = {
        "s3://",
        "s3://B",
        "s3://UPPER",
        "s3://a..b",
        "s3://blobs/../x",
        "s3://blobs?endpoint=ftp://x",
        "s3://blobs?endpoint=http://a/b?c",
        "s3://blobs?endpoint=http://a%20b",
        "s3://blobs?colour=1",
        "s3://blobs?part_mib=1",
        "s3://blobs?timeout_s=x",
        "s3://blobs?spool=relative",
        "s3://verysecret@blobs",
        "s3://key:verysecret%zz@blobs",
        "s3://key:verysecret@blobs?region=%",
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        st_blobs *store = NULL;
        st_err err = {0};
        assert_int_equal(st_blobs_open(&store, urls[i], NULL, &err),
                         ST_BAD_ARG);
        assert_true(strlen(err.text) > 20);
        assert_null(strstr(err.text, "verysecret"));
    }
}

/* -- sentences from answers that this server never gives
 * ------------------------
 */

static void test_s3_sentences(void **state) {
    (void)state;
    static const struct {
        const char *body, *said;
    } cases[] = {
        {"<Error><Code>RequestTimeTooSkewed</Code></Error>",
         "clocks of this machine and the server differ by 3600 s (this one is "
         "ahead)"},
        {"<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1"
         "</Region></Error>",
         "region=eu-west-1"},
        {"<Error><Code>PermanentRedirect</Code></Error>", "another region"},
        {"<Error><Code>QuotaExceeded</Code></Error>", "quota is full"},
        {"<Error><Code>ExpiredToken</Code></Error>", "token has expired"},
        {"<Error><Code>Odd</Code><Message>a\nb\xC3\xA9</Message></Error>",
         "HTTP 400 Odd (a?b?"},
        {"<html>hello</html>", "HTTP 400 and no reason"},
    };
    const st_s3 s3 = {.config = {.endpoint = "http://here"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[512];
        (void)snprintf(body, sizeof body, "%s", cases[i].body);
        const st_s3_answer answer = {.status = 400,
                                     .text = body,
                                     .text_bytes = strlen(body),
                                     .date_us = st_clock_utc_us() - 3600500000};
        st_err err = {0};
        assert_int_equal(st_s3_refused(&s3, &answer, "store a blob", &err),
                         ST_IO);
        if (strstr(err.text, cases[i].said) == NULL)
            fail_msg("%s", err.text);
    }
}

static st_status count_entry(void *ctx, const st_s3_entry *entry, st_err *err) {
    (void)entry;
    (void)err;
    (*(int *)ctx)++;
    return ST_OK;
}

static void test_s3_bad_xml(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "<a>",
        "<ListBucketResult><Contents><Key>k</Key></Contents>"
        "</ListBucketResult>",
        "<ListBucketResult><Contents><Key>k</Key><Size>-1</Size>"
        "<LastModified>2026-01-01T00:00:00Z</LastModified></Contents>"
        "</ListBucketResult>",
        "<ListBucketResult><Contents><Key>k</Key><Size>1</Size>"
        "<LastModified>yesterday</LastModified></Contents>"
        "</ListBucketResult>",
        "<!DOCTYPE x [<!ENTITY a 'aaaa'>]><ListBucketResult>&a;"
        "</ListBucketResult>",
        "<Error/>",
        "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a/></a></a></a></a>"
        "</a></a></a></a></a></a></a></a></a></a></a></a>",
    };
    st_s3_page page;
    int count = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        st_err err = {0};
        if (st_s3_page_read(bad[i], strlen(bad[i]), count_entry, &count, &page,
                            &err) != ST_BAD_DATA)
            fail_msg("taken: %s", bad[i]);
        assert_true(strlen(err.text) > 20);
    }
    static const char good[] =
        " \n<?xml version='1.0'?><ListBucketResult><IsTruncated>true"
        "</IsTruncated><Contents><Key>a&amp;b</Key><Size>12</Size>"
        "<LastModified>2026-11-22T04:45:32.250Z</LastModified></Contents>"
        "</ListBucketResult>";
    st_err err = {0};
    ok(st_s3_page_read(good, strlen(good), count_entry, &count, &page, &err),
       &err);
    assert_int_equal(count, 1);
    assert_true(page.truncated);
}

/* -- presigned
 * -----------------------------------------------------------------
 */

/* The status that curl gets; the body goes to `body`. */
static int curl_get(const char *url, const char *range, char *body,
                    size_t bytes) {
    char command[ST_BLOB_URL_BYTES + 200];
    int status = 0;
    (void)snprintf(command, sizeof command,
                   "curl --noproxy '*' -s -w '\\n%%{http_code}' %s '%s'", range,
                   url);
    FILE *said = popen(command, "re");
    size_t got = fread(body, 1, bytes - 1, said);
    (void)pclose(said);
    body[got] = '\0';
    char *line = strrchr(body, '\n');
    assert_non_null(line);
    (void)sscanf(line, "%d", &status);
    *line = '\0';
    return status;
}

static void test_s3_presigned(void **state) {
    (void)state;
    char hash[ST_HASH_TEXT_BYTES], url[ST_BLOB_URL_BYTES], brief[sizeof url];
    char body[4096];
    st_blobs *store = open_at("blobs/signed", NULL, "");
    st_err err = {0};
    ok(st_blob_put_all(store, "hello, world", 12, hash, &err), &err);
    ok(st_blob_url(store, hash, 1, brief, sizeof brief, &err), &err);
    ok(st_blob_url(store, hash, 600, url, sizeof url, &err), &err);
    assert_null(strstr(url, "testing-secret"));
    assert_int_equal(curl_get(url, "", body, sizeof body), 200);
    assert_string_equal(body, "hello, world");
    assert_int_equal(curl_get(url, "-r 7-11", body, sizeof body), 206);
    assert_string_equal(body, "world");
    (void)sleep(3);
    assert_int_equal(curl_get(brief, "", body, sizeof body), 403);
    char *seconds = strstr(url, "X-Amz-Expires=600");
    assert_non_null(seconds);
    seconds[14] = '9'; /* 900 s */
    assert_int_equal(curl_get(url, "", body, sizeof body), 403);
    seconds[14] = '6';
    char *name = strstr(url, hash);
    assert_non_null(name);
    name[10] = name[10] == 'a' ? 'b' : 'a';
    assert_int_equal(curl_get(url, "", body, sizeof body), 403);
    assert_int_equal(st_blob_url(store, hash, 0, url, sizeof url, &err),
                     ST_BAD_ARG);
    assert_int_equal(st_blob_url(store, hash, 604801, url, sizeof url, &err),
                     ST_BAD_ARG);
    assert_int_equal(st_blob_url(store, hash, 60, url, 100, &err), ST_LIMIT);
    st_blobs_close(store);
}

/* -- damage
 * ----------------------------------------------------------------------
 */

static void test_s3_damage_found(void **state) {
    (void)state;
    char hash[ST_HASH_TEXT_BYTES], url[300], key[ST_S3_KEY_BYTES];
    st_blobs *store = open_at("blobs/harm", NULL, "");
    st_err err = {0};
    st_s3 raw = {.lock = PTHREAD_MUTEX_INITIALIZER};
    st_s3_answer answer;
    (void)snprintf(url, sizeof url, "s3://blobs/harm?endpoint=http://%s",
                   server.host);
    ok(st_s3_config_parse(&raw.config, url, &err), &err);
    raw.key = (st_sigv4_key){.access_key = raw.config.access_key,
                             .secret_key = raw.config.secret_key,
                             .region = raw.config.region,
                             .service = "s3"};
    ok(st_blob_put_all(store, "right", 5, hash, &err), &err);
    st_s3_key_of(&raw, hash, key);
    for (int longer = 0; longer < 2; longer++) {
        const st_s3_call call = {.method = "PUT",
                                 .key = key,
                                 .body = "wrong!",
                                 .body_bytes = 5 + longer};
        ok(st_s3_ask(&raw, &call, &answer, &err), &err);
        assert_true(st_s3_good(&answer));
        st_s3_answer_free(&answer);
        assert_int_equal(st_blob_verify(store, hash, &err), ST_BAD_DATA);
        assert_non_null(strstr(err.text, "damaged"));
    }
    ok(st_blob_put_all(store, "right", 5, hash, &err), &err); /* length heals */
    ok(st_blob_verify(store, hash, &err), &err);
    while (raw.idle_count > 0)
        curl_easy_cleanup(raw.idle[--raw.idle_count]);
    st_blobs_close(store);
}

/* -- bad networks
 * ----------------------------------------------------------------
 */

static void test_s3_flaky_network(void **state) {
    (void)state;
    enum { BYTES = 40 * MIB + 5 };
    helper proxy;
    char hash[ST_HASH_TEXT_BYTES], wanted[ST_HASH_TEXT_BYTES];
    unsigned char *data = made(BYTES, 1);
    int64_t removed = 0;
    st_err err = {0};
    logged[0] = '\0';
    helper_start(&proxy, "flaky_proxy.py", server.host, "flaky", NULL);
    st_blobs *store = open_at("blobs/flaky", proxy.line, "&part_mib=5");
    ok(st_blob_put_all(store, data, BYTES, hash, &err), &err);
    st_hash_text(data, BYTES, wanted);
    assert_string_equal(hash, wanted);
    ok(st_blob_verify(store, hash, &err), &err);
    assert_int_equal(count_all(store), 1);
    st_blobs_close(store);
    helper_stop(&proxy);
    store = open_at("blobs/flaky", NULL, "");
    ok(st_blob_verify(store, hash, &err), &err);
    ok(st_blobs_sweep(store, 0, &removed, &err), &err);
    st_blobs_close(store);
    size_t retries = 0;
    for (const char *at = logged; *at != '\0'; at++)
        retries += *at == '\n';
    print_message("%zu retries\n", retries);
    assert_true(retries >= 3); /* the proxy did its worst */
    assert_null(strstr(logged, "testing-secret"));
    st_free(data);
}

static void expect_failure(const char *host, const char *options,
                           st_status wanted, const char *said) {
    st_blobs *store = open_at("blobs/away", host, options);
    char hash[ST_HASH_TEXT_BYTES];
    st_err err = {0};
    int64_t start = st_clock_ns();
    st_status status = st_blob_put_all(store, "x", 1, hash, &err);
    print_message("%.1f s: %s\n", st_clock_seconds(start, st_clock_ns()),
                  err.text);
    assert_int_equal(status, wanted);
    assert_non_null(strstr(err.text, said));
    st_blobs_close(store);
}

static void test_s3_always_busy(void **state) {
    (void)state;
    helper proxy;
    helper_start(&proxy, "flaky_proxy.py", server.host, "busy", NULL);
    expect_failure(proxy.line, "", ST_IO, "HTTP 503");
    helper_stop(&proxy);
}

static void test_s3_never_answers(void **state) {
    (void)state;
    helper proxy;
    helper_start(&proxy, "flaky_proxy.py", server.host, "mute", NULL);
    expect_failure(proxy.line, "&timeout_s=1", ST_TIMEOUT, "in time");
    helper_stop(&proxy);
}

static void test_s3_nobody_there(void **state) {
    (void)state;
    expect_failure("127.0.0.1:1", "", ST_IO, "is it running there");
}

static void test_s3_certificate(void **state) {
    (void)state;
    helper proxy;
    char url[300], hash[ST_HASH_TEXT_BYTES];
    st_blobs *store = NULL;
    st_err err = {0};
    helper_start(&proxy, "flaky_proxy.py", server.host, "tls", NULL);
    for (int insecure = 0; insecure < 2; insecure++) {
        (void)snprintf(url, sizeof url,
                       "s3://blobs/tls?endpoint=https://%s&insecure=%d",
                       proxy.line, insecure);
        ok(st_blobs_open(&store, url, &test_log, &err), &err);
        st_status status = st_blob_put_all(store, "x", 1, hash, &err);
        if (insecure == 0) {
            assert_int_equal(status, ST_IO);
            assert_non_null(strstr(err.text, "is not trusted"));
        } else {
            ok(status, &err);
            ok(st_blob_verify(store, hash, &err), &err);
        }
        st_blobs_close(store);
    }
    helper_stop(&proxy);
}

/* Killed in the middle of a multipart upload: nothing is to be seen of it,
 * and a sweep ends it. */
static void test_s3_survives_kill(void **state) {
    (void)state;
    enum { BYTES = 24 * MIB };
    helper proxy;
    char hash[ST_HASH_TEXT_BYTES];
    unsigned char *data = made(BYTES, 2);
    int status = 0;
    int64_t removed = 0;
    bool there = true;
    st_err err = {0};
    helper_start(&proxy, "flaky_proxy.py", server.host, "slow", NULL);
    pid_t child = fork();
    if (child == 0) {
        st_blobs *slow = open_at("blobs/kill", proxy.line, "&part_mib=5");
        (void)!st_blob_put_all(slow, data, BYTES, hash, NULL);
        _exit(0);
    }
    (void)sleep(3);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    helper_stop(&proxy);
    st_blobs *store = open_at("blobs/kill", NULL, "");
    st_hash_text(data, BYTES, hash);
    ok(st_blob_has(store, hash, &there, &err), &err);
    assert_false(there);
    assert_int_equal(count_all(store), 0);
    ok(st_blobs_sweep(store, 3600, &removed, &err), &err);
    assert_int_equal(removed, 0);
    (void)sleep(1);
    ok(st_blobs_sweep(store, 0, &removed, &err), &err);
    assert_int_equal(removed, 1);
    ok(st_blobs_sweep(store, 0, &removed, &err), &err);
    assert_int_equal(removed, 0);
    st_blobs_close(store);
    st_free(data);
}

static int all_setup(void **state) {
    (void)state;
    s3_server_start(&server);
    return 0;
}

static int all_teardown(void **state) {
    (void)state;
    s3_server_stop(&server);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_s3_wrong_secret),
        cmocka_unit_test(test_s3_unknown_key),
        cmocka_unit_test(test_s3_no_bucket),
        cmocka_unit_test(test_s3_user_info),
        cmocka_unit_test(test_s3_bad_addresses),
        cmocka_unit_test(test_s3_sentences),
        cmocka_unit_test(test_s3_bad_xml),
        cmocka_unit_test(test_s3_presigned),
        cmocka_unit_test(test_s3_damage_found),
        cmocka_unit_test(test_s3_survives_kill),
        cmocka_unit_test(test_s3_flaky_network),
        cmocka_unit_test(test_s3_certificate),
        cmocka_unit_test(test_s3_always_busy),
        cmocka_unit_test(test_s3_never_answers),
        cmocka_unit_test(test_s3_nobody_there),
    };
    return cmocka_run_group_tests(tests, all_setup, all_teardown);
}
