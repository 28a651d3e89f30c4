#include "mix/stage_mix.h"

#include <string.h>

enum { STRIP_ROUNDS = 3, DESK_ROUNDS = 4 };

st_status st_mix_open_stem(const st_mix_job *job, int stem, st_source **out,
                           st_err *err) {
    return st_session_source(&job->session, job->heard.file[stem], out, err);
}

static st_status open_stem(void *ctx, int stem, st_source **source,
                           st_err *err) {
    return st_mix_open_stem(ctx, stem, source, err);
}

static bool tick(void *ctx, const char *phase, double fraction) {
    return st_mix_tick(ctx, phase, fraction);
}

/* Spools of prints stand where they can be kept; where that is full, the usual
 * place may have room. */
static st_status print_missing(st_mix_job *job, const st_mix_means *means,
                               st_err *err) {
    st_mix_means here = *means;
    if (st_mix_keeps(job))
        here.folder = job->kept_folder;
    st_mix_find_prints(job);
    st_status status = st_mix_prints(&here, &job->recipe, job->prints, err);
    if (status != ST_IO || !st_mix_keeps(job))
        return status;
    job->kept_folder[0] = '\0';
    return st_mix_prints(means, &job->recipe, job->prints, err);
}

static st_status print(st_mix_job *job, const st_mix_means *means,
                       st_err *err) {
    st_status status = ST_OK;
    job->from = 0.35;
    job->to = 0.6;
    for (int round = 0; status == ST_OK && round < STRIP_ROUNDS; round++) {
        status = print_missing(job, means, err);
        uint64_t again = status == ST_OK && !job->complete
                             ? st_guard_strips(&job->recipe, job->prints)
                             : 0;
        for (int i = 0; i < ST_MIX_STEMS; i++)
            if (again >> i & 1)
                st_print_deinit(&job->prints[i]);
        if (again == 0)
            break;
    }
    if (status == ST_OK)
        status = print_missing(job, means, err);
    if (status == ST_OK)
        st_mix_keep_prints(job);
    return status;
}

static st_status desk(st_mix_job *job, const st_mix_means *means, st_err *err) {
    job->from = 0.6;
    job->to = 0.75;
    for (int round = 0; round < DESK_ROUNDS; round++) {
        st_premix_deinit(&job->premix);
        st_status status = st_mix_desk(means, &job->recipe, job->prints, -1,
                                       &job->premix, err);
        job->passes++;
        if (status != ST_OK || job->complete)
            return status;
        if (round + 1 == DESK_ROUNDS ||
            !st_guard_desk(&job->recipe, &job->premix))
            break;
    }
    st_guard_headroom(&job->recipe, &job->premix);
    return ST_OK;
}

st_status st_mix_render(st_mix_job *job, st_err *err) {
    const st_mix_means means = {.pool = st_ctx_pool(job->ctx),
                                .folder = job->folder,
                                .open = open_stem,
                                .tick = tick,
                                .ctx = job};
    st_status status = print(job, &means, err);
    if (status == ST_OK)
        status = desk(job, &means, err);
    if (status == ST_OK)
        job->figures = st_guard_check(&job->recipe, job->prints, &job->premix);
    return status;
}
