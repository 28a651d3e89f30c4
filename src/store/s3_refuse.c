#include "core/clock.h"
#include "store/s3.h"
#include "store/s3_xml.h"

#include <stdio.h>
#include <string.h>

/* What a code means, and what to do. */
static const struct {
    const char *code;
    const char *sentence;
} known[] = {
    {"SignatureDoesNotMatch",
     "the secret key does not belong to the access key; check "
     "AWS_SECRET_ACCESS_KEY"},
    {"InvalidAccessKeyId",
     "it does not know the access key; check AWS_ACCESS_KEY_ID"},
    {"AccessDenied",
     "this key may not do that; check the key and its rights on the bucket"},
    {"NoSuchBucket",
     "the bucket does not exist; create it, or correct its name"},
    {"ExpiredToken", "the session token has expired; get new credentials"},
    {"InvalidToken",
     "it does not accept the session token; get new credentials"},
    {"QuotaExceeded", "its quota is full; free some space or raise the quota"},
    {"InsufficientStorage", "its disks are full; add or free some space"},
    {"EntityTooLarge",
     "the blob is longer than it allows; raise its limit or part_mib"},
    {"XAmzContentSHA256Mismatch",
     "the bytes were damaged on the way; check network and memory"},
    {"BadDigest",
     "the bytes were damaged on the way; check network and memory"},
    {"SlowDown", "it is overloaded; try again later"},
    {"ServiceUnavailable", "it is overloaded or down; try again later"},
    {"MethodNotAllowed", "it is read-only or no S3 server; check endpoint"},
};

static bool error_of(const st_s3_answer *answer, st_s3_error *out) {
    return answer->text != NULL &&
           st_s3_error_read(answer->text, answer->text_bytes, out, NULL) ==
               ST_OK;
}

bool st_s3_code_is(const st_s3_answer *answer, const char *code) {
    st_s3_error error;
    return error_of(answer, &error) && strcmp(error.code, code) == 0;
}

static st_status skewed(const st_s3_answer *answer, const char *what,
                        st_err *err) {
    int64_t ahead_s = answer->date_us == 0
                          ? 0
                          : (st_clock_utc_us() - answer->date_us) / 1000000;
    return st_err_set(err, ST_IO,
                      "cannot %s: the clocks of this machine and the server "
                      "differ by %lld s (this one is %s); set them right, "
                      "best by NTP.",
                      what, (long long)(ahead_s < 0 ? -ahead_s : ahead_s),
                      ahead_s < 0 ? "behind" : "ahead");
}

static const char *without_reason(long status) {
    if (status == 503 || status == 429)
        return "it is overloaded or down; try again later";
    return status >= 500 ? "look into its log"
                         : "check that an S3 server runs there";
}

st_status st_s3_refused(const st_s3 *s3, const st_s3_answer *answer,
                        const char *what, st_err *err) {
    st_s3_error e = {.code = ""};
    if (!error_of(answer, &e))
        return st_err_set(err, ST_IO,
                          "cannot %s: %s answers HTTP %ld and no reason; %s.",
                          what, s3->config.endpoint, answer->status,
                          without_reason(answer->status));
    if (strcmp(e.code, "NoSuchKey") == 0)
        return st_err_set(err, ST_NOT_FOUND, "cannot %s: it is not there.",
                          what);
    if (strcmp(e.code, "RequestTimeTooSkewed") == 0)
        return skewed(answer, what, err);
    if (e.region[0] != '\0' || strcmp(e.code, "PermanentRedirect") == 0)
        return st_err_set(err, ST_IO,
                          "cannot %s: the bucket is in another region; say "
                          "region=%s.",
                          what, e.region[0] != '\0' ? e.region : "NAME");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(e.code, known[i].code) == 0)
            return st_err_set(err, ST_IO, "cannot %s: %s (%s).", what,
                              known[i].sentence, e.code);
    return st_err_set(err, ST_IO,
                      "cannot %s: the server answers HTTP %ld %s (%s).", what,
                      answer->status, e.code, e.message);
}
