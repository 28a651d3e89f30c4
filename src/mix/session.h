/* session: the stems of a song, opened and laid on one timeline.
 * Source: issue row M1, M3, M53; EBU Tech 3285 (bext time reference).
 *
 * The rate is the one most stems have (of equals the higher); others are
 * resampled, more than two channels folded (BS.775), what no sound can be
 * mended (mix/scan.h). Files with a timecode stand where it says, beside the
 * earliest of them; all others start at 0. Where nothing sounds between some
 * and the rest for longer than a minute and than the longest file, one of them
 * is of another day: they start at 0, too, beside each other as they stood.
 * What cannot be read or holds nothing is left out, with a word why. A group
 * (mix/group.h) is a file that others are added up to. */
#ifndef ST_MIX_SESSION_H
#define ST_MIX_SESSION_H

#include "audio/role.h"
#include "mix/recipe.h"
#include "mix/scan.h"
#include "stage/ctx.h"

enum { ST_SESSION_FILES = 64, ST_SESSION_WHY = 200 };

/* Who said what a stem's role is, the later the stronger. */
typedef enum {
    ST_SAID_NOBODY,
    ST_SAID_NAME,
    ST_SAID_SOUND,
    ST_SAID_USER
} st_role_said;

/* One file. */
typedef struct {
    int item;               /* of the stage's input */
    char name[ST_MIX_NAME]; /* unique: label without its ending */
    const char *label;
    int channels; /* 1 or 2, after folding */
    int file_channels, file_rate_hz;
    int64_t file_frames;   /* at its own rate; -1: not known */
    int64_t offset_frames; /* at the session's rate */
    bool coded;            /* it has a timecode */
    double apart_s; /* from the rest, by it, where it was not followed; or 0 */
    st_scan scan;   /* of st_hear_scan; zeroed before */
    st_role role, named, heard;
    double confidence; /* of what was heard */
    st_role_said said;
    int group;    /* 1 + the group that it is; 0: a file of its own */
    bool grouped; /* added up in a group, no stem by itself */
    bool in_mix;  /* its fader is known from a mix of these stems: */
    double mix_db, mix_pan;
    bool left_out;
    char why[ST_SESSION_WHY]; /* left out */
} st_session_file;

/* Files added up. */
typedef struct {
    int count;
    int file[ST_SESSION_FILES];
    double gain_db[ST_SESSION_FILES];
    bool invert_right[ST_SESSION_FILES]; /* of a stereo file */
    char label[ST_MIX_NAME];
} st_session_group;

typedef struct {
    st_in *in;
    const char *input; /* name of the stage's input */
    int rate_hz;
    int count; /* groups, too, behind all files */
    st_session_file file[ST_SESSION_FILES + ST_MIX_STEMS];
    int groups;
    st_session_group group[ST_MIX_STEMS];
} st_session;

/* Look at all items of an input. ST_NOT_FOUND when none can be read; ST_LIMIT
 * for more than ST_SESSION_FILES; ST_NO_MEM. [main] */
ST_MUST_USE st_status st_session_open(st_session *session, st_in *in,
                                      const char *input, st_err *err);
/* Rate and places in time, of the files that are not left out: as _open does,
 * once more after some were. ST_NOT_FOUND when none is left. [main] */
ST_MUST_USE st_status st_session_lay_out(st_session *session, st_err *err);
/* A source of file i: mended as it was scanned, session's rate, its channels,
 * silence before it; of a group the sum, in stereo. [any] */
ST_MUST_USE st_status st_session_source(const st_session *session, int file,
                                        st_source **out, st_err *err);
/* The content hash of file i, which is no group; false while it is not known
 * (st_in_hash). [any] */
bool st_session_hash(const st_session *session, int file,
                     char hash[ST_HASH_TEXT_BYTES]);
/* Does file i have a strip of its own? [any] */
bool st_session_is_stem(const st_session *session, int file);
/* Leave a file out, and say why. [any] */
void st_session_leave_out(st_session *session, int file, const char *why, ...)
    ST_PRINTF(3, 4);
/* The user's word: "kick.wav=kick, Audio 07=bass": names with or without
 * ending, or a beginning with '*' behind it. ST_BAD_ARG names the word that
 * fits no file or is no role. [any] */
ST_MUST_USE st_status st_session_roles(st_session *session, const char *list,
                                       st_err *err);

#endif
