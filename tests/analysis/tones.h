/* tones: the stepped 1 kHz signals that the EBU and ITU cases are made of. */
#ifndef ST_TESTS_ANALYSIS_TONES_H
#define ST_TESTS_ANALYSIS_TONES_H

#include <stddef.h>

enum { TONES_CHANNELS = 8 };

/* One step: seconds, and the peak level of each channel in dBFS (SILENT for
 * none; same[] for all when only level[0] is given by TONE). */
typedef struct {
    double seconds;
    double level[TONES_CHANNELS];
} tones_step;

#define SILENT (-1000.0)
#define STEREO(SECONDS, DB)                                                    \
    {                                                                          \
        (SECONDS), {                                                           \
            (DB), (DB)                                                         \
        }                                                                      \
    }

typedef struct {
    float *channel[TONES_CHANNELS];
    int channels;
    int rate_hz;
    size_t frames;
} tones;

/* `repeat` times all of step[count]. The phase runs on. Free with
 * tones_free. */
tones tones_make(int rate_hz, int channels, double hz, const tones_step *step,
                 size_t count, int repeat);
void tones_free(tones *t);

#endif
