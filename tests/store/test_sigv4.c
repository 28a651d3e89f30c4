/* Against what AWS published: its Signature Version 4 test suite and the
 * worked examples of the S3 API reference. */
#include "support/cases.h"

#include "store/sigv4.h"

#include <string.h>

static const char empty_sha[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const st_sigv4_key suite_key = {
    .access_key = "AKIDEXAMPLE",
    .secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    .region = "us-east-1",
    .service = "service"};
static const st_sigv4_key s3_key = {
    .access_key = "AKIAIOSFODNN7EXAMPLE",
    .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    .region = "us-east-1",
    .service = "s3"};
enum { PAIRS = 5 };
static const int64_t suite_us = 1440938160000000; /* 2015-08-30T12:36:00Z */
static const int64_t s3_us = 1369353600000000;    /* 2013-05-24T00:00:00Z */

#define HOST                                                                   \
    { "host", "example.amazonaws.com" }
#define DATE                                                                   \
    { "x-amz-date", "20150830T123600Z" }
#define S3_HOST                                                                \
    { "host", "examplebucket.s3.amazonaws.com" }
#define S3_DATE                                                                \
    { "x-amz-date", "20130524T000000Z" }
#define S3_SHA                                                                 \
    { "x-amz-content-sha256", empty_sha }

typedef struct {
    const char *name, *method, *path;
    st_sigv4_pair query[PAIRS], headers[PAIRS];
    const char *payload_sha, *signature;
    bool s3;
} known;

static const known cases[] = {
    {"get-vanilla",
     "GET",
     "/",
     {{0}},
     {HOST, DATE},
     empty_sha,
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
     false},
    {"post-vanilla",
     "POST",
     "/",
     {{0}},
     {HOST, DATE},
     empty_sha,
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
     false},
    {"get-vanilla-query-order-key-case",
     "GET",
     "/",
     {{"Param2", "value2"}, {"Param1", "value1"}},
     {DATE, HOST},
     empty_sha,
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
     false},
    {"get-utf8",
     "GET",
     "/%E1%88%B4",
     {{0}},
     {HOST, DATE},
     empty_sha,
     "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
     false},
    {"get-vanilla-utf8-query",
     "GET",
     "/",
     {{"\xE1\x88\xB4", "bar"}},
     {HOST, DATE},
     empty_sha,
     "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
     false},
    {"get-header-value-trim",
     "GET",
     "/",
     {{0}},
     {HOST, {"my-header1", " value1"}, {"my-header2", " \"a   b   c\""}, DATE},
     empty_sha,
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
     false},
    {"S3: GET object, a range",
     "GET",
     "/test.txt",
     {{0}},
     {S3_HOST, {"range", "bytes=0-9"}, S3_SHA, S3_DATE},
     empty_sha,
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
     true},
    {"S3: PUT object",
     "PUT",
     "/test%24file.text",
     {{0}},
     {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
      S3_HOST,
      {"x-amz-content-sha256",
       "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"},
      S3_DATE,
      {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
     "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
     true},
    {"S3: GET bucket lifecycle",
     "GET",
     "/",
     {{"lifecycle", ""}},
     {S3_HOST, S3_SHA, S3_DATE},
     empty_sha,
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
     true},
    {"S3: list objects",
     "GET",
     "/",
     {{"prefix", "J"}, {"max-keys", "2"}},
     {S3_HOST, S3_SHA, S3_DATE},
     empty_sha,
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
     true},
};

static size_t pairs_of(const st_sigv4_pair *pairs) {
    size_t count = 0;
    while (count < PAIRS && pairs[count].name != NULL)
        count++;
    return count;
}

static void test_sigv4_published(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const known *c = &cases[i];
        char text[2048];
        const st_sigv4_request r = {.method = c->method,
                                    .path = c->path,
                                    .query = c->query,
                                    .query_count = pairs_of(c->query),
                                    .headers = c->headers,
                                    .header_count = pairs_of(c->headers),
                                    .payload_sha = c->payload_sha};
        assert_int_equal(st_sigv4_authorize(&r, c->s3 ? &s3_key : &suite_key,
                                            c->s3 ? s3_us : suite_us, text,
                                            sizeof text),
                         ST_OK);
        const char *signature = strstr(text, "Signature=");
        assert_non_null(signature);
        if (strcmp(signature + 10, c->signature) != 0)
            fail_msg("%s: %s", c->name, text);
    }
}

static void test_sigv4_header_text(void **state) {
    (void)state;
    const st_sigv4_pair headers[] = {HOST, DATE};
    const st_sigv4_request r = {.method = "GET",
                                .path = "/",
                                .headers = headers,
                                .header_count = 2,
                                .payload_sha = empty_sha};
    char text[512];
    assert_int_equal(
        st_sigv4_authorize(&r, &suite_key, suite_us, text, sizeof text), ST_OK);
    assert_string_equal(
        text,
        "AWS4-HMAC-SHA256 "
        "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature="
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    assert_int_equal(st_sigv4_authorize(&r, &suite_key, suite_us, text, 100),
                     ST_LIMIT);
}

/* The S3 reference's example of a presigned address. */
static void test_sigv4_presigned(void **state) {
    (void)state;
    const st_sigv4_pair host = S3_HOST;
    const st_sigv4_request r = {.method = "GET",
                                .path = "/test.txt",
                                .headers = &host,
                                .header_count = 1};
    char text[1024];
    assert_int_equal(
        st_sigv4_presign(&r, &s3_key, s3_us, 86400, text, sizeof text), ST_OK);
    assert_string_equal(
        text,
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
        "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"
        "&X-Amz-SignedHeaders=host&X-Amz-Signature="
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    assert_int_equal(st_sigv4_presign(&r, &s3_key, s3_us, 0, text, sizeof text),
                     ST_BAD_ARG);
    assert_int_equal(
        st_sigv4_presign(&r, &s3_key, s3_us, 604801, text, sizeof text),
        ST_BAD_ARG);
    size_t length = strlen(text);
    assert_int_equal(st_sigv4_presign(&r, &s3_key, s3_us, 86400, text, length),
                     ST_LIMIT);
    assert_int_equal(
        st_sigv4_presign(&r, &s3_key, s3_us, 86400, text, length + 1), ST_OK);
}

static void test_sigv4_encode_text(void **state) {
    (void)state;
    char text[64];
    assert_int_equal(
        st_sigv4_encode("a b/c+~\xC3\xA9", false, text, sizeof text), ST_OK);
    assert_string_equal(text, "a%20b%2Fc%2B~%C3%A9");
    assert_int_equal(st_sigv4_encode("a b/c", true, text, sizeof text), ST_OK);
    assert_string_equal(text, "a%20b/c");
    assert_int_equal(st_sigv4_encode("abc", false, text, 4), ST_OK);
    assert_int_equal(st_sigv4_encode("abc", false, text, 3), ST_LIMIT);
    assert_int_equal(st_sigv4_encode("a ", false, text, 4), ST_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sigv4_published),
        cmocka_unit_test(test_sigv4_header_text),
        cmocka_unit_test(test_sigv4_presigned),
        cmocka_unit_test(test_sigv4_encode_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
