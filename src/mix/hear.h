/* hear: what deciding has to know of the stems of a song.
 * Source: analysis/meter.h, stems.h, role.h, listen.h; docs/measures.md.
 *
 * Three passes: each stem by itself (meter, role, how its level is spread),
 * all together (masking, delay and polarity), and their sum at equal loudness
 * (tempo, key, sections). */
#ifndef ST_MIX_HEAR_H
#define ST_MIX_HEAR_H

#include "analysis/listen.h"
#include "analysis/role.h"
#include "analysis/stems.h"
#include "mix/session.h"

/* Levels of 10 ms blocks: bin i is -100 + i dBFS (sine: 0), the louder
 * channel. */
enum { ST_HEAR_LEVELS = 121, ST_HEAR_LOWEST = -100 };

typedef struct {
    st_meter_result meter;
    bool silent; /* nothing above -90 dBFS, or no gated loudness */
    double lufs; /* gated loudness of the stem as it stands in a mix: mono to
                  * both sides; -INFINITY when silent */
    int64_t level[ST_HEAR_LEVELS];
    double band_db[ST_SPECTRUM_BANDS]; /* mean power while it plays, dBFS */
    double active; /* share of 100 ms cells in which it plays, 0..1 */
} st_stem_facts;

typedef struct {
    int count; /* stems, in the order of `file` */
    int file[ST_MIX_STEMS];
    int rate_hz;
    double seconds; /* of the longest */
    st_stem_facts stem[ST_MIX_STEMS];
    st_stems *stems;   /* masking, pairs, bandgrams */
    st_listen *listen; /* of the sum; st_listen_get */
} st_hearing;

/* One file by itself. */
typedef struct {
    st_stem_facts facts; /* without band_db and active */
    bool has_role;
    st_role role; /* as it sounds */
    double confidence;
    float sound[ST_ROLE_EMBEDDING]; /* analysis/role.h; all 0: no role */
    st_scan scan;                   /* of the session's file */
} st_file_facts;

/* How a pass reports and is stopped; may be NULL. */
typedef struct {
    st_pool *pool;
    const char *folder; /* for scratch files */
    bool (*tick)(void *ctx, const char *phase, double fraction);
    void (*spent)(void *ctx, const char *phase, double seconds);
    void *ctx;
    const st_file_facts *known; /* of st_hear_files: not heard again; or NULL */
    /* What an earlier run heard of a file; false: nothing. May be NULL, as the
     * next, which gets what is new. [any] */
    bool (*recall)(void *ctx, int file, st_file_facts *out);
    void (*remember)(void *ctx, int file, const st_file_facts *heard);
} st_hear_means;

/* Scan each file that is not left out (mix/scan.h), before anything else reads
 * it: what cannot be read to its end is left out then, the rest laid out
 * anew. ST_NOT_FOUND when none is left; ST_CANCELLED, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_hear_scan(st_session *session,
                                   const st_hear_means *means, st_err *err);

/* Hear each file that is not left out by itself, however many there are:
 * out[session->count], by file. Roles as st_hear. [main] */
ST_MUST_USE st_status st_hear_files(st_file_facts *out, st_session *session,
                                    const st_hear_means *means, st_err *err);

/* Hear all stems of a session (st_session_is_stem; 1..ST_MIX_STEMS). Fills
 * in the roles of files that nobody but their names spoke of: sound stands
 * over names where it is sure. Silent files stay, as silent. `out` zeroed
 * before. Errors of the sources; ST_CANCELLED, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_hear(st_hearing *out, st_session *session,
                              const st_hear_means *means, st_err *err);
void st_hearing_deinit(st_hearing *hearing); /* a zeroed one is fine */

/* Level under which `share` (0..1) of the blocks above -60 dBFS lie, dBFS;
 * -100 when there are none. [any] */
double st_hear_level(const st_stem_facts *facts, double share);
/* Mean reduction of a compressor over those blocks by its static curve, the
 * level moved by gain_db before it. [any] */
double st_hear_reduction(const st_stem_facts *facts, double gain_db,
                         double threshold_db, double ratio, double knee_db);

#endif
