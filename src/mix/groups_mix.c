#include "mix/group.h"
#include "mix/stage_mix.h"

#include "core/alloc.h"
#include "mix/balance_net.h"

#include <string.h>

/* More stems than strips: as the recipe says, then, with --group, as they are
 * heard one by one. */

/* The network learned from music without voices: where one sings, roles tell
 * more. */
static bool sings(const st_mix_job *job) {
    for (int i = 0; i < job->session.count; i++) {
        const st_session_file *f = &job->session.file[i];
        const st_role_info *role = st_role_get(f->role);
        if (!f->left_out && !job->files[i].facts.silent && role != NULL &&
            role->bus == ST_BUS_VOCAL)
            return true;
    }
    return false;
}

/* Each file by itself, and what a network makes of their balance. */
static st_status hear_files(st_mix_job *job, const st_hear_means *means,
                            st_err *err) {
    const size_t room = ST_SESSION_FILES + ST_MIX_STEMS;
    job->files = st_calloc(room, sizeof *job->files);
    if (job->files == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    st_status status = st_hear_files(job->files, &job->session, means, err);
    if (status != ST_OK || strcmp(st_ctx_engine(job->ctx), "learned") != 0 ||
        job->wishes.respect_user_gains)
        return status;
    if (sings(job)) {
        st_ctx_note(job->ctx, "A voice sings: faders by the rules alone, the "
                              "network has learned from none.");
        return ST_OK;
    }
    job->wishes.balance_db = job->balance_db;
    return st_balance_net(&job->session, job->files, job->balance_db, err);
}

static st_status count_stems(const st_mix_job *job, st_err *err) {
    int count = st_group_stems(&job->session);
    if (count <= ST_MIX_STEMS)
        return ST_OK;
    return st_err_set(err, ST_LIMIT,
                      "%d stems are more than the %d strips of the desk: add "
                      "--group to add stems of one role up, or mix fewer.",
                      count, (int)ST_MIX_STEMS);
}

static void say(st_mix_job *job) {
    for (int i = 0; i < job->session.count; i++) {
        const st_session_file *f = &job->session.file[i];
        if (f->group > 0)
            st_ctx_note(job->ctx, "%s: %d files added up.", f->name,
                        job->session.group[f->group - 1].count);
    }
}

st_status st_mix_groups(st_mix_job *job, const st_hear_means *means,
                        st_err *err) {
    st_session *s = &job->session;
    st_status status = st_group_parse(s, json_object_get(job->given, "groups"),
                                      &job->recipe, job->wishes.taste, err);
    if (status == ST_OK && !job->complete)
        status = hear_files(job, means, err);
    if (status == ST_OK && !job->complete && st_ctx_bool(job->ctx, "group") &&
        st_group_stems(s) > ST_MIX_STEMS)
        status = st_group_make(s, job->files, job->wishes.taste,
                               job->wishes.respect_user_gains,
                               job->wishes.balance_db, err);
    if (status == ST_OK && job->wishes.balance_db != NULL)
        st_group_balance(s, job->balance_db);
    if (status == ST_OK)
        status = count_stems(job, err);
    if (status == ST_OK)
        say(job);
    return status;
}
