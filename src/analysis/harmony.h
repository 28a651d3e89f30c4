/* harmony: key with a time line of keys, chords, sections of a recording.
 * Source: Mauch & Dixon 2010 (beat-wise chords from tuned constant-Q
 * features), Papadopoulos & Peeters 2011 (key beside chords), Foote 2000 and
 * Goto 2006 (sections from self-similarity); a network that is equivariant to
 * transposition by construction. docs/measures.md has the definitions.
 *
 * From the mono stream, constant-Q magnitudes (3 bins a semitone, C1 to B7)
 * are gathered in cells of 8 frames, 0.19 s, 256 bytes each: 5 MiB an hour.
 * Everything else happens in _finish: cells are folded with the tuning, go
 * through the network, and paths through its answers are found on the beats.
 *
 * The same bits for any division into blocks and at each CPU level. Samples
 * that are not finite or exceed 1e10 are read as 0. Gain changes nothing that
 * counts. */
#ifndef ST_ANALYSIS_HARMONY_H
#define ST_ANALYSIS_HARMONY_H

#include "analysis/frames.h"
#include "analysis/tuning.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    ST_HARMONY_HOP = 512,  /* samples from one frame to the next */
    ST_HARMONY_BINS = 252, /* values of a frame: 36 an octave from C1 */
    ST_HARMONY_CANDIDATES = 3
};
#define ST_HARMONY_RATE_HZ 22050.0 /* of the stream, always */

typedef enum {
    ST_CHORD_MAJ,
    ST_CHORD_MIN,
    ST_CHORD_DIM,
    ST_CHORD_AUG,
    ST_CHORD_SUS4,
    ST_CHORD_7,
    ST_CHORD_MAJ7,
    ST_CHORD_MIN7,
    ST_CHORD_COUNT
} st_chord_quality;

/* One of 24 keys. */
typedef struct {
    int tonic; /* 0..11, 0 is C */
    bool minor;
    double probability; /* 0..1; of all keys, none left out, the sum is 1 */
    char camelot[4];    /* "8A" is A minor, "8B" is C major */
    char name[12];      /* as it is spelled: "Eb minor", "F# major" */
} st_key;

typedef struct {
    double start_s, end_s;
    int tonic;
    bool minor;
    double confidence; /* 0..1: mean probability of that key there */
} st_key_segment;

typedef struct {
    double start_s, end_s;
    int root;                 /* 0..11, 0 is C; -1: no chord */
    st_chord_quality quality; /* of root >= 0 */
    double confidence;        /* 0..1: mean probability over its beats */
    char name[8];             /* "C:min", "F#:7", "N"; spelled as the key is */
} st_chord;

typedef struct {
    double start_s, end_s;
    char label[4];     /* "A", "B", ..: equal where music comes back */
    double confidence; /* 0..1: of the boundary at start_s */
} st_section;

typedef struct {
    double seconds;          /* of sound */
    st_tuning_result tuning; /* what features were folded with is 0 cents
                                where its confidence is under 0.1 */
    bool has_key;            /* else `reason` says why there is none */
    char reason[96];         /* a sentence; "" with a key */
    double key_confidence;   /* 0..1, calibrated on whole pieces: chance that
                                key[0] is right (a few seconds of one chord
                                sound surer than they are);
                                without a key the chance that there is one */
    st_key key[ST_HARMONY_CANDIDATES]; /* the likeliest first */
    int keys;                          /* 0 without a key, else 3 */
    /* Each covers 0..seconds without gaps; borrowed from the analyser. All are
     * empty where there is no sound, the first where there is no key. */
    const st_key_segment *key_line;
    int64_t key_segments;
    const st_chord *chords; /* neighbours differ */
    int64_t chord_count;
    const st_section *sections;
    int64_t section_count;
} st_harmony_result;

/* What is known of the recording from elsewhere; all may be absent. */
typedef struct {
    const double *beats_s; /* rising; NULL: chords on half-second steps */
    int64_t beats;
    const double *downbeats_s; /* rising; NULL: sections begin on any beat */
    int64_t downbeats;
    /* Needed with `shared`, else not looked at: */
    const st_tuning_result *tuning;
    double seconds; /* of sound; 0: from the frames, half a frame uncertain */
} st_harmony_grid;

typedef struct st_harmony st_harmony;

/* shared false: takes sound by _process and makes its own transforms (0.1 s
 * of work for 4 minutes). shared true: takes frames by the sink, from
 * st_spectra (`fine`) or st_chroma (`_tap`), which make them anyway.
 * ST_NO_MEM; ST_BAD_DATA, ST_NOT_FOUND (the weights of the program). [main] */
ST_MUST_USE st_status st_harmony_new(st_harmony **out, bool shared,
                                     st_err *err);
void st_harmony_free(st_harmony *h);  /* NULL is fine [main] */
void st_harmony_reset(st_harmony *h); /* as new [main] */

/* in[n], n >= 0, mono at ST_HARMONY_RATE_HZ; any division. Grows by blocks:
 * ST_NO_MEM, then only _reset or _free. ST_BAD_ARG when shared. [main] */
ST_MUST_USE st_status st_harmony_process(st_harmony *h, const float *in,
                                         int64_t n);
/* For frames of ST_HARMONY_BINS constant-Q magnitudes at ST_HARMONY_HOP; a
 * lack of memory is told by _finish. [main] */
st_frame_sink st_harmony_sink(st_harmony *h);

/* Nothing follows: the network hears it all; of grid only tuning and seconds
 * count, and it may be NULL. ST_NO_MEM (then only _reset or _free), ST_BAD_ARG
 * (called twice). [main] */
ST_MUST_USE st_status st_harmony_hear(st_harmony *h,
                                      const st_harmony_grid *grid);
/* Between _hear and _finish: where chords change. at_s[n] rising, n >= 0;
 * out[i] >= 0: nats by which two chords explain the sound from at_s[i - 1] to
 * at_s[i + 1] better than one; out[0] is 0, the last reaches as far on as
 * back. ST_NO_MEM, ST_BAD_ARG (not between). [any] */
ST_MUST_USE st_status st_harmony_changes(const st_harmony *h,
                                         const double *at_s, int64_t n,
                                         float *out);
/* The end, with _hear before it if nobody did; grid may be NULL. Beats outside
 * the sound, not rising or not finite are left out. Sound of one frame,
 * silence, noise and drums are no error: `reason` speaks. ST_NO_MEM, ST_BAD_ARG
 * (called twice). [main] */
ST_MUST_USE st_status st_harmony_finish(st_harmony *h,
                                        const st_harmony_grid *grid);
/* After _finish, else all zero; borrowed until _reset or _free. [any] */
const st_harmony_result *st_harmony_get(const st_harmony *h);

/* --- words --- */

/* "8A" of a key (tonic 0..11), into camelot[4]; its name in the spelling with
 * the fewest accidentals (6 of them: F# major, Eb minor). [any] */
void st_key_words(st_key *key);
/* "C:min"; tonic and minor say which key spells it; root -1 gives "N". [any] */
void st_chord_name(const st_chord *chord, int tonic, bool minor, char name[8]);
/* "min", "maj7", ..., static. [any] */
const char *st_chord_quality_name(st_chord_quality quality);

#endif
