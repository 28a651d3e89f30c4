/* listen: everything the analysis knows of a file, from one decode.
 * Source: design.md section 1; each unit's own header.
 *
 * Blocks of a source flow once through all units that are wanted, several
 * blocks at a time when there is a pool: the meter, the waveform's peaks and
 * the live frames at the file's rate and channels; then one fold to mono
 * (audio/channels.h), one resampling to ST_LISTEN_RATE_HZ, and from that
 * rhythm, spectra, harmony, role and pitch. Features are kept, never sound. The
 * result does not depend on the number of threads. */
#ifndef ST_ANALYSIS_LISTEN_H
#define ST_ANALYSIS_LISTEN_H

#include "analysis/f0.h"
#include "analysis/features.h"
#include "analysis/harmony.h"
#include "analysis/live_lines.h"
#include "analysis/meter.h"
#include "analysis/notes.h"
#include "analysis/peaks.h"
#include "analysis/rhythm.h"
#include "analysis/role.h"
#include "analysis/spectra.h"
#include "audio/flow.h"

#include <jansson.h>

enum { ST_LISTEN_RATE_HZ = 22050 };

/* How the pitch of one voice or instrument is followed. */
typedef enum {
    ST_LISTEN_PITCH_OFF,
    ST_LISTEN_PITCH_TRACKER, /* analysis/f0.h */
    ST_LISTEN_PITCH_SWIFTF0  /* models/swiftf0, on the tracker's frames */
} st_listen_pitch;

typedef struct {
    bool music;          /* rhythm, harmony, role */
    bool pictures;       /* keep what the spectrograms are drawn from */
    bool multires;       /* and the one of several resolutions */
    bool peaks;          /* keep the waveform's peaks */
    bool live;           /* keep the frames for pictures (live_lines.h) */
    bool features;       /* keep the table of features.h */
    const char *scratch; /* folder for what is kept on disk, or NULL */
    int series_capacity; /* of the meter, st_meter_params */
    st_listen_pitch pitch;
} st_listen_params;

/* What was heard; each pointer NULL where it was not asked for, all borrowed
 * from the listener. */
typedef struct {
    st_format format; /* of the file, its length known */
    double seconds;
    bool cancels;          /* the mono sum is 40 dB under the channels */
    const st_meter *meter; /* always */
    const st_rhythm_result *rhythm;
    const st_harmony_result *harmony;
    const st_role_result *role;
    const st_spectra *spectra;
    const st_peaks *peaks;
    const st_live_lines *live;
    const st_features *features;
    const st_f0_frame *f0; /* ST_F0_RATE a second */
    int64_t f0_frames;
    const st_note *notes;
    int64_t note_count;
    st_listen_pitch pitch;
} st_listen_result;

typedef struct st_listen st_listen;

/* For a source of that format. ST_BAD_ARG, ST_NO_MEM; ST_NOT_FOUND and
 * ST_BAD_DATA of a network's weights. [main] */
ST_MUST_USE st_status st_listen_new(st_listen **out, const st_format *format,
                                    const st_listen_params *params,
                                    st_err *err);
void st_listen_free(st_listen *listen); /* NULL is fine [main] */
/* Read `source` from where it stands to its end. pool and watch may be NULL.
 * Once. Errors of the source; ST_CANCELLED; ST_NO_MEM. [main] */
ST_MUST_USE st_status st_listen_run(st_listen *listen, st_source *source,
                                    st_pool *pool, const st_flow_watch *watch,
                                    st_err *err);
/* A reason of a part (NULL stays NULL), or the one that stands above it: what
 * is heard is the mono sum, and it is gone. [any] */
const char *st_listen_why(const st_listen_result *heard, const char *reason);
/* After _run. [any] */
const st_listen_result *st_listen_get(const st_listen *listen);

/* The document stemma.music/1 (docs/formats.md): what was heard but for the
 * meters. With `track` the pitch of each frame stands in it too. A new
 * reference, NULL when out of memory. [any] */
json_t *st_listen_json(const st_listen_result *heard, bool track);

#endif
