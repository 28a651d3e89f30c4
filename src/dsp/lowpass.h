/* lowpass: windowed-sinc prototypes for the interpolators of this room.
 * Source: Kaiser, "Nonrecursive digital filter design using the I0-sinh
 * window function", 1974. */
#ifndef ST_DSP_LOWPASS_H
#define ST_DSP_LOWPASS_H

/* Impulse response at time t (in samples of the filter's own rate, any
 * fraction) of a low-pass with its -6 dB point at `cutoff` (fraction of that
 * rate), stop band `stop_db` (>= 21) down, support |t| <= half; zero outside.
 * Integral over t close to 1. [any] */
double st_lowpass_at(double t, double cutoff, double half, double stop_db);

/* The half length that such a filter needs for a transition `width` (stop
 * edge minus pass edge, fraction of the rate). [any] */
double st_lowpass_half(double width, double stop_db);

#endif
