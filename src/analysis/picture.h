/* picture: spectrograms as PNG images with axes, ticks, units, title and
 * colour bar.
 * Source: own drawing (canvas.h, colours.h); frequency axes are logarithmic,
 * mel or by note, as the rows are.
 *
 * Values come from a grid (grid.h): power spectra, mel powers, constant-Q
 * magnitudes, chroma or spectra of several resolutions joined. Time runs to the
 * right. Levels are dB below the greatest value of the picture, or dBFS where
 * the caller knows what a full-scale sine reads; chroma is linear, 0 to 1. A
 * picture of silence says so. */
#ifndef ST_ANALYSIS_PICTURE_H
#define ST_ANALYSIS_PICTURE_H

#include "analysis/grid.h"
#include "analysis/mel.h"
#include "core/attr.h"
#include "core/status.h"

#include <stddef.h>

typedef enum {
    ST_PICTURE_STFT,    /* rows: power of bins 0..size/2; log frequency axis */
    ST_PICTURE_MEL,     /* rows: power of mel bands */
    ST_PICTURE_CQT,     /* rows: magnitudes of constant-Q bins; note names */
    ST_PICTURE_CHROMA,  /* rows: 12 pitch classes from C, 0..1 */
    ST_PICTURE_MULTIRES /* rows: power, evenly over octaves (multires.h) */
} st_picture_kind;

typedef struct {
    st_picture_kind kind;
    const char *title;  /* NULL: none. Cut to the width */
    double rate_hz;     /* of the sound, 8000..384000 */
    int hop;            /* samples a frame of the grid */
    double seconds;     /* length of the sound; 0: from frames and hop */
    double low_hz;      /* STFT: lowest shown, 10 Hz or more; mel: as the
                           bank's; CQT: bin 0; multires: row 0 */
    double high_hz;     /* STFT, mel: highest; 0: half the rate */
    st_mel_scale scale; /* mel */
    int per_octave;     /* CQT, multires */
    double full_scale;  /* value that is 0 dBFS; 0: unknown */
    double range_db;    /* 20..160 from top to bottom of the colours */
    int width, height;  /* 400..4096, 240..4096 pixels */
} st_picture_spec;

/* 1280 x 640, range 80 dB, hop 512, 30 Hz up (C1 for constant-Q, 0 for mel),
 * 12 bins an octave; multires as st_multires_defaults. [any] */
st_picture_spec st_picture_defaults(st_picture_kind kind, double rate_hz);
/* *bytes (freed with st_free) gets the PNG file. `rows` of the grid must be
 * what the kind says (2..8193 for STFT, 1..1024 else, 12 for chroma).
 * ST_BAD_ARG, ST_NO_MEM, ST_INTERNAL (libpng). [any] */
ST_MUST_USE st_status st_picture_png(const st_grid *grid,
                                     const st_picture_spec *spec,
                                     unsigned char **bytes, size_t *size);

#endif
