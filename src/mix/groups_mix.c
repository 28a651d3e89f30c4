#include "mix/group.h"
#include "mix/stage_mix.h"

#include "core/alloc.h"

/* More stems than strips: as the recipe says, then, with --group, as they are
 * heard one by one. */

static st_status make(st_mix_job *job, const st_hear_means *means,
                      st_err *err) {
    const size_t room = ST_SESSION_FILES + ST_MIX_STEMS;
    job->files = st_calloc(room, sizeof *job->files);
    if (job->files == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    st_status status = st_hear_files(job->files, &job->session, means, err);
    if (status == ST_OK)
        status = st_group_make(&job->session, job->files, job->wishes.taste,
                               job->wishes.respect_user_gains, err);
    return status;
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
    if (status == ST_OK && st_ctx_bool(job->ctx, "group") &&
        st_group_stems(s) > ST_MIX_STEMS)
        status = make(job, means, err);
    if (status == ST_OK)
        status = count_stems(job, err);
    if (status == ST_OK)
        say(job);
    return status;
}
