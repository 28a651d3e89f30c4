#include "core/alloc.h"
#include "store/s3.h"
#include "store/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The URL itself never stands in a sentence: it may hold a secret. */
static st_status bad(st_err *err, const char *why) {
    return st_err_set(err, ST_BAD_ARG,
                      "its s3:// address is wrong: %s. It is "
                      "s3://bucket/prefix?endpoint=https://host:port"
                      "&region=name.",
                      why);
}

static bool made_of(const char *text, const char *allowed) {
    static const char basic[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    for (; *text != '\0'; text++)
        if (strchr(basic, *text) == NULL && strchr(allowed, *text) == NULL)
            return false;
    return true;
}

static bool keep(char *field, size_t bytes, const char *text) {
    int length = snprintf(field, bytes, "%s", text);
    return length >= 0 && (size_t)length < bytes;
}

#define KEEP(FIELD, TEXT) keep(FIELD, sizeof(FIELD), TEXT)
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool parse_endpoint(st_s3_config *c, const char *text) {
    const char *plain = strncmp(text, "http://", 7) == 0 ? text + 7 : NULL;
    const char *host = strncmp(text, "https://", 8) == 0 ? text + 8 : plain;
    if (host == NULL || !KEEP(c->host, host))
        return false;
    size_t length = strlen(c->host);
    if (length > 0 && c->host[length - 1] == '/')
        c->host[--length] = '\0';
    if (length == 0 || !made_of(c->host, UPPER "-_.:[]"))
        return false;
    const char *usual = plain != NULL ? ":80" : ":443";
    size_t tail = strlen(usual);
    if (length > tail && strcmp(c->host + length - tail, usual) == 0)
        c->host[length - tail] = '\0';
    (void)snprintf(c->endpoint, sizeof c->endpoint, "http%s://%s",
                   plain != NULL ? "" : "s", c->host);
    return true;
}

static bool parse_number(const char *text, long min, long max, long *out) {
    char *end = NULL;
    long value = strtol(text, &end, 10);
    if (end == text || *end != '\0' || value < min || value > max)
        return false;
    *out = value;
    return true;
}

static st_status parse_field(st_s3_config *c, const st_url_field *field,
                             st_err *err) {
    long number = 0;
    const char *value = field->value;
    if (strcmp(field->name, "endpoint") == 0)
        return parse_endpoint(c, value)
                   ? ST_OK
                   : bad(err, "endpoint must be http://host:port or "
                              "https://host:port");
    if (strcmp(field->name, "region") == 0)
        return made_of(value, "-_") && KEEP(c->region, value)
                   ? ST_OK
                   : bad(err, "region is made of letters, digits and -");
    if (strcmp(field->name, "spool") == 0)
        return value[0] == '/' && KEEP(c->spool, value)
                   ? ST_OK
                   : bad(err, "spool is the absolute path of a folder");
    if (strcmp(field->name, "part_mib") == 0) {
        if (!parse_number(value, 5, 1024, &number))
            return bad(err, "part_mib is 5 to 1024");
        c->part_bytes = (int64_t)number << 20;
        return ST_OK;
    }
    if (strcmp(field->name, "timeout_s") == 0)
        return parse_number(value, 1, 3600, &c->timeout_s)
                   ? ST_OK
                   : bad(err, "timeout_s is 1 to 3600");
    if (strcmp(field->name, "insecure") == 0) {
        c->insecure = strcmp(value, "1") == 0;
        return ST_OK;
    }
    return bad(err, "it has an option that there is not (there are endpoint, "
                    "region, spool, part_mib, timeout_s, insecure)");
}

static bool parse_user(st_s3_config *c, const char *text, size_t length) {
    const char *colon = memchr(text, ':', length);
    if (colon == NULL)
        return false;
    size_t name = (size_t)(colon - text);
    return st_url_decode(text, name, c->access_key, sizeof c->access_key) &&
           st_url_decode(colon + 1, length - name - 1, c->secret_key,
                         sizeof c->secret_key);
}

static st_status parse_place(st_s3_config *c, const char *text, size_t length,
                             st_err *err) {
    char bucket[128];
    const char *slash = memchr(text, '/', length);
    size_t name = slash != NULL ? (size_t)(slash - text) : length;
    size_t rest = slash != NULL ? length - name - 1 : 0;
    if (!st_url_decode(text, name, bucket, sizeof bucket) ||
        strlen(bucket) < 3 || !made_of(bucket, "-.") ||
        strstr(bucket, "..") != NULL || !KEEP(c->bucket, bucket))
        return bad(err, "a bucket is 3 to 63 of a-z, 0-9, - and .");
    while (rest > 0 && slash[rest] == '/')
        rest--;
    if (rest == 0)
        return ST_OK;
    if (!st_url_decode(slash + 1, rest, c->prefix, sizeof c->prefix - 1) ||
        !made_of(c->prefix, UPPER "-_./") || c->prefix[0] == '/' ||
        strstr(c->prefix, "//") != NULL || strstr(c->prefix, "..") != NULL)
        return bad(err, "a prefix is at most 190 of letters, digits, -, _, . "
                        "and single /");
    c->prefix[strlen(c->prefix)] = '/'; /* the rest is zero */
    return ST_OK;
}

static const char *environment(const char *name) {
    const char *value = getenv(name);
    return value != NULL ? value : "";
}

static st_status find_credentials(st_s3_config *c, st_err *err) {
    if (c->access_key[0] == '\0' &&
        !(KEEP(c->access_key, environment("AWS_ACCESS_KEY_ID")) &&
          KEEP(c->secret_key, environment("AWS_SECRET_ACCESS_KEY")) &&
          KEEP(c->token, environment("AWS_SESSION_TOKEN"))))
        return st_err_set(err, ST_BAD_ARG,
                          "the AWS credentials in the environment are longer "
                          "than any real ones; check them.");
    if (c->access_key[0] == '\0' || c->secret_key[0] == '\0')
        return st_err_set(err, ST_BAD_ARG,
                          "there are no credentials for S3; set "
                          "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.");
    return ST_OK;
}

static void defaults(st_s3_config *c) {
    const char *temp = getenv("TMPDIR");
    *c = (st_s3_config){
        .region = "us-east-1", .part_bytes = 8 << 20, .timeout_s = 30};
    if (temp == NULL || temp[0] != '/' || !KEEP(c->spool, temp))
        (void)KEEP(c->spool, "/var/tmp");
}

st_status st_s3_config_parse(st_s3_config *c, const char *url, st_err *err) {
    defaults(c);
    const char *at = url + strlen("s3://");
    st_url_query query = {.text = strchr(at, '?')};
    size_t length = strcspn(at, "?");
    size_t user = 0;
    for (size_t i = 0; i < strcspn(at, "/?"); i++)
        if (at[i] == '@')
            user = i + 1;
    if (user > 0 && !parse_user(c, at, user - 1))
        return bad(err, "before @ stand KEY:SECRET, percent-encoded");
    st_status status = parse_place(c, at + user, length - user, err);
    for (st_url_field field; status == ST_OK && st_url_next(&query, &field);)
        status = parse_field(c, &field, err);
    if (status == ST_OK && query.bad)
        status = bad(err, "an option is garbled");
    if (status == ST_OK && c->endpoint[0] == '\0') {
        char amazon[128];
        (void)snprintf(amazon, sizeof amazon, "https://s3.%s.amazonaws.com",
                       c->region);
        (void)parse_endpoint(c, amazon);
    }
    return status == ST_OK ? find_credentials(c, err) : status;
}
