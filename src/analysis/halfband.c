#include "analysis/halfband.h"

#include "audio/window.h"
#include "core/math.h"

enum { PAIRS = ST_HALFBAND_PAIRS, LENGTH = 2 * ST_HALFBAND_REACH + 1 };
#define STOP_DB 110.0

/* The sine over the odd distances, windowed; scaled so that the gain at 0 is
 * exactly 1. */
void st_halfband_fill(float taps[PAIRS]) {
    double window[LENGTH], raw[PAIRS], sum = 0.0;
    st_window_kaiser(window, LENGTH, st_window_kaiser_beta(STOP_DB));
    for (int j = 0; j < PAIRS; j++) {
        int at = 1 + 2 * j;
        double sine = j % 2 == 0 ? 1.0 : -1.0;
        raw[j] = sine / (ST_PI * at) * window[ST_HALFBAND_REACH + at];
        sum += 2.0 * raw[j];
    }
    for (int j = 0; j < PAIRS; j++)
        taps[j] = (float)(raw[j] * 0.5 / sum);
}

double st_halfband_gain(const float taps[PAIRS], double cycles) {
    double gain = 0.5;
    for (int j = 0; j < PAIRS; j++)
        gain += 2.0 * (double)taps[j] * st_cospi(2.0 * cycles * (1 + 2 * j));
    return gain;
}

#define STEEP_CUT 0.239 /* of the rate */
#define STEEP_BETA 17.0

void st_steep_fill(float taps[ST_STEEP_REACH + 1]) {
    enum { ALL = 2 * ST_STEEP_REACH + 1 };
    double window[ALL], raw[ST_STEEP_REACH + 1], sum = 0.0;
    st_window_kaiser(window, ALL, STEEP_BETA);
    for (int k = 0; k <= ST_STEEP_REACH; k++) {
        double sine = k == 0 ? 2.0 * STEEP_CUT
                             : st_sinpi(2.0 * STEEP_CUT * k) / (ST_PI * k);
        raw[k] = sine * window[ST_STEEP_REACH + k];
        sum += k == 0 ? raw[k] : 2.0 * raw[k];
    }
    for (int k = 0; k <= ST_STEEP_REACH; k++)
        taps[k] = (float)(raw[k] / sum);
}
