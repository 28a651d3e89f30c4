#include "core/clock.h"

#include <stdio.h>
#include <time.h>

int64_t st_clock_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

double st_clock_seconds(int64_t from_ns, int64_t to_ns) {
    return (double)(to_ns - from_ns) * 1e-9;
}

int64_t st_clock_utc_us(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Gregorian date of a day counted from 1970-01-01; days from year 0 on. */
static void civil(int64_t day, int *year, int *month, int *mday) {
    int64_t shifted = day + 719468; /* days since 0000-03-01 */
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t doe = shifted - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153; /* March is 0 */
    *mday = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2));
}

void st_clock_text(int64_t utc_us, char text[ST_TIME_TEXT_BYTES]) {
    const int64_t day_us = INT64_C(86400000000);
    const int64_t first_us = INT64_C(-62167219200000000); /* year 0 */
    const int64_t last_us = INT64_C(253402300799999999);  /* year 9999 */
    utc_us = utc_us < first_us ? first_us : utc_us;
    utc_us = utc_us > last_us ? last_us : utc_us;
    int64_t day = (utc_us - first_us) / day_us - 719528;
    int64_t rest = utc_us - day * day_us;
    int year = 0, month = 0, mday = 0;
    civil(day, &year, &month, &mday);
    int seconds = (int)(rest / 1000000);
    (void)snprintf(text, ST_TIME_TEXT_BYTES,
                   "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", year, month, mday,
                   seconds / 3600, seconds / 60 % 60, seconds % 60,
                   (int)(rest % 1000000));
}
