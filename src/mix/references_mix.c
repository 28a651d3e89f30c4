#include "mix/stage_mix.h"

#include "audio/channels.h"
#include "core/alloc.h"
#include "mix/unmix_faders.h"

/* A reference at the session's rate, one or two channels. */
static st_status open_reference(const st_mix_job *job, int i, st_source **out,
                                st_err *err) {
    st_source *source = NULL;
    st_status status = st_in_open(job->in, "reference", i, &source, err);
    return status == ST_OK
               ? st_fitted_source_new(out, source, 2, job->session.rate_hz, err)
               : status;
}

static st_status measure(st_mix_job *job, int i, st_err *err) {
    st_source *source = NULL;
    st_measure *m =
        &job->track.in; /* room for one; the master fills it later */
    st_status status = open_reference(job, i, &source, err);
    if (status == ST_OK)
        status = st_measure_source(source, st_ctx_pool(job->ctx), m, err);
    st_source_free(source);
    if (status == ST_OK &&
        !st_reference_add(&job->reference, m,
                          st_in_weight(job->in, "reference", i)))
        st_ctx_warn(job->ctx, "reference_unused",
                    "The reference %s is silent, too short or weighs nothing: "
                    "it was left out.",
                    st_in_label(job->in, "reference", i));
    return status;
}

/* All files that are left, not yet grouped. */
static int list_files(const st_mix_job *job, int *file) {
    int count = 0;
    for (int i = 0; i < job->session.count && count < ST_UNMIX_MOST; i++)
        if (!job->session.file[i].left_out && job->session.file[i].group == 0)
            file[count++] = i;
    return count;
}

static void follow(st_mix_job *job, const st_unmixed *u, const int *file,
                   int count, const char *label) {
    for (int k = 0; k < count; k++) {
        st_session_file *f = &job->session.file[file[k]];
        f->in_mix = u->heard[k];
        f->mix_db = u->gain_db[k];
        f->mix_pan = u->pan[k];
    }
    job->wishes.same_song = true;
    st_ctx_note(
        job->ctx,
        "%s is a mix of these stems (they explain %.0f %% of it%s): its "
        "faders and places are followed.",
        label, 100 * u->share,
        u->upside_down ? "; it is upside down, which moves no fader" : "");
}

static st_status unmix(st_mix_job *job, int i, st_err *err) {
    st_source *stems[ST_UNMIX_MOST] = {NULL}, *mix = NULL;
    int file[ST_UNMIX_MOST], count = list_files(job, file);
    st_unmixed *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    st_status status = open_reference(job, i, &mix, err);
    for (int s = 0; status == ST_OK && s < count; s++)
        status = st_session_source(&job->session, file[s], &stems[s], err);
    if (status == ST_OK)
        status = st_unmix_faders(stems, count, mix, u, err);
    for (int s = 0; s < count; s++)
        st_source_free(stems[s]);
    st_source_free(mix);
    if (status == ST_OK && u->same_song)
        follow(job, u, file, count, st_in_label(job->in, "reference", i));
    st_free(u);
    return status;
}

st_status st_mix_references(st_mix_job *job, st_err *err) {
    int count = st_in_count(job->in, "reference");
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < count; i++) {
        (void)st_mix_tick(job, "references", 1.0);
        status = measure(job, i, err);
        if (status == ST_OK && !job->wishes.same_song)
            status = unmix(job, i, err);
        if (status != ST_OK)
            st_err_prefix(err, "%s", st_in_label(job->in, "reference", i));
    }
    st_reference_done(&job->reference);
    if (job->reference.count > 0)
        job->options.reference = job->wishes.reference = &job->reference;
    job->options.amounts = (st_match_amounts){1, 0, 1, 0};
    return status;
}
