#include "mix/stage_mix.h"

#include "audio/channels.h"
#include "audio/resample.h"

/* A reference at the session's rate, one or two channels. */
static st_status open_reference(const st_mix_job *job, int i, st_source **out,
                                st_err *err) {
    st_source *source = NULL, *outer = NULL;
    st_status status = st_in_open(job->in, "reference", i, &source, err);
    if (status != ST_OK)
        return status;
    if (source->format.channels > 2) {
        status = st_channels_source_new(&outer, source, 2, err);
        if (status != ST_OK)
            goto fail;
        source = outer;
    }
    status = st_resample_source_new(out, source, job->session.rate_hz,
                                    ST_RESAMPLE_HIGH, err);
    if (status == ST_OK)
        return ST_OK;
fail:
    st_source_free(source);
    return status;
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

static st_status unmix(st_mix_job *job, int i, st_err *err) {
    st_source *stems[ST_MIX_STEMS] = {NULL}, *mix = NULL;
    st_status status = open_reference(job, i, &mix, err);
    for (int s = 0; status == ST_OK && s < job->heard.count; s++)
        status = st_mix_open_stem(job, s, &stems[s], err);
    if (status == ST_OK)
        status =
            st_unmix_faders(stems, job->heard.count, mix, &job->unmixed, err);
    for (int s = 0; s < ST_MIX_STEMS; s++)
        st_source_free(stems[s]);
    st_source_free(mix);
    if (status == ST_OK && job->unmixed.same_song) {
        job->wishes.mix = &job->unmixed;
        st_ctx_note(job->ctx,
                    "%s is a mix of these stems (they explain %.0f %% of it): "
                    "its faders and places are followed.",
                    st_in_label(job->in, "reference", i),
                    100 * job->unmixed.share);
    }
    return status;
}

st_status st_mix_references(st_mix_job *job, st_err *err) {
    int count = st_in_count(job->in, "reference");
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < count; i++) {
        (void)st_mix_tick(job, "references", 1.0);
        status = measure(job, i, err);
        if (status == ST_OK && job->wishes.mix == NULL)
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
