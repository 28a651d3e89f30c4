#include "core/math.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* An unevaluated sum, |lo| <= ulp(hi) / 2. */
typedef struct {
    double hi, lo;
} pair;

/* Largest first: |a| >= |b|, or a = 0. */
static pair quick_sum(double a, double b) {
    double s = a + b;
    return (pair){s, b - (s - a)};
}

static pair two_sum(double a, double b) {
    double s = a + b;
    double t = s - a;
    return (pair){s, (a - (s - t)) + (b - t)};
}

/* The upper 26 bits, so that a product of two heads is exact. */
static double head(double x) {
    double c = 134217729.0 * x;
    return c - (c - x);
}

static pair two_mul(double a, double b) {
    double p = a * b;
    double ah = head(a), al = a - ah;
    double bh = head(b), bl = b - bh;
    return (pair){p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}

static pair pair_mul(pair a, pair b) {
    pair p = two_mul(a.hi, b.hi);
    return quick_sum(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

static uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double of_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double power_of_two(int k) {
    return of_bits((uint64_t)(k + 1023) << 52);
}

/* x * 2^k for k in [-1100, 1100]; rounds once, also among subnormals. */
static double scaled(double x, int k) {
    int half = k / 2;
    return x * power_of_two(half) * power_of_two(k - half);
}

/* e^(t + lo) - 1 on |t| <= ln(2) / 2: terms t^n / n! */
static double exp_tail(double t, double lo) {
    double p = 1.0 / 6227020800.0;
    p = p * t + 1.0 / 479001600.0;
    p = p * t + 1.0 / 39916800.0;
    p = p * t + 1.0 / 3628800.0;
    p = p * t + 1.0 / 362880.0;
    p = p * t + 1.0 / 40320.0;
    p = p * t + 1.0 / 5040.0;
    p = p * t + 1.0 / 720.0;
    p = p * t + 1.0 / 120.0;
    p = p * t + 1.0 / 24.0;
    p = p * t + 1.0 / 6.0;
    p = p * t + 0.5;
    return t + (t * t * p + lo);
}

#define LN2 0x1.62e42fefa39efp-1
/* ln(2) with 21 trailing zeros in the first part: k times it is exact. */
#define LN2_HI 0x1.62e42fee00000p-1
#define LN2_LO 0x1.a39ef35793c76p-33
#define LN2_TAIL 0x1.abc9e3b39803fp-56 /* ln(2) - LN2 */

/* 2^(hi + lo); hi in range, |lo| small */
static double exp2_pair(double hi, double lo) {
    double k = rint(hi);
    pair r = two_sum(hi - k, lo);
    pair t = two_mul(r.hi, LN2);
    t.lo += r.hi * LN2_TAIL + r.lo * LN2;
    return scaled(1.0 + exp_tail(t.hi, t.lo), (int)k);
}

double st_exp2(double x) {
    if (!(x < 1024.0))
        return x >= 1024.0 ? INFINITY : x;
    if (x < -1076.0)
        return 0.0;
    return exp2_pair(x, 0.0);
}

double st_exp(double x) {
    if (!(x < 709.79))
        return x >= 709.79 ? INFINITY : x;
    if (x < -746.0)
        return 0.0;
    double k = rint(x * 1.4426950408889634);
    pair t = two_sum(x - k * LN2_HI, -k * LN2_LO);
    return scaled(1.0 + exp_tail(t.hi, t.lo), (int)k);
}

/* x = 2^k m, m in [sqrt(1/2), sqrt(2)); x finite and above 0 */
static double mantissa(double x, double *k) {
    int shift = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        shift = -54;
    }
    const uint64_t root_half = UINT64_C(0x3FE6A09E667F3BCD);
    uint64_t bits = bits_of(x);
    int64_t e = (int64_t)(bits - root_half) >> 52;
    *k = (double)(e + shift);
    return of_bits(bits - ((uint64_t)e << 52));
}

/* With s = f / (2 + f), z = s^2: (log(1 + f) - 2 s) / s = 2z/3 + 2z^2/5... */
static double log_series(double z) {
    double p = 2.0 / 23.0;
    p = p * z + 2.0 / 21.0;
    p = p * z + 2.0 / 19.0;
    p = p * z + 2.0 / 17.0;
    p = p * z + 2.0 / 15.0;
    p = p * z + 2.0 / 13.0;
    p = p * z + 2.0 / 11.0;
    p = p * z + 2.0 / 9.0;
    p = p * z + 2.0 / 7.0;
    p = p * z + 2.0 / 5.0;
    p = p * z + 2.0 / 3.0;
    return p * z;
}

/* log(m), the first part with 26 bits. log(1 + f) is written as
 * f - f^2/2 + s (f^2/2 + series), whose large terms are nearly exact. */
static pair log_mantissa(double m) {
    double f = m - 1.0;
    double s = f / (2.0 + f);
    double half_square = 0.5 * f * f;
    double tail = s * (half_square + log_series(s * s));
    double hi = head(f - half_square);
    return (pair){hi, (f - hi) - half_square + tail};
}

/* 0, negative, infinite and NaN arguments of a logarithm. */
static double log_special(double x) {
    if (x == 0.0)
        return -INFINITY;
    return x < 0.0 ? NAN : x;
}

static int log_ordinary(double x) {
    return x > 0.0 && x < INFINITY;
}

double st_log(double x) {
    if (!log_ordinary(x))
        return log_special(x);
    double k = 0.0;
    pair l = log_mantissa(mantissa(x, &k));
    pair sum = quick_sum(k * LN2_HI, l.hi);
    return sum.hi + (sum.lo + (l.lo + k * LN2_LO));
}

double st_log2(double x) {
    if (!log_ordinary(x))
        return log_special(x);
    const double to2_hi = 0x1.71547600000000p+0;
    const double to2_lo = 0x1.4ae0bf85ddf44p-26;
    double k = 0.0;
    pair l = log_mantissa(mantissa(x, &k));
    pair sum = quick_sum(k, l.hi * to2_hi);
    return sum.hi + (sum.lo + (l.lo * to2_hi + (l.hi + l.lo) * to2_lo));
}

double st_log10(double x) {
    if (!log_ordinary(x))
        return log_special(x);
    const double to10_hi = 0x1.bcb7b10000000p-2;
    const double to10_lo = 0x1.49b9438ca9aaep-28;
    const double two_hi = 0x1.3441350800000p-2;
    const double two_lo = 0x1.f79fef311f12bp-34;
    double k = 0.0;
    pair l = log_mantissa(mantissa(x, &k));
    double low = l.lo * to10_hi + (l.hi + l.lo) * to10_lo + k * two_lo;
    pair sum = quick_sum(k * two_hi, l.hi * to10_hi);
    return sum.hi + (sum.lo + low);
}

/* log2 to some 65 bits: 2 s (1 + z/3 + z^2 (1/5 + ...)) / ln(2) + k. */
static pair log2_pair(double x) {
    double k = 0.0;
    double m = mantissa(x, &k);
    pair d = two_sum(1.0, m);
    double f = m - 1.0;
    pair s = {f / d.hi, 0.0};
    pair back = two_mul(s.hi, d.hi);
    s.lo = ((f - back.hi) - back.lo - s.hi * d.lo) / d.hi;
    pair z = pair_mul(s, s);
    pair third = {0x1.5555555555555p-2, 0x1.5555555555555p-56};
    pair t = pair_mul(z, third);
    double p = 1.0 / 23.0;
    for (int n = 21; n >= 5; n -= 2)
        p = p * z.hi + 1.0 / n;
    double tail = p * z.hi * z.hi;
    pair q = quick_sum(1.0, t.hi);
    q = quick_sum(q.hi, q.lo + (t.lo + tail));
    pair two_over_ln2 = {0x1.71547652b82fep+1, 0x1.777d0ffda0d24p-55};
    pair l = pair_mul(pair_mul(s, q), two_over_ln2);
    pair sum = two_sum(k, l.hi);
    return quick_sum(sum.hi, sum.lo + l.lo);
}

/* |x|^y for |x| finite and above 0, y finite */
static double pow_ordinary(double x, double y) {
    pair l = log2_pair(x);
    double near = y * l.hi;
    if (near > 1025.0)
        return INFINITY;
    if (near < -1080.0)
        return 0.0;
    pair p = two_mul(y, l.hi);
    p = quick_sum(p.hi, p.lo + y * l.lo);
    return p.hi >= 1024.0 ? INFINITY : exp2_pair(p.hi, p.lo);
}

static int is_odd(double y) {
    return fabs(y) < 0x1p53 && floor(y) == y && fmod(y, 2.0) != 0.0;
}

/* x is 0 or infinite */
static double pow_edge(double x, double y) {
    double size = (x == 0.0) == (y > 0.0) ? 0.0 : INFINITY;
    return signbit(x) && is_odd(y) ? -size : size;
}

double st_pow(double x, double y) {
    if (x == 1.0 || y == 0.0)
        return 1.0;
    if (isnan(x) || isnan(y))
        return x + y;
    if (isinf(y)) {
        double size = fabs(x);
        if (size == 1.0)
            return 1.0;
        return (size > 1.0) == (y > 0.0) ? INFINITY : 0.0;
    }
    if (x == 0.0 || isinf(x))
        return pow_edge(x, y);
    if (x > 0.0)
        return pow_ordinary(x, y);
    if (floor(y) != y)
        return NAN;
    double size = pow_ordinary(-x, y);
    return is_odd(y) ? -size : size;
}

/* sin(x + lo) on |x| <= pi/4 */
static double sin_kernel(double x, double lo) {
    double z = x * x;
    double p = 1.0 / 355687428096000.0;
    p = p * z - 1.0 / 1307674368000.0;
    p = p * z + 1.0 / 6227020800.0;
    p = p * z - 1.0 / 39916800.0;
    p = p * z + 1.0 / 362880.0;
    p = p * z - 1.0 / 5040.0;
    p = p * z + 1.0 / 120.0;
    p = p * z - 1.0 / 6.0;
    return x + (x * z * p + lo * (1.0 - 0.5 * z));
}

/* cos(x + lo) on |x| <= pi/4 */
static double cos_kernel(double x, double lo) {
    double z = x * x;
    double p = 1.0 / 20922789888000.0;
    p = p * z - 1.0 / 87178291200.0;
    p = p * z + 1.0 / 479001600.0;
    p = p * z - 1.0 / 3628800.0;
    p = p * z + 1.0 / 40320.0;
    p = p * z - 1.0 / 720.0;
    p = p * z + 1.0 / 24.0;
    pair c = quick_sum(1.0, -0.5 * z);
    return c.hi + (c.lo + (z * z * p - x * lo));
}

/* x - n pi/2, |result| <= pi/4, for |x| < 2^30; returns n modulo 4. The
 * first two parts of pi/2 have 33 bits: n times each is exact below 2^20. */
static unsigned quadrant(double x, pair *r) {
    const double part1 = 0x1.921fb54400000p+0;
    const double part2 = 0x1.0b4611a600000p-34;
    const double part3 = 0x1.3198a2e037073p-69;
    double n = rint(x * 0x1.45f306dc9c883p-1);
    pair a = two_sum(x - n * part1, -n * part2);
    *r = quick_sum(a.hi, a.lo - n * part3);
    return (unsigned)(int64_t)n & 3u;
}

static int angle_ok(double x) {
    return fabs(x) < 0x1p30;
}

static double sin_at(unsigned n, pair r) {
    double v = n & 1u ? cos_kernel(r.hi, r.lo) : sin_kernel(r.hi, r.lo);
    return n & 2u ? -v : v;
}

double st_sin(double x) {
    if (!angle_ok(x))
        return NAN;
    pair r = {x, 0.0};
    unsigned n = fabs(x) < ST_PI / 4.0 ? 0 : quadrant(x, &r);
    return sin_at(n, r);
}

double st_cos(double x) {
    if (!angle_ok(x))
        return NAN;
    pair r = {x, 0.0};
    unsigned n = fabs(x) < ST_PI / 4.0 ? 0 : quadrant(x, &r);
    return sin_at((n + 1) & 3u, r);
}

double st_tan(double x) {
    if (!angle_ok(x))
        return NAN;
    pair r = {x, 0.0};
    unsigned n = fabs(x) < ST_PI / 4.0 ? 0 : quadrant(x, &r);
    double s = sin_kernel(r.hi, r.lo);
    double c = cos_kernel(r.hi, r.lo);
    return n & 1u ? -c / s : s / c;
}

/* x = n / 2 + r / pi with |r| <= pi/4; x finite */
static unsigned half_turns(double x, pair *r) {
    double turn = fmod(x, 2.0);
    double n = rint(turn * 2.0);
    double left = turn - 0.5 * n;
    pair p = two_mul(left, 0x1.921fb54442d18p+1);
    *r = quick_sum(p.hi, p.lo + left * 0x1.1a62633145c07p-53);
    return (unsigned)(int)n & 3u;
}

double st_sinpi(double x) {
    if (!(fabs(x) < INFINITY))
        return NAN;
    pair r = {0.0, 0.0};
    unsigned n = half_turns(x, &r);
    return sin_at(n, r);
}

double st_cospi(double x) {
    if (!(fabs(x) < INFINITY))
        return NAN;
    pair r = {0.0, 0.0};
    unsigned n = half_turns(x, &r);
    return sin_at((n + 1) & 3u, r) + 0.0;
}

/* x + x (sinh(x)/x - cosh(x)) / cosh(x), by their series; |x| <= 1/2 */
static double tanh_small(double x) {
    double z = x * x;
    double s = 1.0 / 6227020800.0;
    s = s * z + 1.0 / 39916800.0;
    s = s * z + 1.0 / 362880.0;
    s = s * z + 1.0 / 5040.0;
    s = s * z + 1.0 / 120.0;
    s = s * z + 1.0 / 6.0;
    double c = 1.0 / 87178291200.0;
    c = c * z + 1.0 / 479001600.0;
    c = c * z + 1.0 / 3628800.0;
    c = c * z + 1.0 / 40320.0;
    c = c * z + 1.0 / 720.0;
    c = c * z + 1.0 / 24.0;
    c = c * z + 0.5;
    return x + x * (z * (s - c)) / (1.0 + z * c);
}

double st_tanh(double x) {
    double size = fabs(x);
    if (size <= 0.5)
        return tanh_small(x);
    if (isnan(x))
        return x;
    double t = size > 20.0 ? 1.0 : 1.0 - 2.0 / (st_exp(2.0 * size) + 1.0);
    return x < 0.0 ? -t : t;
}

double st_db_to_gain(double db) {
    const double hi = 0x1.542a5a12e1c5bp-3; /* log2(10) / 20 */
    const double lo = -0x1.33e2bb36cd142p-57;
    if (!(db * hi < 1024.0))
        return db > 0.0 ? INFINITY : db;
    if (db * hi < -1076.0)
        return 0.0;
    pair p = two_mul(db, hi);
    return exp2_pair(p.hi, p.lo + db * lo);
}

double st_gain_to_db(double gain) {
    return 20.0 * st_log10(gain);
}
