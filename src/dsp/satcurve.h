/* satcurve: the saturator's curves, one text for vectors and for one value.
 * Source: smooth steps of the slope (see saturate.h); T is where a curve
 * leaves the straight line, W how wide its shoulder is. Each is flat at 1
 * from T + W on: the slope falls from 1 to 0 over W. */
#ifndef ST_DSP_SATCURVE_H
#define ST_DSP_SATCURVE_H

/* CLIP and SOFT: the slope falls by 35 u^4 - 84 u^5 + 70 u^6 - 20 u^7, whose
 * integral over the shoulder is 1/2, so W = 2 (1 - T). */
#define ST_CLIP_T 0.5f
#define ST_CLIP_W 1.0f
#define ST_SOFT_T 0.2f
#define ST_SOFT_W 1.6f
/* WARM and TUBE: T = 0, slope (1 - u^2)^3, integral 16/35. */
#define ST_WARM_W 2.1875f
/* TUBE adds ST_TUBE_A u^2 (1 - u^2)^4; monotone up to W / 8. */
#define ST_TUBE_A 0.27f

static inline float st_satcurve_shoulder(float z, float t, float w,
                                         float per_w) {
    float a = __builtin_fabsf(z);
    float u = (a - t) * per_w;
    u = u > 0.0f ? u : 0.0f;
    float over = u > 1.0f ? u - 1.0f : 0.0f;
    u = u < 1.0f ? u : 1.0f;
    float u2 = u * u;
    float p = ((10.0f - 2.5f * u) * u - 14.0f) * u + 7.0f;
    float d = w * (u2 * u2 * u * p + over);
    return z < 0.0f ? d : -d;
}

static inline float st_satcurve_warm(float z) {
    float a = __builtin_fabsf(z) * (1.0f / ST_WARM_W);
    float over = a > 1.0f ? a - 1.0f : 0.0f;
    float u = a < 1.0f ? a : 1.0f;
    float u2 = u * u;
    float p = (u2 * (1.0f / 7.0f) - 0.6f) * u2 + 1.0f;
    float d = ST_WARM_W * (u2 * u * p + over);
    return z < 0.0f ? d : -d;
}

static inline float st_satcurve_tube(float z) {
    float a = __builtin_fabsf(z) * (1.0f / ST_WARM_W);
    float u2 = a < 1.0f ? a * a : 1.0f;
    float v = 1.0f - u2;
    float v2 = v * v;
    return st_satcurve_warm(z) + ST_TUBE_A * u2 * (v2 * v2);
}

#endif
