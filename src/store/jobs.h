/* jobs: the table of jobs; who may run one, and what became of it.
 * Source: design.md section 3; research on Celery, BullMQ and SKIP LOCKED
 * queues (leases with heartbeat and fencing instead of a fixed time-out).
 *
 *     queued -> leased -> running -> succeeded | failed | dead
 *       |          |         |
 *       v          +----+----+
 *     cancelled <- cancelling
 *
 * A job is run at least once: whoever reserves it holds it for lease_us and
 * says so again (beat) before that. One that falls silent loses the job to
 * the sweeper; its fence, a number that rises with each reservation, is then
 * old, and whatever it still says is answered ST_JOB_LOST and not written. So
 * a job is committed once. failed: the job itself is at fault, trying again
 * is of no use. dead: tried attempts_max times; a person may requeue it.
 *
 * The queue (queue/queue.h) merely says "look at this id" and may lose or
 * repeat itself: after st_jobs_submit put the id where *ready is set; every
 * second or so one process calls st_jobs_sweep and puts the ids it names; a
 * worker that is told any id calls st_jobs_reserve, which picks the job whose
 * turn it is (mostly another one: the id only says that there is work), and
 * then ticks the message off. Without a queue, workers just call reserve.
 *
 * Time comes from the clock in the options. Machines that share a database
 * should agree to a second; where they do not, leases end early or late, but
 * fences hold. Everything is [any], from any process; each call is one
 * transaction and fails as st_db_atomic does, besides what it says. A call
 * that failed with ST_IO may be made again: all are safe to repeat. */
#ifndef ST_STORE_JOBS_H
#define ST_STORE_JOBS_H

#include "core/uuid.h"
#include "store/db.h"

typedef struct st_jobs st_jobs;

typedef enum {
    ST_JOB_QUEUED = 0,
    ST_JOB_LEASED,
    ST_JOB_RUNNING,
    ST_JOB_CANCELLING,
    ST_JOB_SUCCEEDED,
    ST_JOB_FAILED,
    ST_JOB_CANCELLED,
    ST_JOB_DEAD,
    ST_JOB_STATE_COUNT
} st_job_state;

/* "queued", ...; "unknown" outside. */
const char *st_job_state_name(st_job_state state);
/* false where no state has that name. */
bool st_job_state_find(const char *name, st_job_state *out);
/* succeeded, failed, cancelled, dead. */
bool st_job_state_ended(st_job_state state);

/* Somebody waits; the usual; whenever there is room. */
typedef enum {
    ST_JOB_INTERACTIVE = 0,
    ST_JOB_NORMAL,
    ST_JOB_BATCH,
    ST_JOB_CLASS_COUNT
} st_job_class;

/* What a kind of job may do; the kind NULL is for all not listed. */
typedef struct {
    const char *kind;
    int attempts_max;   /* 1..100 */
    int64_t backoff_us; /* before the second attempt; then doubled */
    int64_t backoff_max_us;
} st_job_policy;

/* 0 and NULL mean the value in brackets. */
typedef struct {
    int64_t (*now_us)(void *ctx); /* [st_clock_utc_us] */
    void *clock_ctx;
    int64_t lease_us;          /* [30 s] */
    int64_t ageing_us;         /* waiting that lifts a job by a class [5 min] */
    int64_t announce_again_us; /* [60 s] */
    int running_max;           /* jobs of one owner at a time [5] */
    const st_job_policy *policies; /* borrowed [3 attempts, 2 s to 10 min] */
    int policy_count;
} st_jobs_options;

/* The database must be migrated (store/schema.h) and outlive this. options
 * may be NULL. ST_BAD_ARG, ST_NO_MEM. */
ST_MUST_USE st_status st_jobs_new(st_jobs **out, st_db *db,
                                  const st_jobs_options *options, st_err *err);
void st_jobs_free(st_jobs *jobs);

