/* clamp: parameters brought into their stated range (internal).
 * Source: dsp/unit.h ("clamped and never NaN"). */
#ifndef ST_DSP_CLAMP_H
#define ST_DSP_CLAMP_H

/* `value` within [low, high]; NaN gives low. [any] */
static inline double st_clamp(double value, double low, double high) {
    if (!(value >= low))
        return low;
    return value > high ? high : value;
}

static inline int st_clamp_int(int value, int low, int high) {
    if (value < low)
        return low;
    return value > high ? high : value;
}

/* The larger; a NaN gives `b`. */
static inline float st_larger(float a, float b) {
    return a > b ? a : b;
}

#endif
