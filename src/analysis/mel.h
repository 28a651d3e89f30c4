/* mel: power in bands that are equal steps of hearing.
 * Source: Slaney, Auditory Toolbox, 1998 (linear to 1 kHz, then logarithmic);
 * HTK book, 5.4 (2595 log10(1 + f/700)); the numbers of librosa 0.11
 * feature.melspectrogram(power=2). docs/measures.md has the formula.
 *
 * st_mel_bank folds one power spectrum; st_mel is powerspec and bank in one:
 * mono stream in, frames of bands out. */
#ifndef ST_ANALYSIS_MEL_H
#define ST_ANALYSIS_MEL_H

#include "analysis/frames.h"
#include "core/attr.h"
#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum { ST_MEL_SLANEY, ST_MEL_HTK } st_mel_scale;

typedef struct {
    double rate_hz; /* 8000..384000 */
    int size, hop;  /* as st_powerspec_params */
    int bands;      /* 1..512 */
    double low_hz;  /* 0 or more */
    double high_hz; /* above low_hz; 0: half the rate. What lies above half
                       the rate is not there: such bands read 0 */
    st_mel_scale scale;
    bool area_norm; /* each triangle has area 1 over Hz (librosa's
                       norm="slaney"); else height 1 */
} st_mel_params;

/* 2048, 512, 128 bands from 0 to half the rate, Slaney's scale and norm.
 * [any] */
st_mel_params st_mel_defaults(double rate_hz);
/* Hz to mel and back, hz >= 0. [any] */
double st_mel_of_hz(double hz, st_mel_scale scale);
double st_mel_to_hz(double mel, st_mel_scale scale);

typedef struct st_mel_bank st_mel_bank;

/* ST_BAD_ARG, ST_NO_MEM. Const once made: threads may share it. [main] */
ST_MUST_USE st_status st_mel_bank_new(st_mel_bank **out,
                                      const st_mel_params *params);
void st_mel_bank_free(st_mel_bank *bank); /* NULL is fine [main] */
/* power[size/2 + 1], and 16 more that may be read (as powerspec gives), to
 * out[bands]. [rt] */
void st_mel_bank_fold(const st_mel_bank *bank, const float *power, float *out);
/* Weight of one bin in one band, for tests and pictures. [any] */
double st_mel_bank_weight(const st_mel_bank *bank, int band, int bin);
/* Middle of a band in Hz. [any] */
double st_mel_bank_hz(const st_mel_bank *bank, int band);

typedef struct st_mel st_mel;

/* Frames (power, [bands]) go to `sink`. ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_mel_new(st_mel **out, const st_mel_params *params,
                                 st_frame_sink sink);
void st_mel_free(st_mel *m);  /* NULL is fine [main] */
void st_mel_reset(st_mel *m); /* as new [rt] */
/* As st_powerspec_process and _finish. [rt] */
void st_mel_process(st_mel *m, const float *in, int64_t n);
void st_mel_finish(st_mel *m);
int64_t st_mel_frames(const st_mel *m);
const st_mel_bank *st_mel_get_bank(const st_mel *m);

#endif
