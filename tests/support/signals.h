/* signals: test signals with known levels.
 * Source: IEC 61606 and EBU Tech 3341 vocabulary; noise from a fixed-seed
 * counter generator (SplitMix64), so every run and machine has the same.
 * Each fills `n` frames of planar float32; levels are dBFS, 0 dB = peak 1.0
 * (for noise: RMS with 0 dB = RMS 1.0). Uses libm: for tests only. */
#ifndef ST_TESTS_SUPPORT_SIGNALS_H
#define ST_TESTS_SUPPORT_SIGNALS_H

#include <stddef.h>
#include <stdint.h>

void sig_silence(float *out, size_t n);
/* `level` (linear) at frame `at`, else 0. */
void sig_impulse(float *out, size_t n, size_t at, double level);
/* phase_rad: of a sine at frame 0. */
void sig_sine(float *out, size_t n, double rate_hz, double hz, double peak_db,
              double phase_rad);
/* Added onto what is there. */
void sig_add_sine(float *out, size_t n, double rate_hz, double hz,
                  double peak_db, double phase_rad);
/* Sum of `count` sines, phases spread (Schroeder) to keep the crest low. */
void sig_tones(float *out, size_t n, double rate_hz, const double *hz,
               const double *peak_db, size_t count);
/* Exponential sweep over the whole length. */
void sig_sweep(float *out, size_t n, double rate_hz, double from_hz,
               double to_hz, double peak_db);
/* Gaussian white noise. */
void sig_white(float *out, size_t n, uint64_t seed, double rms_db);
/* -3 dB an octave within 0.5 dB, from about rate/20000 to rate/2.5. */
void sig_pink(float *out, size_t n, uint64_t seed, double rms_db);
/* A sine gated on for on_s, off for off_s, from frame 0; no fades. */
void sig_bursts(float *out, size_t n, double rate_hz, double hz, double on_s,
                double off_s, double peak_db);
/* Four to the floor at 120 bpm: kick, snare, hats with stereo places; sample
 * peak about -3 dBFS, crest about 15 dB. */
void sig_drums(float *left, float *right, size_t n, double rate_hz,
               uint64_t seed);
/* Drums, bass, chords, a wide pad and a lead; pink-like slope, about
 * -22 LUFS, sample peak about -4 dBFS; changes every 2 s. */
void sig_music(float *left, float *right, size_t n, double rate_hz,
               uint64_t seed);
/* Uniform in [0, 1) from a counter. */
double sig_uniform(uint64_t seed, uint64_t i);

#endif
