/* track: one recording on its way through mastering, with all that was found.
 * Source: issue rows M36-M45. master/stage_master.c fills it, report and page
 * read it. */
#ifndef ST_MASTER_TRACK_H
#define ST_MASTER_TRACK_H

#include "master/qc.h"
#include "stage/ctx.h"

typedef struct {
    char label[256];
    int file_channels, file_rate_hz; /* before a fold-down */
    st_spool *spool;                 /* decoded input, 1 or 2 channels */
    st_measure in;
    bool turned; /* the right channel came upside down and was turned over */
    double correlation_before; /* of the file, before that */
    st_recipe *recipe;
    st_goal goal;
    st_pre pre;
    st_result result;
    st_qc qc;
    bool lossless;
    bool led; /* the drive was sought from what an earlier pass had learned */
    int bits_out;     /* 0: float or lossy */
    int match_passes; /* renders that a reference match took */
    double distance_before_db, distance_after_db; /* 26 bands, to reference */
} st_track;

void st_track_deinit(st_track *track);

/* Decode `source` (from its start) into the track's spool while measuring; 3
 * to 8 channels are folded to stereo. Takes `source`. [main] */
ST_MUST_USE st_status st_track_load(st_track *track, const st_means *means,
                                    st_source *source, st_err *err);

/* Decide, render, control. The recipe may hold what the user gave. [main] */
ST_MUST_USE st_status st_track_master(st_track *track, const st_means *means,
                                      const st_decide_options *options,
                                      uint64_t seed, st_err *err);

/* What kept the master from what was asked for, and checks that did not pass,
 * as warnings of the run. [main] */
void st_track_warn(const st_track *track, st_ctx *ctx);

#endif
