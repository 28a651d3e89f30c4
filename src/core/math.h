/* math: exp2, log2, sin and the rest, with the same bits on every machine.
 * Source: Dekker 1971 (double-double), Cody and Waite 1980 (range reduction);
 * series from their rational coefficients. glibc picks a fused or unfused
 * body per CPU, so no process path may call libm's transcendental functions
 * (sqrt, fabs, floor and rint round exactly and are fine).
 *
 * Everything here: pure, [any] [rt]. NaN in gives NaN out unless said.
 * "ulp" is one unit in the last place of the exact result, the worst seen
 * against 64-bit-mantissa libm on some 10^6 arguments a function. */
#ifndef ST_CORE_MATH_H
#define ST_CORE_MATH_H

#include <stdint.h>
#include <string.h>

#define ST_PI 3.14159265358979323846

/* 2^x, e^x: 1 ulp; overflow gives infinity, underflow 0. */
double st_exp2(double x);
double st_exp(double x);
/* Logarithm to base 2, e, 10: 1 ulp. 0 gives -infinity, below 0 NaN. */
double st_log2(double x);
double st_log(double x);
double st_log10(double x);
/* x^y: 1 ulp. Special cases as in C11 F.10.4.4. */
double st_pow(double x, double y);

/* Sine, cosine: 1 ulp; tangent: 2 ulp; x in radians, |x| <= 10^6. Beyond,
 * the error grows to |x| * 10^-16; NaN from |x| = 2^30 on, where a phase has
 * no meaning. */
double st_sin(double x);
double st_cos(double x);
double st_tan(double x);
/* sin(pi x), cos(pi x): 1 ulp for every finite x; exact zeros and ones at
 * multiples of 1/2. Use these for twiddles, windows and filter angles. */
double st_sinpi(double x);
double st_cospi(double x);
/* Hyperbolic tangent: 2 ulp. */
double st_tanh(double x);

/* 10^(db / 20), 1 ulp; -infinity gives 0. */
double st_db_to_gain(double db);
/* 20 log10(gain), 2 ulp; gain >= 0, 0 gives -infinity. */
double st_gain_to_db(double gain);

/* The float forms below are straight-line code: a loop over them is
 * vectorised by the compiler, with the same bits at every width. */

/* 2^x within 1.5e-7 of the result; x is clamped to [-126, 127.49]. */
static inline float st_exp2f(float x) {
    x = x < -126.0f ? -126.0f : x;
    x = x > 127.49f ? 127.49f : x;
    /* Adding 1.5 * 2^23 rounds to an integer, left in the low bits. */
    const float shift = 12582912.0f;
    float moved = x + shift;
    float f = x - (moved - shift);
    uint32_t bits;
    memcpy(&bits, &moved, sizeof bits);
    bits = (bits - 0x4B400000u + 127u) << 23;
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    /* 2^f on [-1/2, 1/2]: ln(2)^k / k! */
    float p = 1.525273380e-5f;
    p = p * f + 1.540353039e-4f;
    p = p * f + 1.333355815e-3f;
    p = p * f + 9.618129108e-3f;
    p = p * f + 5.550410866e-2f;
    p = p * f + 2.402265070e-1f;
    p = p * f + 6.931471806e-1f;
    p = p * f + 1.0f;
    return p * scale;
}

/* log2(x) within 1e-7 + 1.5e-7 |result|; x below 2^-126, negative, zero or
 * NaN gives -126 (no infinities in a detector). */
static inline float st_log2f(float x) {
    x = x > 1.17549435e-38f ? x : 1.17549435e-38f;
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    /* x = m * 2^e with m in [sqrt(1/2), sqrt(2)) */
    int32_t e = (int32_t)(bits - 0x3F3504F3u) >> 23;
    bits -= (uint32_t)e << 23;
    float m;
    memcpy(&m, &bits, sizeof m);
    float s = (m - 1.0f) / (m + 1.0f);
    float z = s * s;
    /* 2 / ln(2) * (1, 1/3, 1/5, 1/7, 1/9) */
    float p = 3.205988979e-1f;
    p = p * z + 4.121985831e-1f;
    p = p * z + 5.770780163e-1f;
    p = p * z + 9.617966940e-1f;
    p = p * z + 2.885390082f;
    return (float)e + s * p;
}

/* 10^(db / 20) within 1.5e-7 * (1 + |db| / 6) of the result; clamped to
 * about [-758, 767] dB. */
static inline float st_db_to_gainf(float db) {
    return st_exp2f(db * 0.166096404744f);
}

/* 20 log10(gain) within 1e-6 + 3e-7 |result| dB; gain <= 2^-126 or NaN gives
 * -758.6. */
static inline float st_gain_to_dbf(float gain) {
    return st_log2f(gain) * 6.02059991328f;
}

#endif
