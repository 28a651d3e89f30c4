/* reverb: a room made of delay lines that feed each other.
 * Source: J.-M. Jot & A. Chaigne, "Digital Delay Networks for Designing
 * Artificial Reverberators", AES 90, 1991 (absorption from decay times);
 * M. R. Schroeder, "Natural Sounding Artificial Reverberation", JAES 10(3),
 * 1962 (all-pass diffusers); S. J. Schlecht & E. A. P. Habets, "On Lossless
 * Feedback Delay Networks", IEEE TSP 65(6), 2017.
 *
 * Wet only: it stands on a return bus. Stereo in, stereo out: pre-delay, low-
 * and high-cut, diffusers, then 16 delay lines of mutually prime lengths with
 * an orthogonal mix and absorption, half of them slowly modulated against
 * metallic ringing. What leaves the diffusers is heard first, on its own side;
 * it fills the time before the shortest line. Left and right of the tail share
 * nothing (correlation near 0). A decay of any setting is stable, ends in exact
 * silence, and has no audible pitch. Latency 0 (the pre-delay is part of the
 * sound; after it come 32 frames).
 *
 * Decay: with r = (f / 240 Hz)^4 and x = (f / damping_hz)^2, the loss in dB a
 * second at f is that of decay_s, times
 *   1 + (1 / bass - 1) / (1 + r) + (1 / damping - 1) x / (1 + x),
 * less a little where that would be off at 700 Hz. A small size with a long
 * decay has few modes; there only modulation keeps it from ringing. */
#ifndef ST_DSP_REVERB_H
#define ST_DSP_REVERB_H

#include "dsp/unit.h"

typedef struct {
    double decay_s;     /* 0.1..20: time to fall by 60 dB at 500 Hz..1 kHz */
    double bass;        /* 0.25..2: decay under 200 Hz beside decay_s */
    double damping;     /* 0.05..1: decay far over damping_hz beside decay_s */
    double damping_hz;  /* 1000..16000 */
    double size;        /* 0..1: mean free path, 8 to 45 ms, in a straight
                         * line; fixed by _new */
    double predelay_ms; /* 0..200; fixed by _new */
    double low_cut_hz;  /* 20..1000, 12 dB/octave */
    double high_cut_hz; /* 1000..20000, 12 dB/octave */
    double modulation;  /* 0..1: lines sway by up to 0.4 ms, about 1 Hz */
    double width;       /* 0..1: side gain of the wet signal */
    double gain_db;     /* -60..20; at 0 white noise that has passed the cuts
                         * with power P comes out with power P when it has
                         * played for long, whatever decay and size */
} st_reverb_params;

typedef struct st_reverb st_reverb;

/* A plate-like hall: 1.6 s, bass 1.1, damping 0.45 at 5 kHz, size 0.5,
 * pre-delay 20 ms, cuts 180 Hz and 12 kHz, modulation 0.3, width 1, 0 dB.
 * [any] */
st_reverb_params st_reverb_defaults(void);
/* See dsp/unit.h. spec.channels 2, else ST_BAD_ARG. Changes take 50 ms, of
 * the cuts 20; a tail in the air keeps its level and goes on with the new
 * decay. */
ST_MUST_USE st_status st_reverb_new(st_reverb **out, const st_spec *spec,
                                    const st_reverb_params *params);
void st_reverb_free(st_reverb *u);
void st_reverb_reset(st_reverb *u);
void st_reverb_set(st_reverb *u, const st_reverb_params *params);
int st_reverb_latency_frames(const st_reverb *u); /* 0 */
void st_reverb_process(st_reverb *u, const float *const *in, float *const *out,
                       int frames);
/* Frames until an impulse has fallen by 60 dB, at most: to let a tail end.
 * [any] */
int st_reverb_tail_frames(const st_reverb *u);

#endif
