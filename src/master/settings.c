#include "core/alloc.h"
#include "master/stage_master.h"

static st_status load_preset(st_master_job *job, st_err *err) {
    job->preset = *st_preset_default();
    if (st_ctx_has(job->ctx, "preset"))
        job->preset = *st_preset_at(st_ctx_choice(job->ctx, "preset"));
    if (st_in_count(job->in, "preset_file") == 0)
        return ST_OK;
    json_t *document = NULL;
    st_status status = st_in_json(job->in, "preset_file", 0, &document, err);
    if (!status)
        status = st_preset_parse(&job->preset, document, err);
    char names[256];
    if (!status && st_preset_unknown(document, names, sizeof names))
        st_ctx_warn(job->ctx, "unknown_setting",
                    "The preset file names what no preset has (%s): not used.",
                    names);
    json_decref(document);
    return status;
}

static st_status load_recipe(st_master_job *job, st_err *err) {
    if (st_in_count(job->in, "recipe") == 0) {
        job->given = st_recipe_new();
        return job->given ? ST_OK
                          : st_err_set(err, ST_NO_MEM, "Out of memory.");
    }
    json_t *document = NULL;
    st_status status = st_in_json(job->in, "recipe", 0, &document, err);
    if (!status)
        status = st_recipe_parse(&job->given, document, err);
    char names[256];
    if (!status && st_recipe_unknown(document, names, sizeof names))
        st_ctx_warn(job->ctx, "unknown_setting",
                    "The recipe names what is not known here (%s): kept, but "
                    "not used.",
                    names);
    json_decref(document);
    if (status)
        return status;
    /* A recipe is a whole: its loudness was sought, so it is sought again. */
    st_recipe *r = job->given;
    if (r->value[ST_SET_SEEK] != 0)
        r->given[ST_SET_LIM_DRIVE] = false;
    const st_preset *p = st_preset_find(r->preset);
    if (p && !st_ctx_has(job->ctx, "preset") &&
        st_in_count(job->in, "preset_file") == 0)
        job->preset = *p;
    return ST_OK;
}

static void give(st_master_job *job, const char *name, st_setting id) {
    if (st_ctx_has(job->ctx, name))
        st_recipe_give(job->given, id, st_ctx_float(job->ctx, name),
                       "Asked for by the user.");
}

static void load_bits(st_master_job *job) {
    static const st_bits bits[] = {ST_BITS_16, ST_BITS_24, ST_BITS_F32};
    st_out_asked(job->out, "master", 0, &job->container, &job->bits);
    if (st_ctx_has(job->ctx, "bits"))
        job->bits = bits[st_ctx_choice(job->ctx, "bits")];
    bool whole = job->bits == ST_BITS_16 || job->bits == ST_BITS_24;
    job->options.bits_out = whole ? (int)job->bits : 0;
}

st_status st_master_settings(st_master_job *job, st_err *err) {
    st_ctx *ctx = job->ctx;
    st_status status = load_preset(job, err);
    if (!status)
        status = load_recipe(job, err);
    if (status)
        return status;
    give(job, "lufs", ST_SET_LUFS);
    give(job, "ceiling", ST_SET_CEILING);
    give(job, "width_pct", ST_SET_WIDTH);
    job->options.preset = &job->preset;
    job->options.unbounded = st_ctx_bool(ctx, "unbounded");
    job->options.bypass_parallel = st_ctx_bool(ctx, "bypass_parallel_comp");
    job->options.amounts = (st_match_amounts){
        st_ctx_float(ctx, "match_eq") / 100,
        st_ctx_float(ctx, "match_loudness") / 100,
        st_ctx_float(ctx, "match_width") / 100,
        st_ctx_float(ctx, "match_dynamics") / 100,
    };
    job->album = st_ctx_bool(ctx, "album");
    load_bits(job);
    return ST_OK;
}