/* -- what is known of a job -------------------------------------------------
 */

/* Texts are borrowed from the list and NULL where there is none; times are
 * microseconds since 1970, 0 where it has not happened. */
typedef struct {
    const char *id, *owner, *kind;
    const char *body; /* JSON; NULL in lists, see st_jobs_get */
    st_job_state state;
    st_job_class class;
    int64_t gpu_mb;
    int64_t created_us, updated_us, ready_us, started_us, ended_us;
    int attempt, attempts_max;
    int64_t fence, lease_until_us;
    const char *worker, *device;
    const char *phase;              /* "decoding", ... */
    double fraction;                /* of the whole, 0..1 */
    int64_t segment, segment_count; /* k of n; 0 of 0 without segments */
    int64_t eta_us;                 /* still to go; -1: not known */
    const char *preview;            /* id of an asset */
    const char *result;             /* JSON */
    const char *warnings;           /* JSON array; NULL: none */
    const char *error_code; /* "decode", "lease_lapsed", "dependency", ... */
    const char *error;      /* one sentence */
} st_job;

typedef struct {
    st_job *jobs;
    size_t count;
    bool more;        /* there is another page after the last of these */
    st_db_rows *rows; /* private */
} st_job_list;

/* Of a list filled in here; also of a zeroed one. */
void st_job_list_free(st_job_list *list);

/* One job with its body, as a list of one. owner: NULL, or who must own it.
 * ST_NOT_FOUND. */
ST_MUST_USE st_status st_jobs_get(st_jobs *jobs, const char *id,
                                  const char *owner, st_job_list *out,
                                  st_err *err);

/* 0 and NULL: no filter. */
typedef struct {
    const char *owner;
    const char *kind;
    unsigned states;   /* bits: 1u << ST_JOB_DEAD | ... */
    const char *after; /* id of the last one of the page before */
    int limit;         /* 1..500 [50] */
} st_job_filter;

/* Newest first. ST_BAD_ARG. */
ST_MUST_USE st_status st_jobs_list(st_jobs *jobs, const st_job_filter *filter,
                                   st_job_list *out, st_err *err);
/* How many there are in each state; owner NULL: of everybody. */
ST_MUST_USE st_status st_jobs_count(st_jobs *jobs, const char *owner,
                                    int64_t counts[ST_JOB_STATE_COUNT],
                                    st_err *err);

/* -- for whoever wants work done --------------------------------------------
 */

enum { ST_JOB_NEEDS_MAX = 64, ST_JOB_KEY_MAX_BYTES = 255 };

typedef struct {
    const char *owner;
    const char *kind; /* a stage, or "plan" */
    const char *body; /* JSON, canonical where keys are used */
    st_job_class class;
    int64_t gpu_mb;        /* video memory it needs; 0: none, runs anywhere */
    int64_t not_before_us; /* 0: now */
    const char *const *needs; /* ids of the owner's jobs that must succeed */
    int need_count;           /* 0..ST_JOB_NEEDS_MAX */
    const char *key; /* Idempotency-Key: NULL, or 1..255 bytes; kept as long
                        as the job */
} st_job_order;

typedef struct {
    char id[ST_UUID_TEXT_BYTES];
    bool again; /* the key was known: an earlier job of equal content */
    bool ready; /* may start now: tell the queue */
} st_job_ticket;

/* ST_BAD_ARG (order out of range), ST_NOT_FOUND (a job that it needs),
 * ST_EXISTS (the key was used for another order). A job whose needs cannot
 * be met any more is ended by the sweeper: cancelled after a cancelled one,
 * else failed, with error_code "dependency". */
ST_MUST_USE st_status st_jobs_submit(st_jobs *jobs, const st_job_order *order,
                                     st_job_ticket *out, st_err *err);
/* A queued job is cancelled, one in work becomes cancelling and its worker
 * is told at its next beat or look; one that has ended stays what it is.
 * *state gets what it is now. ST_NOT_FOUND. */
