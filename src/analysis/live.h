/* live: the frame that pictures move to, 30 a second, from a stream.
 * Source: Web Audio API 1.1, AnalyserNode (smoothed magnitudes on a byte
 * scale); the beat follows live_beat.h.
 *
 * Frame k tells of the moment k / 30 s after the start of the stream: its
 * window is centred there, so it leaves half a window (about 21 ms) later. A
 * picture that knows when a sound is heard can be shown with it. */
#ifndef ST_ANALYSIS_LIVE_H
#define ST_ANALYSIS_LIVE_H

#include "core/attr.h"
#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

enum {
    ST_LIVE_RATE = 30,   /* frames a second */
    ST_LIVE_BANDS = 64,  /* equal ratios, 30 Hz to 16 kHz */
    ST_LIVE_STEMS = 4,   /* drums, bass, vocals, other */
    ST_LIVE_BYTES = 112, /* of a packed frame */
};

/* Bits of st_live_frame.flags. */
enum {
    ST_LIVE_SILENCE = 1, /* under -80 dBFS RMS */
    ST_LIVE_CLIP = 2,    /* a sample at full scale or over */
    ST_LIVE_ONSET = 4,   /* a sound began since the last frame */
    ST_LIVE_BEAT = 8,    /* a beat fell since the last frame */
    ST_LIVE_TEMPO = 16,  /* bpm and phases hold */
    ST_LIVE_GRID = 32    /* they are those of st_live_set_grid */
};

/* Levels in 0.01 dBFS, -12000 for nothing. A byte of bands, bass, mid, high
 * and volume runs from -100 dB (0) to -30 dB (255) of a smoothed magnitude:
 * a full-scale sine has -6 dB. */
typedef struct {
    double time_s;
    uint32_t seq;
    uint16_t flags;
    int16_t rms[2], peak[2]; /* left, right since the last frame */
    uint8_t bass, mid, high; /* means of the bands to 250, 4000, 16000 Hz */
    uint8_t volume;          /* of all bands */
    uint8_t bands[ST_LIVE_BANDS];
    uint8_t centroid; /* on the scale of the bands: 255 is 16 kHz */
    uint8_t flux;     /* how much is new, 0..255 */
    uint8_t onset;    /* how strong the onset is; 0 without one */
    uint16_t bpm_x100;
    uint8_t beat_phase, bar_phase; /* 0..255 of a beat, of a bar */
    uint32_t beat;                 /* beats so far */
    uint8_t stems[ST_LIVE_STEMS];  /* on the scale of the bands; 0 unknown */
} st_live_frame;

/* Each finished frame; must keep [rt]. */
typedef void (*st_live_emit)(void *ctx, const st_live_frame *frame);

typedef struct st_live st_live;

/* rate_hz 8000..384000, channels 1..8 (left and right are the first two).
 * ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_live_new(st_live **out, int rate_hz, int channels);
void st_live_free(st_live *live);  /* NULL is fine [main] */
void st_live_reset(st_live *live); /* a stream from its start [rt] */

/* The tempo is known (a deck's grid): bpm 20..400, the time of a first beat
 * of a bar, beats in a bar 1..16; bpm 0 goes back to listening. [rt] */
void st_live_set_grid(st_live *live, double bpm, double first_s, int metre);
/* Levels of the stems, byte each, for the frames to come. [rt] */
void st_live_set_stems(st_live *live, const uint8_t stems[ST_LIVE_STEMS]);

/* Planar in[channels], any frames >= 0; frames that become whole are given to
 * `emit`. Any division, the same frames. Samples that are not finite or exceed
 * 1e10 are read as 0. [rt] */
void st_live_process(st_live *live, const float *const *in, int64_t frames,
                     st_live_emit emit, void *ctx);

/* Little-endian, in the order of the fields above. [any] */
void st_live_pack(const st_live_frame *frame, uint8_t out[ST_LIVE_BYTES]);
/* The reverse; ST_BAD_DATA unless `bytes` is ST_LIVE_BYTES. [any] */
ST_MUST_USE st_status st_live_unpack(st_live_frame *out, const uint8_t *in,
                                     size_t bytes);

#endif
