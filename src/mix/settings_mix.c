#include "mix/stage_mix.h"

#include "mix/match_recipe.h"
#include "mix/recipe_json.h"
#include "mix/recipe_parts.h"

#include <string.h>

enum { SAID_MOST = 10 };

typedef struct {
    const st_mix_job *job;
    int count;
} misspelt;

static void warn_field(void *ctx, const char *path, const char *near) {
    misspelt *m = ctx;
    if (++m->count > SAID_MOST)
        return;
    if (near != NULL)
        st_ctx_warn(m->job->ctx, "recipe_unknown",
                    "The recipe's %s is not known and does nothing. Did you "
                    "mean %s?",
                    path, near);
    else
        st_ctx_warn(m->job->ctx, "recipe_unknown",
                    "The recipe's %s is not known and does nothing (a name of "
                    "your own begins with \"x-\").",
                    path);
}

static void warn_fields(st_mix_job *job) {
    misspelt m = {job, 0};
    st_mix_recipe_unknown(job->given, warn_field, &m);
    if (m.count > SAID_MOST)
        st_ctx_warn(job->ctx, "recipe_unknown",
                    "%d more fields of the recipe are not known.",
                    m.count - SAID_MOST);
}

static st_status load_recipe(st_mix_job *job, st_err *err) {
    st_mix_recipe_init(&job->recipe);
    if (st_in_count(job->in, "recipe") == 0)
        return ST_OK;
    st_status status = st_in_json(job->in, "recipe", 0, &job->given, err);
    if (status == ST_OK)
        status =
            st_mix_recipe_parse(&job->recipe, &job->complete, job->given, err);
    if (status == ST_OK)
        warn_fields(job);
    return status;
}

/* Does the given recipe leave nothing of the master to decide? */
static st_status is_master_whole(const st_mix_job *job, bool *whole,
                                 st_err *err) {
    const json_t *document = json_object_get(job->given, "master");
    st_recipe *master = NULL;
    *whole = st_ctx_bool(job->ctx, "premaster_only");
    if (*whole || !json_is_object(document))
        return ST_OK;
    st_status status = st_recipe_parse(&master, document, err);
    if (status != ST_OK)
        return status;
    *whole = true;
    for (int i = 0; i < ST_SET_COUNT; i++)
        *whole &= master->given[i];
    st_recipe_free(master);
    return ST_OK;
}

static void warn_flag(st_mix_job *job, const char *flag) {
    st_ctx_warn(job->ctx, "flag_unused",
                "The recipe is complete, so %s changes nothing: take "
                "\"complete\" out of it, and the moves to be decided anew.",
                flag);
}

/* Flags that only lead decisions, where none is left. */
static st_status warn_flags(st_mix_job *job, bool *whole, st_err *err) {
    *whole = false;
    if (!job->complete)
        return ST_OK;
    st_status status = is_master_whole(job, whole, err);
    if (status != ST_OK)
        return status;
    if (st_ctx_bool(job->ctx, "respect_user_gains"))
        warn_flag(job, "--respect-user-gains");
    if (*whole && st_ctx_bool(job->ctx, "bypass_parallel_comp"))
        warn_flag(job, "--bypass-parallel-comp");
    return ST_OK;
}

/* The taste and the master's preset share a name. A preset that decides
 * nothing names nothing. */
static void load_preset(st_mix_job *job, bool whole) {
    const st_preset *preset = st_preset_default();
    const st_preset *named = st_preset_find(job->recipe.preset);
    const st_preset *asked = NULL;
    if (st_ctx_has(job->ctx, "preset"))
        asked = st_preset_at(st_ctx_choice(job->ctx, "preset"));
    if (named != NULL)
        preset = named;
    if (asked != NULL && whole && asked != named)
        warn_flag(job, "--preset");
    else if (asked != NULL)
        preset = asked;
    job->preset = *preset;
    if (!job->complete || job->recipe.preset[0] == '\0')
        memcpy(job->recipe.preset, preset->name, sizeof job->recipe.preset);
    job->wishes.taste = st_taste_find(preset->name);
    job->options.preset = &job->preset;
}

st_status st_mix_settings(st_mix_job *job, st_err *err) {
    st_status status = load_recipe(job, err);
    if (status != ST_OK)
        return status;
    bool whole;
    status = warn_flags(job, &whole, err);
    if (status != ST_OK)
        return status;
    load_preset(job, whole);
    job->wishes.respect_user_gains =
        st_ctx_bool(job->ctx, "respect_user_gains");
    job->options.unbounded = st_ctx_bool(job->ctx, "unbounded");
    job->options.bypass_parallel =
        st_ctx_bool(job->ctx, "bypass_parallel_comp");
    job->options.bits_out = 24;
    job->options.repeatable = true;
    return ST_OK;
}

/* A role in the recipe is what the stem was mixed as. */
static void warn_roles(st_mix_job *job) {
    for (int i = 0; i < job->recipe.stems; i++) {
        const st_session_file *f = &job->session.file[job->heard.file[i]];
        st_role role = job->recipe.stem[i].role;
        if (f->said == ST_SAID_USER && f->role != role)
            st_ctx_warn(job->ctx, "flag_unused",
                        "%s is %s in the recipe, which --roles does not "
                        "change: edit its \"role\" there.",
                        f->label, st_role_get(role)->title);
    }
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
    if (status == ST_OK) {
        st_mix_warn_unused(job, known, count);
        warn_roles(job);
    }
    return status;
}
