#include "mix/stage_mix.h"

#include "mix/match_recipe.h"
#include "mix/recipe_json.h"

#include <string.h>

static st_status load_recipe(st_mix_job *job, st_err *err) {
    st_mix_recipe_init(&job->recipe);
    if (st_in_count(job->in, "recipe") == 0)
        return ST_OK;
    st_status status = st_in_json(job->in, "recipe", 0, &job->given, err);
    if (status == ST_OK)
        status =
            st_mix_recipe_parse(&job->recipe, &job->complete, job->given, err);
    return status;
}

/* The taste and the master's preset share a name. */
static void load_preset(st_mix_job *job) {
    const st_preset *preset = st_preset_default();
    const st_preset *named = st_preset_find(job->recipe.preset);
    if (st_ctx_has(job->ctx, "preset"))
        preset = st_preset_at(st_ctx_choice(job->ctx, "preset"));
    else if (named != NULL)
        preset = named;
    job->preset = *preset;
    memcpy(job->recipe.preset, preset->name, sizeof job->recipe.preset);
    job->wishes.taste = st_taste_find(preset->name);
    job->options.preset = &job->preset;
}

st_status st_mix_settings(st_mix_job *job, st_err *err) {
    st_status status = load_recipe(job, err);
    if (status != ST_OK)
        return status;
    load_preset(job);
    job->wishes.respect_user_gains =
        st_ctx_bool(job->ctx, "respect_user_gains");
    job->options.unbounded = st_ctx_bool(job->ctx, "unbounded");
    job->options.bypass_parallel =
        st_ctx_bool(job->ctx, "bypass_parallel_comp");
    job->options.bits_out = 24;
    return ST_OK;
}

st_status st_mix_take_stems(st_mix_job *job, st_err *err) {
    const char *names[ST_MIX_STEMS];
    st_role roles[ST_MIX_STEMS];
    int channels[ST_MIX_STEMS];
    for (int i = 0; i < job->heard.count; i++) {
        const st_session_file *f = &job->session.file[job->heard.file[i]];
        names[i] = f->name;
        roles[i] = f->role;
        channels[i] = f->channels;
    }
    char own[ST_MIX_STEMS][ST_MIX_NAME];
    const char *known[ST_MIX_STEMS];
    int count = job->recipe.stems;
    for (int i = 0; i < count; i++) {
        memcpy(own[i], job->recipe.stem[i].name, ST_MIX_NAME);
        known[i] = own[i];
    }
    job->recipe.rate_hz = job->session.rate_hz;
    st_status status = st_mix_recipe_match(&job->recipe, names, roles, channels,
                                           job->heard.count, err);
    if (status == ST_OK)
        st_mix_warn_unused(job, known, count);
    return status;
}
