#include "analysis/tones.h"

#include <math.h>
#include <stdlib.h>

static size_t frame_of(double seconds, int rate_hz) {
    return (size_t)(seconds * rate_hz + 0.5);
}

/* A sine whose period repeats after at most `rate` frames is kept once. */
static double *one_second(int rate_hz, double hz) {
    double *table = malloc((size_t)rate_hz * sizeof *table);
    for (int i = 0; i < rate_hz; i++)
        table[i] = sin(2.0 * acos(-1.0) * hz * i / rate_hz);
    return table;
}

tones tones_make(int rate_hz, int channels, double hz, const tones_step *step,
                 size_t count, int repeat) {
    double length = 0.0;
    for (size_t s = 0; s < count; s++)
        length += step[s].seconds;
    tones t = {.channels = channels, .rate_hz = rate_hz};
    t.frames = frame_of(length * repeat, rate_hz);
    for (int c = 0; c < channels; c++)
        t.channel[c] = calloc(t.frames + 1, sizeof(float));
    double *sine = one_second(rate_hz, hz);
    double at = 0.0;
    for (size_t s = 0; s < count * (size_t)repeat; s++) {
        const tones_step *now = &step[s % count];
        size_t from = frame_of(at, rate_hz);
        at += now->seconds;
        size_t to = frame_of(at, rate_hz);
        to = to < t.frames ? to : t.frames;
        for (int c = 0; c < channels; c++) {
            double gain =
                now->level[c] > -500.0 ? pow(10.0, now->level[c] / 20.0) : 0.0;
            for (size_t i = from; i < to; i++)
                t.channel[c][i] = (float)(gain * sine[i % (size_t)rate_hz]);
        }
    }
    free(sine);
    return t;
}

void tones_free(tones *t) {
    for (int c = 0; c < t->channels; c++)
        free(t->channel[c]);
}
