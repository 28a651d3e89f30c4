/* pitched: melodies of synthesised voices and instruments whose pitch is
 * known exactly, for the tests of pitch trackers.
 * Source: additive synthesis (each partial a sine, nothing aliases) with
 * formants after Klatt 1980; reverberation after Schroeder 1962. Uses libm:
 * for tests only. */
#ifndef ST_TESTS_SUPPORT_PITCHED_H
#define ST_TESTS_SUPPORT_PITCHED_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
    PITCHED_VOICE,   /* glottal slope, vowels, jitter, breath, fricatives */
    PITCHED_PLUCK,   /* decaying, slightly stretched partials */
    PITCHED_BOW,     /* saw-like with body resonances */
    PITCHED_REED,    /* odd partials stronger */
    PITCHED_FLUTE,   /* nearly a sine, breath */
    PITCHED_BASS,    /* 41 Hz up, decaying */
    PITCHED_SLIDE,   /* saw-like, gliding from note to note */
    PITCHED_MISSING, /* partials 3 to 12 only */
    PITCHED_KINDS
} pitched_kind;

typedef struct {
    pitched_kind kind;
    uint64_t seed;
    double rate_hz;
    double vibrato_cents; /* to each side; 0 for none; 4.5 to 6.5 Hz */
    double noise_db;      /* white noise, SNR over what sounds; 0: none */
    int reverb;           /* 0.4 to 0.9 s, 6 to 10 dB under the direct */
    double gain;          /* 1: RMS of notes about 0.1 */
} pitched_params;

typedef struct {
    double on_s, off_s, midi; /* pitch without vibrato and slides */
} pitched_note;

enum { PITCHED_MOST_NOTES = 256 };

/* n samples to x; truth_hz[i]: pitch at i * 10 ms, 0 where nothing sounds
 * (less than a twentieth of the note's peak). notes (may be NULL) gets the
 * melody, PITCHED_MOST_NOTES at most; returns how many. */
size_t pitched_make(const pitched_params *p, float *x, size_t n,
                    double *truth_hz, size_t frames, pitched_note *notes);
const char *pitched_name(pitched_kind kind);

#endif
