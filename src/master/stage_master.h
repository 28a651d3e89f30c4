/* stage_master: the parts of the stage `master` that share its parameters.
 * Source: issue "The mastering stage"; design.md section 6 for the names. */
#ifndef ST_MASTER_STAGE_MASTER_H
#define ST_MASTER_STAGE_MASTER_H

#include "master/album.h"
#include "master/report.h"
#include "stage/stage.h"

/* One run of the stage. */
typedef struct {
    st_ctx *ctx;
    st_in *in;
    st_out *out;
    st_decide_options options;
    st_preset preset;
    st_reference reference;
    bool referenced, album;
    st_bits bits;
    const char *container; /* of the masters */
    const char *folder;    /* for spools */
    st_recipe *given;      /* from --recipe and flags */
    /* Progress of the part under way. */
    double from, to;
    int64_t total;
    const char *phase;
    /* Which output `open` and `reread` mean. */
    const char *output;
    int index;
    st_out_spec spec;
} st_master_job;

/* Parameters, preset and recipe into the job. */
ST_MUST_USE st_status st_master_settings(st_master_job *job, st_err *err);
/* The run of the stage. */
st_status st_master_run(st_ctx *ctx, st_in *in, st_out *out, st_err *err);
/* Means that lead to the job's ctx and output. */
st_means st_master_means(st_master_job *job);
/* A/B and Opus previews of a finished track, if wanted. *list gets an array,
 * or stays NULL. */
ST_MUST_USE st_status st_master_previews(st_master_job *job, st_track *track,
                                         int index, json_t **list, st_err *err);

#endif
