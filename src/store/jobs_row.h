/* jobs_row: what the files of the job table share.
 * Source: jobs.h; used by jobs*.c alone. */
#ifndef ST_STORE_JOBS_ROW_H
#define ST_STORE_JOBS_ROW_H

#include "store/jobs.h"

struct st_jobs {
    st_db *db;
    st_jobs_options options; /* each set */
    st_uuids uuids;
};

/* The columns of a st_job, in the order st_job_list_make reads; body apart. */
#define ST_JOB_COLUMNS                                                         \
    "j.id, j.owner, j.kind, j.state, j.class, j.gpu_mb, j.created_us, "        \
    "j.updated_us, j.ready_us, j.started_us, j.ended_us, j.attempt, "          \
    "j.attempts_max, j.fence, j.lease_until_us, j.worker, j.device, "          \
    "j.phase, j.fraction, j.segment, j.segment_count, j.eta_us, j.preview, "   \
    "j.result, j.warnings, j.error_code, j.error"

/* States in which somebody works on a job. */
#define ST_JOB_ACTIVE "('leased', 'running', 'cancelling')"
/* States in which its worker may go on. */
#define ST_JOB_OWNED "('leased', 'running')"
#define ST_JOB_ENDED "('succeeded', 'failed', 'cancelled', 'dead')"

int64_t st_jobs_now(const st_jobs *jobs);
/* Never NULL. */
const st_job_policy *st_jobs_policy(const st_jobs *jobs, const char *kind);
/* The pause after the attempt-th failure (from 1) of the job `id`. */
int64_t st_jobs_backoff_us(const st_job_policy *policy, const char *id,
                           int attempt);

/* Takes rows of ST_JOB_COLUMNS (and the body where `body`), also on error. */
ST_MUST_USE st_status st_job_list_make(st_db_rows *rows, bool body,
                                       st_job_list *out, st_err *err);
/* State of the job; ST_NOT_FOUND. owner "" is anybody. */
ST_MUST_USE st_status st_job_find_state(st_db_tx *tx, const char *id,
                                        const char *owner, st_job_state *out,
                                        st_err *err);
/* Is the lease good? */
ST_MUST_USE st_status st_job_find_hold(st_db_tx *tx, const st_job_lease *lease,
                                       st_job_hold *out, st_err *err);
/* End it now: state and error of a job that has no lease any more. */
ST_MUST_USE st_status st_job_end(st_db_tx *tx, const char *id,
                                 st_job_state state, const char *code,
                                 const char *sentence, int64_t now_us,
                                 st_err *err);
/* Back to the queue for another attempt at ready_us, with the reason. */
ST_MUST_USE st_status st_job_again(st_db_tx *tx, const char *id,
                                   int64_t ready_us, const char *code,
                                   const char *sentence, int64_t now_us,
                                   st_err *err);
/* Back to the queue as if new; its failed segments wait again. */
ST_MUST_USE st_status st_job_anew(st_db_tx *tx, const char *id, int64_t now_us,
                                  st_err *err);

#endif
