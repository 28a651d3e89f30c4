/* axis: where the ticks of a picture go and what they say.
 * Source: Heckbert's "nice numbers", Graphics Gems 1990, as fixed lists.
 * Private to picture.c and its tests. */
#ifndef ST_ANALYSIS_AXIS_H
#define ST_ANALYSIS_AXIS_H

#include "core/attr.h"

enum { ST_AXIS_TICKS = 64, ST_AXIS_TEXT = 16 };

typedef struct {
    double value; /* s, Hz or dB */
    char text[ST_AXIS_TEXT];
} st_tick;

/* Each fills ticks[ST_AXIS_TICKS] and gives their count. [any] */

/* 0..seconds, at most `most` (2..60) ticks: "1.5", "2:30", "1:02:00". */
int st_axis_time(double seconds, int most, st_tick *ticks);
/* What the labels above are: "time (s)" or "time (min:s)", "time (h:min:s)". */
const char *st_axis_time_unit(double seconds);
/* 1, 2 and 5 times powers of ten within low..high Hz: "50", "2k". */
int st_axis_hz(double low_hz, double high_hz, st_tick *ticks);
/* The Cs within low..high Hz at A4 = 440 Hz, a quarter tone of tolerance:
 * "C4". */
int st_axis_notes(double low_hz, double high_hz, st_tick *ticks);
/* Multiples of 10 (or 20) dB within low..high. */
int st_axis_db(double low_db, double high_db, st_tick *ticks);

#endif
