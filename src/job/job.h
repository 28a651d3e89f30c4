/* job: state of a running plan, shared by the files of this room only.
 * Source: none; see run.h for the contract. */
#ifndef ST_JOB_JOB_H
#define ST_JOB_JOB_H

#include "audio/meta.h"
#include "audio/reader.h"
#include "audio/spool.h"
#include "audio/writer.h"
#include "job/run.h"
#include "stage/host.h"

#include <pthread.h>

typedef struct st_step st_step;

/* One item of an input. */
typedef struct {
    st_step *step;
    const st_plan_item *plan;
    bool known; /* the fields below are filled (file opened once) */
    st_format format;
    st_reader_info info;
    st_meta meta;
    st_spool *spool; /* once decoded, where decoding is slow */
    char pcm[65];    /* hash of the decoded samples, "" until known */
    char key[65];    /* of the file as it was, for the cache; "" if not noted */
    int64_t known_frames; /* length that goes with a pcm from the cache */
    int warnings;         /* of the reader, taken over so far */
    pthread_mutex_t lock; /* items may be opened beside each other */
} st_item;

/* One output that was made. */
typedef struct {
    int output, index;
    const st_plan_target *target; /* or NULL */
    char *staged;                 /* file beside the target, not renamed yet */
    st_spool *spool;              /* for a later step, without a target */
    json_t *document;
    bool done;
    st_format format;
    st_write_format container;
    st_bits bits;
    char *label;
    bool said_lost;      /* the note on what its format cannot hold */
    st_plan_target *own; /* of an output of `many`: target points to it */
    char *folder;        /* made for it: goes again if nothing is in it */
} st_made;

struct st_step {
    struct st_run *run;
    const st_plan_step *plan;
    int number;
    st_ctx ctx;
    st_in in;
    st_out out;
    st_arena *arena;
    st_item *items;       /* as plan->items */
    pthread_mutex_t lock; /* over `made` */
    st_made *made;
    int made_count;
    double seconds;
    double fraction; /* 0..1 of this step, under the run's lock */
    bool cached, began;
    st_status status;
    st_err err;
};

typedef struct st_run {
    const st_plan *plan;
    const st_run_options *options;
    st_step *steps;
    pthread_mutex_t lock; /* over progress, the pool's making and the cache */
    double fraction;
} st_run;

bool st_run_cancelled(const st_run *run);

/* Recursive: filling a spool reads through the item it fills. */
ST_MUST_USE st_status st_lock_init(pthread_mutex_t *lock);
void st_lock(pthread_mutex_t *lock);
void st_unlock(pthread_mutex_t *lock);

/* -- items.c: what goes in */
extern const st_in_ops st_items_ops; /* host: st_step */
/* Fill the item's format, info and tags. */
ST_MUST_USE st_status st_item_know(st_item *item, st_err *err);
st_item *st_item_find(st_step *step, int input, int index);
void st_item_deinit(st_item *item);
/* A source that passes on `inner` (taken, also on error), stops on cancel and,
 * over a reader's own source, takes over the reader's warnings. With `hash`
 * the item's pcm becomes known when all frames went by once. */
ST_MUST_USE st_status st_tap_new(st_source **out, st_source *inner,
                                 st_item *item, bool reader, bool hash,
                                 st_err *err);

/* -- made.c: what comes out */
extern const st_out_ops st_made_ops; /* host: st_step */
st_made *st_made_find(st_step *step, int output, int index);
/* Container and depth of an output: as the stage says (`by_stage`, or NULL),
 * as its table says, as the target says, by the file's ending, else WAV. */
ST_MUST_USE st_status st_made_resolve(const st_step *step, int output,
                                      int index, const char *by_stage,
                                      st_write_format *container, st_bits *bits,
                                      st_err *err);
/* ST_EXISTS when `file` is one of the plan's inputs. */
ST_MUST_USE st_status st_made_not_input(const st_plan *plan, const char *file,
                                        st_err *err);
/* Is everything that is asked for possible? Before any work. */
ST_MUST_USE st_status st_made_check(st_run *run, st_err *err);
/* Put all outputs of good steps in their places. */
ST_MUST_USE st_status st_made_commit(st_run *run, st_err *err);
void st_made_deinit(st_made *made); /* unlinks what is staged */

/* -- staged.c: names of files that must go when the process is stopped */
ST_MUST_USE st_status st_staged_name(char **out, const char *target,
                                     st_err *err);
void st_staged_drop(char *staged); /* unlink, forget, free */
/* Rename to `target`; the name is freed and forgotten when it went well. */
ST_MUST_USE st_status st_staged_keep(char *staged, const char *target,
                                     st_err *err);

/* A folder that goes when the process is stopped, if nothing is in it: as a
 * name above, ended by st_folder_drop (which removes it, if it is empty). *out
 * is NULL when the folder was there before. */
ST_MUST_USE st_status st_folder_make(char **out, const char *path, st_err *err);
void st_folder_drop(char *folder);

/* -- left.c: what earlier runs left in folders of many files */
/* Remove files of an earlier run that this one did not write, and note the
 * names of those it wrote; each removal is told in the step's notes. Never
 * fails the run. */
void st_left_clear(st_run *run);

/* -- result.c */
json_t *st_run_result(const st_run *run, st_status status, double seconds);

#endif
