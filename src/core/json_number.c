/* The shortest decimal of a double: ECMA-262, Number::toString, as RFC 8785
 * asks. C's %e gives correctly rounded digits; the fewest that read back are
 * found by trying. */
#include "core/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DIGITS = 17 };

/* value = digits * 10^exponent */
typedef struct {
    uint64_t digits;
    int exponent;
} decimal;

/* Without a decimal point, so that no locale matters. */
static int reads_back(decimal d, double value) {
    char text[40];
    (void)snprintf(text, sizeof text, "%llue%d", (unsigned long long)d.digits,
                   d.exponent);
    return strtod(text, NULL) == value;
}

/* `count` correctly rounded digits of value > 0 */
static decimal rounded(double value, int count) {
    char text[40];
    (void)snprintf(text, sizeof text, "%.*e", count - 1, value);
    decimal d = {0, 0};
    const char *at = text;
    for (; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            d.digits = d.digits * 10 + (uint64_t)(*at - '0');
    d.exponent = atoi(at + 1) - (count - 1);
    return d;
}

/* Below a power of two the doubles lie closer: there the rounded digits may
 * miss where the next ones up hit. */
static decimal shortest(double value) {
    for (int count = 1; count < MOST_DIGITS; count++) {
        decimal d = rounded(value, count);
        if (reads_back(d, value))
            return d;
        d.digits++;
        if (reads_back(d, value))
            return d;
    }
    return rounded(value, MOST_DIGITS);
}

/* Layout of ECMA-262: k digits, the point after the n-th. */
static void lay_out(decimal d, char *out) {
    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    char s[24];
    int k = snprintf(s, sizeof s, "%llu", (unsigned long long)d.digits);
    int n = k + d.exponent;
    size_t size = ST_JSON_NUMBER_BYTES - 1;
    if (k <= n && n <= 21)
        (void)snprintf(out, size, "%s%.*s", s, n - k, "000000000000000000000");
    else if (0 < n && n <= 21)
        (void)snprintf(out, size, "%.*s.%s", n, s, s + n);
    else if (-6 < n && n <= 0)
        (void)snprintf(out, size, "0.%.*s%s", -n, "00000", s);
    else if (k == 1)
        (void)snprintf(out, size, "%se%+d", s, n - 1);
    else
        (void)snprintf(out, size, "%.1s.%se%+d", s, s + 1, n - 1);
}

void st_json_number(double value, char text[ST_JSON_NUMBER_BYTES]) {
    if (value == 0.0) {
        memcpy(text, "0", 2);
        return;
    }
    if (signbit(value))
        *text++ = '-';
    lay_out(shortest(fabs(value)), text);
}
