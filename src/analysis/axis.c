#include "analysis/axis.h"

#include "core/math.h"

#include <math.h>
#include <stdio.h>

static double time_step(double seconds, int most) {
    static const double steps[] = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05,
                                   0.1,   0.2,   0.5,   1,    2,    5,
                                   10,    15,    30,    60,   120,  300,
                                   600,   900,   1800,  3600, 7200, 14400};
    int i = 0, last = (int)(sizeof steps / sizeof *steps) - 1;
    while (i < last && seconds / steps[i] > most - 1)
        i++;
    return steps[i];
}

static void time_text(double t, double step, double all, char *text) {
    int whole = (int)rint(t);
    if (all < 90.0)
        snprintf(text, ST_AXIS_TEXT, "%.*f",
                 step < 0.01  ? 3
                 : step < 0.1 ? 2
                 : step < 1.0 ? 1
                              : 0,
                 t);
    else if (all < 3600.0)
        snprintf(text, ST_AXIS_TEXT, "%d:%02d", whole / 60, whole % 60);
    else
        snprintf(text, ST_AXIS_TEXT, "%d:%02d:%02d", whole / 3600,
                 whole / 60 % 60, whole % 60);
}

int st_axis_time(double seconds, int most, st_tick *ticks) {
    double step = time_step(seconds, most);
    int count = 0;
    while (count < ST_AXIS_TICKS && count * step <= seconds * 1.000001) {
        ticks[count].value = count * step;
        time_text(count * step, step, seconds, ticks[count].text);
        count++;
    }
    return count;
}

const char *st_axis_time_unit(double seconds) {
    return seconds < 90.0     ? "time (s)"
           : seconds < 3600.0 ? "time (min:s)"
                              : "time (h:min:s)";
}

int st_axis_hz(double low_hz, double high_hz, st_tick *ticks) {
    static const int lead[] = {1, 2, 5};
    int count = 0;
    double ten = 1.0;
    for (int decade = 0; decade < 6; decade++, ten *= 10.0)
        for (int i = 0; i < 3 && count < ST_AXIS_TICKS; i++) {
            double hz = lead[i] * ten;
            if (hz < low_hz * 0.999 || hz > high_hz * 1.001)
                continue;
            ticks[count].value = hz;
            if (hz >= 1000.0)
                snprintf(ticks[count].text, ST_AXIS_TEXT, "%.0fk", hz / 1000.0);
            else
                snprintf(ticks[count].text, ST_AXIS_TEXT, "%.0f", hz);
            count++;
        }
    return count;
}

int st_axis_notes(double low_hz, double high_hz, st_tick *ticks) {
    int count = 0;
    double slack = st_exp2(1.0 / 24.0);
    for (int octave = -1; octave <= 10 && count < ST_AXIS_TICKS; octave++) {
        double hz = 440.0 * st_exp2(octave - 4 - 9.0 / 12.0);
        if (hz * slack < low_hz || hz > high_hz * slack)
            continue;
        ticks[count].value = hz;
        snprintf(ticks[count].text, ST_AXIS_TEXT, "C%d", octave);
        count++;
    }
    return count;
}

int st_axis_db(double low_db, double high_db, st_tick *ticks) {
    double step = high_db - low_db > 100.0 ? 20.0 : 10.0;
    int count = 0;
    for (double db = ceil(low_db / step - 1e-6) * step;
         db <= high_db + 1e-6 && count < ST_AXIS_TICKS; db += step) {
        ticks[count].value = db;
        snprintf(ticks[count].text, ST_AXIS_TEXT, "%.0f", db);
        count++;
    }
    return count;
}
