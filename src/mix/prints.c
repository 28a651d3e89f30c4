#include "mix/catch.h"
#include "mix/stage_mix.h"

#include "core/alloc.h"

#include <string.h>

/* The desk once more over the finished recipe: what stems give to their buses,
 * and what buses and returns give to the mix, each times the gain of the mix.
 */

enum { LINES = ST_BUS_COUNT + ST_RETURNS };

typedef struct {
    st_mix_job *job;
    st_catch stem[ST_MIX_STEMS], line[LINES];
    st_desk_ear ear;
    st_status status; /* of opening in a callback */
    st_err err;
} prints;

static st_status open_one(prints *p, st_catch *c, const char *output, int index,
                          const char *label, int latency_frames) {
    const st_mix_job *job = p->job;
    const st_catch_spec spec = {.out = job->out,
                                .output = output,
                                .index = index,
                                .label = label,
                                .rate_hz = job->recipe.rate_hz,
                                .channels = 2,
                                .latency_frames = latency_frames,
                                .frames = job->premix.frames,
                                .gain = st_desk_gain(&job->recipe)};
    return st_catch_open(c, &spec, &p->err);
}

static st_status open_stems(prints *p) {
    const st_mix_recipe *r = &p->job->recipe;
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < r->stems; i++)
        status =
            open_one(p, &p->stem[i], "printed_stems", i, r->stem[i].name, 0);
    return status;
}

static const st_desk_ear *desk_ear(void *ctx, const st_desk *desk) {
    static const char *const returns[ST_RETURNS] = {"reverb", "delay"};
    prints *p = ctx;
    for (int i = 0; p->status == ST_OK && i < LINES; i++) {
        bool bus = i < ST_BUS_COUNT;
        p->status =
            open_one(p, &p->line[i], "printed_buses", i,
                     bus ? st_bus_name((st_bus)i) : returns[i - ST_BUS_COUNT],
                     bus ? st_desk_tap_latency(desk, i, ST_BUSTAP_FADER)
                         : st_desk_latency_frames(desk));
    }
    return p->status == ST_OK ? &p->ear : NULL;
}

static void hear_bus(void *ctx, int bus, int tap, const float *const *signal,
                     int frames) {
    prints *p = ctx;
    if (bus < ST_BUS_COUNT && tap == ST_BUSTAP_FADER)
        st_catch_hear(&p->line[bus], signal, frames);
}

static void hear_return(void *ctx, int which, const float *const *signal,
                        int frames) {
    prints *p = ctx;
    st_catch_hear(&p->line[ST_BUS_COUNT + which], signal, frames);
}

static void hear_faded(void *ctx, int stem, const float *const *signal,
                       int frames) {
    prints *p = ctx;
    st_catch_hear(&p->stem[stem], signal, frames);
}

static bool tick(void *ctx, const char *phase, double fraction) {
    (void)phase;
    (void)fraction;
    return st_mix_tick(((prints *)ctx)->job, "printing stems", 0.0);
}

static st_status finish_one(prints *p, st_catch *c, st_status status) {
    if (status == ST_OK)
        status = st_catch_finish(c, &p->err);
    st_catch_deinit(c);
    return status;
}

static st_status run(prints *p) {
    const st_mix_job *job = p->job;
    const st_mix_means means = {.pool = st_ctx_pool(job->ctx),
                                .folder = job->folder,
                                .tick = tick,
                                .desk_ear = desk_ear,
                                .faded = hear_faded,
                                .ctx = p};
    st_premix premix = {0};
    st_status status = open_stems(p);
    if (status == ST_OK)
        status = st_mix_desk(&means, &job->recipe, job->prints,
                             job->premix.frames, &premix, &p->err);
    st_premix_deinit(&premix);
    if (status == ST_OK)
        status = p->status;
    for (int i = 0; i < job->recipe.stems; i++)
        status = finish_one(p, &p->stem[i], status);
    for (int i = 0; i < LINES; i++)
        status = finish_one(p, &p->line[i], status);
    return status;
}

st_status st_mix_print_stems(st_mix_job *job, st_err *err) {
    prints *p = st_calloc(1, sizeof *p);
    if (p == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    p->job = job;
    p->ear = (st_desk_ear){.hear = hear_bus, .ctx = p, .returned = hear_return};
    st_status status = run(p);
    if (status != ST_OK && err != NULL)
        *err = p->err;
    st_free(p);
    return status;
}