ST_MUST_USE st_status st_jobs_cancel(st_jobs *jobs, const char *id,
                                     const char *owner, st_job_state *state,
                                     st_err *err);
/* A dead, failed or cancelled one is queued again with all its attempts; the
 * segments that are done stay done. ST_NOT_FOUND, ST_BAD_ARG (another
 * state). */
ST_MUST_USE st_status st_jobs_requeue(st_jobs *jobs, const char *id,
                                      const char *owner, st_err *err);

/* -- for workers ------------------------------------------------------------
 */

typedef struct {
    const char *name;   /* of the worker: "host/pid/thread" */
    bool cpu;           /* takes jobs without gpu_mb */
    int64_t gpu_mb;     /* takes jobs that need up to this; 0: none */
    const char *device; /* "host/gpu0": of its jobs one runs at a time; must be
                           given with gpu_mb */
} st_job_worker;

/* What a worker shows to be believed. Plain value. */
typedef struct {
    char id[ST_UUID_TEXT_BYTES];
    int64_t fence;
} st_job_lease;

typedef enum {
    ST_JOB_HELD = 0, /* yours: go on */
    ST_JOB_STOP,     /* yours, but it is to be cancelled: stop, then say
                        st_jobs_stopped */
    ST_JOB_LOST      /* not yours any more: nothing was written; stop */
} st_job_hold;

/* The job whose turn it is, as a list of one with its body; ST_NOT_FOUND when
 * there is none. In order: the class, lifted by one for each ageing_us of
 * waiting; the owner with the fewest jobs in work; the owner who was served
 * longest ago; the older job. Never one before its time, before the jobs it
 * needs, over running_max of its owner, or on a device in use. */
ST_MUST_USE st_status st_jobs_reserve(st_jobs *jobs,
                                      const st_job_worker *worker,
                                      st_job_lease *lease, st_job_list *out,
                                      st_err *err);
/* The child process runs: leased -> running. */
ST_MUST_USE st_status st_jobs_start(st_jobs *jobs, const st_job_lease *lease,
                                    st_job_hold *hold, st_err *err);

typedef struct {
    const char *phase; /* may be NULL */
    double fraction;   /* 0..1 */
    int64_t segment, segment_count;
    int64_t eta_us;      /* -1: not known */
    const char *preview; /* may be NULL: leaves the last one */
} st_job_progress;

/* Every 10 s of a 30 s lease at the latest: holds it for lease_us from now,
 * also after it has lapsed if nobody took it. progress may be NULL. */
ST_MUST_USE st_status st_jobs_beat(st_jobs *jobs, const st_job_lease *lease,
                                   const st_job_progress *progress,
                                   st_job_hold *hold, st_err *err);
/* Only asks, for every second: a cancel must arrive within 2 s. */
ST_MUST_USE st_status st_jobs_look(st_jobs *jobs, const st_job_lease *lease,
                                   st_job_hold *hold, st_err *err);
/* Done: result is JSON, warnings a JSON array or NULL. *hold ST_JOB_HELD: it
 * is committed, by this call or the same one before; ST_JOB_STOP: a cancel
 * came first, it is cancelled and the result dropped. */
ST_MUST_USE st_status st_jobs_finish(st_jobs *jobs, const st_job_lease *lease,
                                     const char *result, const char *warnings,
                                     st_job_hold *hold, st_err *err);
/* It went wrong. again: another attempt may help (a crash, a full disk), so
 * it is queued after the pause of its kind (backoff_us, doubled each time,
 * between half and the whole of it), or dead after the last one; else it is
 * failed. A job to be cancelled is cancelled. */
ST_MUST_USE st_status st_jobs_fail(st_jobs *jobs, const st_job_lease *lease,
                                   bool again, const char *code,
                                   const char *sentence, st_job_hold *hold,
                                   st_err *err);
