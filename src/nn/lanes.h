/* lanes: one vector of floats and its fused multiply-add at each CPU level.
 * Source: Intel intrinsics guide; Boldo and Melquiond 2008 (odd rounding).
 *
 * For kernels_body.c only. Compilers do not fuse here by themselves
 * (-ffp-contract=off), and no portable vector operator means "fused", so
 * this file alone names intrinsics. st_lanes_fma rounds once, everywhere. */
#ifndef ST_NN_LANES_H
#define ST_NN_LANES_H

#include "core/attr.h"

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__FMA__) || defined(__aarch64__)
ST_INLINE float st_fma(float a, float b, float c) {
    return __builtin_fmaf(a, b, c);
}
#else
/* The product is exact in double; the sum is rounded to odd (if it is not
 * exact, its last bit is set), so rounding it to float is right. */
ST_INLINE float st_fma(float a, float b, float c) {
    double p = (double)a * (double)b;
    double d = (double)c;
    double s = p + d;
    double t = s - p;
    double e = (p - (s - t)) + (d - t);
    int64_t bits;
    memcpy(&bits, &s, sizeof bits);
    int64_t step = (e > 0.0) == (s > 0.0) ? 1 : -1;
    bits += e != 0.0 && (bits & 1) == 0 ? step : 0;
    memcpy(&s, &bits, sizeof s);
    return (float)s;
}
#endif

#if defined(__AVX512F__)
typedef __m512 st_lanes;
enum { ST_LANES_WIDTH = 16 };
ST_INLINE st_lanes st_lanes_load(const float *x) {
    return _mm512_loadu_ps(x);
}
ST_INLINE void st_lanes_store(float *x, st_lanes v) {
    _mm512_storeu_ps(x, v);
}
ST_INLINE st_lanes st_lanes_all(float x) {
    return _mm512_set1_ps(x);
}
ST_INLINE st_lanes st_lanes_fma(st_lanes a, st_lanes b, st_lanes c) {
    return _mm512_fmadd_ps(a, b, c);
}
#elif defined(__AVX2__) && defined(__FMA__)
typedef __m256 st_lanes;
enum { ST_LANES_WIDTH = 8 };
ST_INLINE st_lanes st_lanes_load(const float *x) {
    return _mm256_loadu_ps(x);
}
ST_INLINE void st_lanes_store(float *x, st_lanes v) {
    _mm256_storeu_ps(x, v);
}
ST_INLINE st_lanes st_lanes_all(float x) {
    return _mm256_set1_ps(x);
}
ST_INLINE st_lanes st_lanes_fma(st_lanes a, st_lanes b, st_lanes c) {
    return _mm256_fmadd_ps(a, b, c);
}
#elif defined(__SSE2__)
typedef __m128 st_lanes;
enum { ST_LANES_WIDTH = 4 };
ST_INLINE st_lanes st_lanes_load(const float *x) {
    return _mm_loadu_ps(x);
}
ST_INLINE void st_lanes_store(float *x, st_lanes v) {
    _mm_storeu_ps(x, v);
}
ST_INLINE st_lanes st_lanes_all(float x) {
    return _mm_set1_ps(x);
}
/* Rounding the double sum to float is wrong only where that sum was rounded
 * onto the middle of two floats, or where floats are subnormal: those few go
 * the exact way. */
ST_INLINE st_lanes st_lanes_fma(st_lanes a, st_lanes b, st_lanes c) {
    const __m128i low = _mm_set1_epi32(0x1FFFFFFF);
    const __m128i middle = _mm_set1_epi32(0x10000000);
    const __m128i tiny = _mm_set1_epi32(0x38200000); /* 2^-125 */
    __m128d s = _mm_add_pd(_mm_mul_pd(_mm_cvtps_pd(a), _mm_cvtps_pd(b)),
                           _mm_cvtps_pd(c));
    __m128d t = _mm_add_pd(_mm_mul_pd(_mm_cvtps_pd(_mm_movehl_ps(a, a)),
                                      _mm_cvtps_pd(_mm_movehl_ps(b, b))),
                           _mm_cvtps_pd(_mm_movehl_ps(c, c)));
    __m128 u = _mm_castpd_ps(s), v = _mm_castpd_ps(t);
    __m128i l = _mm_castps_si128(_mm_shuffle_ps(u, v, 0x88));
    __m128i h = _mm_castps_si128(_mm_shuffle_ps(u, v, 0xDD));
    h = _mm_and_si128(h, _mm_set1_epi32(0x7FFFFFFF));
    __m128i odd = _mm_cmpeq_epi32(_mm_and_si128(l, low), middle);
    __m128i small = _mm_andnot_si128(_mm_cmpeq_epi32(h, _mm_setzero_si128()),
                                     _mm_cmplt_epi32(h, tiny));
    if (__builtin_expect(_mm_movemask_epi8(_mm_or_si128(odd, small)) != 0, 0)) {
        float x[4], y[4], z[4];
        _mm_storeu_ps(x, a);
        _mm_storeu_ps(y, b);
        _mm_storeu_ps(z, c);
        for (int i = 0; i < 4; i++)
            z[i] = st_fma(x[i], y[i], z[i]);
        return _mm_loadu_ps(z);
    }
    return _mm_movelh_ps(_mm_cvtpd_ps(s), _mm_cvtpd_ps(t));
}
#else
typedef struct {
    float x[4];
} st_lanes;
enum { ST_LANES_WIDTH = 4 };
ST_INLINE st_lanes st_lanes_load(const float *x) {
    st_lanes v;
    memcpy(v.x, x, sizeof v.x);
    return v;
}
ST_INLINE void st_lanes_store(float *x, st_lanes v) {
    memcpy(x, v.x, sizeof v.x);
}
ST_INLINE st_lanes st_lanes_all(float x) {
    return (st_lanes){{x, x, x, x}};
}
ST_INLINE st_lanes st_lanes_fma(st_lanes a, st_lanes b, st_lanes c) {
    for (int i = 0; i < ST_LANES_WIDTH; i++)
        c.x[i] = st_fma(a.x[i], b.x[i], c.x[i]);
    return c;
}
#endif

#endif
