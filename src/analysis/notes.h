/* notes: from a pitch track to notes, with vibrato; from notes to MIDI.
 * Source: docs/measures.md; the segmentation is a Viterbi path over semitones
 * (as in Ryynanen and Klapuri 2006, without their models of notes).
 *
 * A note is a stretch of voiced frames around one semitone of the material's
 * own tuning, or of one attack. [any] */
#ifndef ST_ANALYSIS_NOTES_H
#define ST_ANALYSIS_NOTES_H

#include "analysis/f0.h"
#include "audio/midi.h"
#include "core/attr.h"
#include "core/status.h"

typedef struct {
    double on_s, off_s;
    double hz;         /* median */
    int key;           /* nearest MIDI key, 69 is 440 Hz */
    double cents;      /* of hz from that key, -50..50 */
    int velocity;      /* 1..127; the loudest note has 110, 40 dB a decade */
    double confidence; /* mean of its frames */
    double vibrato_hz, vibrato_cents; /* to each side; 0: none found */
} st_note;

typedef struct {
    double min_s;   /* shorter ones are dropped; 0.03..1 */
    double rise_db; /* of level within 50 ms: a new attack; 3..40 */
} st_notes_params;

/* 0.06 s, 6 dB. */
st_notes_params st_notes_defaults(void);
/* Notes of frames[count], ST_F0_RATE a second, in order; *out is freed with
 * st_free. params NULL: defaults. ST_BAD_ARG, ST_NO_MEM. */
ST_MUST_USE st_status st_notes_find(const st_f0_frame *frames, int64_t count,
                                    const st_notes_params *params,
                                    st_note **out, int64_t *notes);
/* A MIDI file of one track at a steady tempo (20..300 bpm, 4/4); freed with
 * st_midi_free. ST_BAD_ARG, ST_NO_MEM. */
ST_MUST_USE st_status st_notes_midi(const st_note *notes, int64_t count,
                                    double bpm, const char *name,
                                    st_midi **out);

/* Vibrato of cents[n], ST_F0_RATE a second: rate and depth to each side, or
 * 0, 0 where no sine of 3.5 to 9 Hz explains more than half of what moves,
 * where it moves less than 8 cents, or n < 25. */
void st_vibrato_find(const double *cents, int64_t n, double *rate_hz,
                     double *depth_cents);

#endif
