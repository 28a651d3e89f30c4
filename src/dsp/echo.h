/* echo: repeats in the tempo of the song, from side to side.
 * Source: J. Dattorro, "Effect Design Part 2: Delay-Line Modulation and
 * Chorus", JAES 45(10), 1997 (interpolated taps).
 *
 * Wet only: it stands on a return bus. Stereo in, stereo out. Each side has a
 * line; what leaves it is heard, and comes back into the other (ping_pong 1)
 * or its own (0) through a low- and a high-cut, so that repeats grow darker and
 * thinner; the first one is as bright as the input. Half way between the cuts
 * (geometric mean) a time round costs 20 log10(feedback) dB, elsewhere more.
 * A new time fades over from the old one within 50 ms: no pitch is bent.
 * Latency 0. */
#ifndef ST_DSP_ECHO_H
#define ST_DSP_ECHO_H

#include "dsp/unit.h"

enum { ST_ECHO_MAX_MS = 2000 };

typedef struct {
    double left_ms, right_ms; /* 1..ST_ECHO_MAX_MS */
    double feedback;          /* 0..0.95 */
    double ping_pong;         /* 0..1 */
    double low_cut_hz;        /* 20..1000, 6 dB/octave, each time round */
    double high_cut_hz;       /* 500..20000, 6 dB/octave, each time round */
    double width;             /* 0..1: side gain of the wet signal */
    double gain_db;           /* -60..20 of the first repeat */
} st_echo_params;

typedef struct st_echo st_echo;

/* 375 and 500 ms, feedback 0.3, ping-pong 1, 200 Hz, 5 kHz, width 1, 0 dB.
 * [any] */
st_echo_params st_echo_defaults(void);
/* See dsp/unit.h. spec.channels 2, else ST_BAD_ARG. Other changes than of the
 * times take 20 ms. */
ST_MUST_USE st_status st_echo_new(st_echo **out, const st_spec *spec,
                                  const st_echo_params *params);
void st_echo_free(st_echo *u);
void st_echo_reset(st_echo *u);
void st_echo_set(st_echo *u, const st_echo_params *params);
int st_echo_latency_frames(const st_echo *u); /* 0 */
void st_echo_process(st_echo *u, const float *const *in, float *const *out,
                     int frames);
/* Frames until an impulse has fallen by 60 dB, at most: all times round as
 * long as the longer side. [any] */
int st_echo_tail_frames(const st_echo *u);

#endif