/* The worker stopped as it was told to: cancelling -> cancelled. */
ST_MUST_USE st_status st_jobs_stopped(st_jobs *jobs, const st_job_lease *lease,
                                      st_job_hold *hold, st_err *err);
/* The worker itself must end: queued again at once, the attempt not counted.
 */
ST_MUST_USE st_status st_jobs_release(st_jobs *jobs, const st_job_lease *lease,
                                      st_job_hold *hold, st_err *err);

/* -- segments ---------------------------------------------------------------
 */

typedef enum {
    ST_SEGMENT_WAITING = 0,
    ST_SEGMENT_DONE,
    ST_SEGMENT_FAILED,
    ST_SEGMENT_STATE_COUNT
} st_segment_state;

typedef struct {
    int64_t from_frame, frames;
    st_segment_state state;
    int attempt;        /* failures and successes so far */
    const char *result; /* id of a blob; NULL until it is done */
    const char *error;
} st_segment;

typedef struct {
    st_segment *segments;
    size_t count;
    st_db_rows *rows; /* private */
} st_segment_list;

void st_segment_list_free(st_segment_list *list);
/* waiting, done, failed. */
const char *st_segment_state_name(st_segment_state state);

/* Say how the job is cut, before the first one: 1..10000 of them, in order.
 * When the same cut is there from an earlier attempt it stays, done ones
 * included, and only the others need work; another cut replaces it.
 * ST_BAD_ARG. Only from_frame and frames are read. */
ST_MUST_USE st_status st_jobs_cut(st_jobs *jobs, const st_job_lease *lease,
                                  const st_segment *segments, size_t count,
                                  st_job_hold *hold, st_err *err);
/* Segment `at` is done (result), or has failed (result NULL, error). Done
 * stays done. ST_NOT_FOUND (no such segment). */
ST_MUST_USE st_status st_jobs_segment(st_jobs *jobs, const st_job_lease *lease,
                                      int64_t at, const char *result,
                                      const char *error, st_job_hold *hold,
                                      st_err *err);
/* All segments of a job in order, none where it was not cut: partial results
 * while it runs and after it failed. */
ST_MUST_USE st_status st_jobs_segments(st_jobs *jobs, const char *id,
                                       st_segment_list *out, st_err *err);
/* An ended job with failed segments is queued again for these alone (a
 * succeeded one with warnings too); *count gets how many. ST_NOT_FOUND,
 * ST_BAD_ARG (it has not ended, or none has failed). */
ST_MUST_USE st_status st_jobs_retry_segments(st_jobs *jobs, const char *id,
                                             const char *owner, int64_t *count,
                                             st_err *err);

/* -- upkeep -----------------------------------------------------------------
 */

enum { ST_JOBS_SWEEP_MAX = 256 };

typedef struct {
    int64_t requeued;  /* lapsed leases, to be tried again */
    int64_t died;      /* lapsed for the last time */
    int64_t cancelled; /* lapsed while being cancelled */
    int64_t unmet;     /* ended because of a job they need */
    int announce_count;
    struct {
        char id[ST_UUID_TEXT_BYTES];
        st_job_class class;
    } announce[ST_JOBS_SWEEP_MAX]; /* ready: put these on the queue */
} st_jobs_swept;

/* Take back lapsed leases, end what cannot start any more, and name the jobs
 * that have become ready or were named announce_again_us ago and still wait.
 * At most ST_JOBS_SWEEP_MAX of each kind: call again while a list is full. */
ST_MUST_USE st_status st_jobs_sweep(st_jobs *jobs, st_jobs_swept *out,
                                    st_err *err);
/* Delete up to `limit` jobs that ended before `before_us` and that no waiting
 * or running one needs; *removed gets how many. Their results are assets of
 * their own and stay. */
ST_MUST_USE st_status st_jobs_expire(st_jobs *jobs, int64_t before_us,
                                     int limit, int64_t *removed, st_err *err);

#endif
