/* halfband: a stream at half its rate, and back.
 * Source: Kaiser-windowed half-band filter, 75 taps, zero phase. Pass band to
 * 0.2 of the input rate within 3e-5 dB, stop band from 0.3 of it below
 * -109 dB. For the octaves of cqt; the edges of the signal are silence. */
#ifndef ST_ANALYSIS_HALFBAND_H
#define ST_ANALYSIS_HALFBAND_H

enum {
    ST_HALFBAND_PAIRS = 19,                       /* non-zero taps a side */
    ST_HALFBAND_REACH = 2 * ST_HALFBAND_PAIRS - 1 /* samples to each side */
};

/* taps[j] is that of samples -1 - 2j and 1 + 2j; the middle one is 1/2. [any]
 */
void st_halfband_fill(float taps[ST_HALFBAND_PAIRS]);
/* Gain at `cycles` per input sample, 0..0.5. [any] */
double st_halfband_gain(const float taps[ST_HALFBAND_PAIRS], double cycles);

enum { ST_STEEP_REACH = 250 }; /* taps to each side */

/* A steep one for the same: -6 dB at 0.239 of the input rate. About as steep
 * as the resampler that librosa takes, so octaves agree with it where a file
 * starts or ends in full sound, too: what lies near a quarter of the rate is
 * heard there. taps[0] is the middle. [any] */
void st_steep_fill(float taps[ST_STEEP_REACH + 1]);

#endif
