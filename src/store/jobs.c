#include "store/jobs_row.h"

#include "core/alloc.h"
#include "core/clock.h"

#include <string.h>

static const char *const state_names[ST_JOB_STATE_COUNT] = {
    "queued",    "leased", "running",   "cancelling",
    "succeeded", "failed", "cancelled", "dead"};

static const st_job_policy usual_policy = {
    .attempts_max = 3, .backoff_us = 2000000, .backoff_max_us = 600000000};

const char *st_job_state_name(st_job_state state) {
    return (unsigned)state < ST_JOB_STATE_COUNT ? state_names[state]
                                                : "unknown";
}

bool st_job_state_find(const char *name, st_job_state *out) {
    for (int i = 0; i < ST_JOB_STATE_COUNT; i++)
        if (name != NULL && strcmp(name, state_names[i]) == 0) {
            *out = (st_job_state)i;
            return true;
        }
    return false;
}

bool st_job_state_ended(st_job_state state) {
    return state >= ST_JOB_SUCCEEDED && state < ST_JOB_STATE_COUNT;
}

static int64_t system_clock(void *ctx) {
    (void)ctx;
    return st_clock_utc_us();
}

static bool sound_options(const st_jobs_options *o) {
    bool ok = o->lease_us >= 0 && o->ageing_us >= 0 &&
              o->announce_again_us >= 0 && o->running_max >= 0 &&
              o->policy_count >= 0;
    for (int i = 0; ok && i < o->policy_count; i++)
        ok = o->policies[i].attempts_max >= 1 &&
             o->policies[i].attempts_max <= 100 &&
             o->policies[i].backoff_us >= 0 &&
             o->policies[i].backoff_max_us >= o->policies[i].backoff_us;
    return ok;
}

static void fill_options(st_jobs_options *o) {
    o->now_us = o->now_us == NULL ? system_clock : o->now_us;
    o->lease_us = o->lease_us == 0 ? 30000000 : o->lease_us;
    o->ageing_us = o->ageing_us == 0 ? 300000000 : o->ageing_us;
    if (o->announce_again_us == 0)
        o->announce_again_us = 60000000;
    o->running_max = o->running_max == 0 ? 5 : o->running_max;
}

st_status st_jobs_new(st_jobs **out, st_db *db, const st_jobs_options *options,
                      st_err *err) {
    const st_jobs_options none = {0};
    options = options == NULL ? &none : options;
    if (!sound_options(options))
        return st_err_set(err, ST_BAD_ARG,
                          "Jobs take times of 0 us or more, 1 to 100 attempts "
                          "and a longest pause not below the first one.");
    st_jobs *jobs = st_calloc(1, sizeof *jobs);
    if (jobs == NULL || st_uuids_init(&jobs->uuids) != ST_OK) {
        st_free(jobs);
        return st_err_set(err, ST_NO_MEM, "No memory is left.");
    }
    jobs->db = db;
    jobs->options = *options;
    fill_options(&jobs->options);
    *out = jobs;
    return ST_OK;
}

void st_jobs_free(st_jobs *jobs) {
    if (jobs == NULL)
        return;
    st_uuids_deinit(&jobs->uuids);
    st_free(jobs);
}

int64_t st_jobs_now(const st_jobs *jobs) {
    return jobs->options.now_us(jobs->options.clock_ctx);
}

const st_job_policy *st_jobs_policy(const st_jobs *jobs, const char *kind) {
    const st_job_policy *found = &usual_policy;
    for (int i = 0; i < jobs->options.policy_count; i++) {
        const st_job_policy *at = &jobs->options.policies[i];
        if (at->kind != NULL && strcmp(at->kind, kind) == 0)
            return at;
        if (at->kind == NULL)
            found = at;
    }
    return found;
}

/* The spread is a hash of id and attempt: jobs that failed together do not
 * come back together. */
int64_t st_jobs_backoff_us(const st_job_policy *policy, const char *id,
                           int attempt) {
    int64_t pause = policy->backoff_us;
    for (int i = 1; i < attempt && pause < policy->backoff_max_us; i++)
        pause *= 2;
    if (pause > policy->backoff_max_us)
        pause = policy->backoff_max_us;
    uint64_t hash = UINT64_C(14695981039346656037) + (uint64_t)attempt;
    for (; *id != '\0'; id++)
        hash = (hash ^ (unsigned char)*id) * UINT64_C(1099511628211);
    return pause - (int64_t)((hash >> 11) % (uint64_t)(pause / 2 + 1));
}
