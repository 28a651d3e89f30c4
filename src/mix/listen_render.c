#include "mix/listening.h"

#include "mix/excerpt.h"

/* The part with its run-up. */
static st_status open_part(void *ctx, int stem, st_source **out, st_err *err) {
    const st_listening *l = ctx;
    st_source *whole = NULL;
    st_status status = st_mix_open_stem(l->job, stem, &whole, err);
    return status == ST_OK
               ? st_excerpt_source_new(out, whole, l->first - l->run_up,
                                       l->run_up + l->frames, err)
               : status;
}

static bool tick(void *ctx, const char *phase, double fraction) {
    const st_listening *l = ctx;
    (void)phase;
    (void)fraction;
    return st_ctx_cancelled(l->job->ctx);
}

/* Steps whose strips are not those of the step before. */
static bool prints_anew(int step) {
    return step == ST_LISTEN_EQ || step == ST_LISTEN_DYNAMICS ||
           step == ST_LISTEN_BUSES;
}

static st_status render_step(st_listening *l, int step, st_print *prints,
                             st_err *err) {
    const st_mix_means means = {.pool = st_ctx_pool(l->job->ctx),
                                .folder = l->job->folder,
                                .open = open_part,
                                .tick = tick,
                                .ctx = l};
    st_mix_recipe recipe = l->job->recipe;
    st_listen_mask(&recipe, step);
    for (int i = 0; prints_anew(step) && i < ST_MIX_STEMS; i++)
        st_print_deinit(&prints[i]);
    st_status status = st_mix_prints(&means, &recipe, prints, err);
    return status == ST_OK
               ? st_mix_desk(&means, &recipe, prints, l->run_up + l->frames,
                             &l->step[step].premix, err)
               : status;
}

st_status st_listen_render(st_listening *l, st_err *err) {
    st_print prints[ST_MIX_STEMS] = {{0}};
    st_status status = ST_OK;
    for (int step = ST_LISTEN_FADERS;
         status == ST_OK && step <= ST_LISTEN_BUSES; step++) {
        st_listen_tick(l, "steps",
                       0.2 * (step - ST_LISTEN_FADERS) / ST_LISTEN_PREMASTER);
        status = render_step(l, step, prints, err);
    }
    for (int i = 0; i < ST_MIX_STEMS; i++)
        st_print_deinit(&prints[i]);
    return status;
}

st_status st_listen_source(const st_listening *l, int step, st_source **out,
                           st_err *err) {
    const st_mix_job *job = l->job;
    st_source *whole = NULL;
    int64_t first = l->first;
    st_status status = ST_OK;
    if (step == ST_LISTEN_PLAIN) {
        status = st_mix_plain_source(job, &whole, err);
    } else if (step == ST_LISTEN_PREMASTER) {
        status = st_premix_source(&job->premix, 1.0f, &whole, err);
    } else if (step == ST_LISTEN_MASTER) {
        status = st_out_reread(job->out, "master", 0, &whole, err);
    } else {
        status = st_premix_source(&l->step[step].premix, 1.0f, &whole, err);
        first = l->run_up;
    }
    return status == ST_OK
               ? st_excerpt_source_new(out, whole, first, l->frames, err)
               : status;
}
