#include "mix/catch.h"
#include "mix/stage_mix.h"

#include "core/alloc.h"

#include <stdio.h>
#include <string.h>

/* A pass of its own over the finished recipe, so that listening cannot change
 * the sound: the same strips and the same desk, with ears. Strips go one after
 * another, which bounds the files that are open. */

enum { MIXTAPS = 3, NAME = ST_MIX_NAME + 48 };

typedef struct {
    const char *unit, *kind; /* NULL: no unit, but where the chain begins */
} about;

static const about strip_units[ST_TAP_COUNT] = {
    {NULL, NULL},         {"filters", "filter"},   {"eq", "eq"},
    {"dynamic_eq", "eq"}, {"deesser", "dynamics"}, {"compressor", "dynamics"},
    {"duck", "dynamics"}};
static const about bus_units[ST_BUSTAP_COUNT] = {{NULL, NULL},
                                                 {"eq", "eq"},
                                                 {"compressor", "dynamics"},
                                                 {"transient", "dynamics"},
                                                 {"parallel", "dynamics"},
                                                 {"duck", "dynamics"},
                                                 {"fader", "gain"}};
static const about mix_units[MIXTAPS] = {
    {NULL, NULL}, {"eq", "eq"}, {"place", "gain"}};

/* One place: its file, and the name of it. */
typedef struct {
    st_catch catch;
    char file[NAME];
} place;

typedef struct {
    st_mix_job *job;
    json_t *units, *buses;
    int files; /* so far */
    int stem;  /* whose strip runs */
    place strip[ST_TAP_COUNT], faded[ST_MIX_STEMS];
    place bus[ST_BUS_COUNT][ST_BUSTAP_COUNT], mix[MIXTAPS], premaster;
    char print[ST_MIX_STEMS][NAME]; /* file at the end of a strip */
    st_tap_ear ear;
    st_desk_ear desk_ear;
    st_status status; /* of opening in a callback */
    st_err err;
} taps;

/* --- files --- */

static st_status open_place(taps *t, place *p, const char *where,
                            const char *after, st_catch_spec spec) {
    char label[NAME - 4];
    snprintf(label, sizeof label, "%02d-%s-%s", t->files + 1, where,
             after != NULL ? after : "input");
    snprintf(p->file, sizeof p->file, "%s.wav", label);
    spec.out = t->job->out;
    spec.output = "taps";
    spec.index = t->files++;
    spec.label = label;
    spec.rate_hz = t->job->recipe.rate_hz;
    spec.gain = spec.gain > 0.0f ? spec.gain : 1.0f;
    return st_catch_open(&p->catch, &spec, &t->err);
}

static st_status close_place(taps *t, place *p) {
    st_status status =
        p->catch.sink != NULL ? st_catch_finish(&p->catch, &t->err) : ST_OK;
    st_catch_deinit(&p->catch);
    return status;
}

static void add_unit(taps *t, const char *where, const about *a, const char *in,
                     const char *out) {
    json_array_append_new(
        t->units, json_pack("{s:s, s:s, s:s, s:s, s:s}", "where", where, "unit",
                            a->unit, "kind", a->kind, "in", in, "out", out));
}

/* A chain's places, each a unit between it and the one before. Returns the last
 * file. */
static const char *add_chain(taps *t, const char *where, const place *p,
                             const about *about_it, int count) {
    const char *last = p[0].file;
    for (int i = 1; i < count; i++) {
        if (p[i].file[0] == '\0')
            continue;
        add_unit(t, where, &about_it[i], last, p[i].file);
        last = p[i].file;
    }
    return last;
}

/* --- strips --- */

static void hear_strip(void *ctx, int tap, const float *const *signal,
                       int frames) {
    taps *t = ctx;
    if (t->strip[tap].catch.sink != NULL)
        st_catch_hear(&t->strip[tap].catch, signal, frames);
}

static const st_tap_ear *strip_ear(void *ctx, int stem, const st_strip *strip) {
    taps *t = ctx;
    const st_mix_stem *s = &t->job->recipe.stem[stem];
    st_catch_spec spec = {.channels = s->channels,
                          .frames =
                              st_spool_frames(t->job->prints[stem].spool)};
    for (int i = 0; t->status == ST_OK && i < ST_TAP_COUNT; i++) {
        if (!st_strip_has(strip, (st_strip_tap)i))
            continue;
        spec.latency_frames = st_strip_tap_latency(strip, (st_strip_tap)i);
        t->status =
            open_place(t, &t->strip[i], s->name, strip_units[i].unit, spec);
    }
    return t->status == ST_OK ? &t->ear : NULL;
}

static st_status tap_strip(taps *t, const st_mix_means *means, int stem) {
    st_print prints[ST_MIX_STEMS];
    const st_mix_recipe *r = &t->job->recipe;
    memcpy(prints, t->job->prints, sizeof prints);
    memset(&prints[stem], 0, sizeof prints[stem]);
    memset(t->strip, 0, sizeof t->strip);
    st_status status = st_mix_prints(means, r, prints, &t->err);
    st_print_deinit(&prints[stem]);
    if (status == ST_OK)
        status = t->status;
    for (int i = 0; i < ST_TAP_COUNT; i++) {
        st_status closed = close_place(t, &t->strip[i]);
        status = status == ST_OK ? closed : status;
    }
    snprintf(
        t->print[stem], NAME, "%s",
        add_chain(t, r->stem[stem].name, t->strip, strip_units, ST_TAP_COUNT));
    return status;
}

/* --- the desk --- */

static void hear_desk(void *ctx, int bus, int tap, const float *const *signal,
                      int frames) {
    taps *t = ctx;
    place *p = NULL;
    if (bus < ST_BUS_COUNT)
        p = &t->bus[bus][tap];
    else if (bus == ST_BUS_COUNT)
        p = &t->mix[tap];
    if (p != NULL && p->catch.sink != NULL)
        st_catch_hear(&p->catch, signal, frames);
    if (bus == ST_BUS_COUNT && tap == MIXTAPS - 1)
        st_catch_hear(&t->premaster.catch, signal, frames);
}

static void hear_faded(void *ctx, int stem, const float *const *signal,
                       int frames) {
    taps *t = ctx;
    st_catch_hear(&t->faded[stem].catch, signal, frames);
}

static st_status open_faded(taps *t) {
    const st_mix_recipe *r = &t->job->recipe;
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < r->stems; i++) {
        const st_catch_spec spec = {
            .channels = 2, .frames = st_spool_frames(t->job->prints[i].spool)};
        status = open_place(t, &t->faded[i], r->stem[i].name, "fader", spec);
    }
    return status;
}

static st_status open_chain(taps *t, const st_desk *desk, int bus, place *p,
                            const about *about_it, int count) {
    st_catch_spec spec = {.channels = 2, .frames = t->job->premix.frames};
    const char *where = bus < ST_BUS_COUNT ? st_bus_name((st_bus)bus) : "mix";
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < count; i++) {
        if (!st_desk_has(desk, bus, (st_bus_tap)i))
            continue;
        spec.latency_frames = st_desk_tap_latency(desk, bus, (st_bus_tap)i);
        status = open_place(t, &p[i], where, about_it[i].unit, spec);
    }
    return status;
}

static const st_desk_ear *desk_ear(void *ctx, const st_desk *desk) {
    taps *t = ctx;
    const st_catch_spec spec = {.channels = 2,
                                .frames = t->job->premix.frames,
                                .latency_frames = st_desk_latency_frames(desk),
                                .gain = st_desk_gain(&t->job->recipe)};
    for (int b = 0; t->status == ST_OK && b < ST_BUS_COUNT; b++)
        t->status =
            open_chain(t, desk, b, t->bus[b], bus_units, ST_BUSTAP_COUNT);
    if (t->status == ST_OK)
        t->status =
            open_chain(t, desk, ST_BUS_COUNT, t->mix, mix_units, MIXTAPS);
    if (t->status == ST_OK)
        t->status = open_place(t, &t->premaster, "mix", "fader", spec);
    return t->status == ST_OK ? &t->desk_ear : NULL;
}

static st_status close_desk(taps *t) {
    st_status status = ST_OK, closed;
    for (int i = 0; i < t->job->recipe.stems; i++)
        if ((closed = close_place(t, &t->faded[i])) != ST_OK)
            status = closed;
    for (int b = 0; b < ST_BUS_COUNT; b++)
        for (int i = 0; i < ST_BUSTAP_COUNT; i++)
            if ((closed = close_place(t, &t->bus[b][i])) != ST_OK)
                status = closed;
    for (int i = 0; i < MIXTAPS; i++)
        if ((closed = close_place(t, &t->mix[i])) != ST_OK)
            status = closed;
    if ((closed = close_place(t, &t->premaster)) != ST_OK)
        status = closed;
    return status;
}

static void say_bus(taps *t, const char *name, const char *file) {
    json_array_append_new(t->buses,
                          json_pack("{s:s, s:s}", "name", name, "file", file));
}

static void list_desk(taps *t) {
    static const char *const names[ST_BUS_COUNT] = {"drum", "music", "vocal"};
    static const about fader = {"fader", "gain"};
    const st_mix_recipe *r = &t->job->recipe;
    for (int i = 0; i < r->stems; i++)
        add_unit(t, r->stem[i].name, &fader, t->print[i], t->faded[i].file);
    for (int b = 0; b < ST_BUS_COUNT; b++)
        say_bus(t, names[b],
                add_chain(t, st_bus_name((st_bus)b), t->bus[b], bus_units,
                          ST_BUSTAP_COUNT));
    add_unit(t, "mix", &fader, add_chain(t, "mix", t->mix, mix_units, MIXTAPS),
             t->premaster.file);
    say_bus(t, "mix", t->premaster.file);
}

static st_status tap_desk(taps *t, const st_mix_means *means) {
    st_premix premix = {0};
    st_status status = open_faded(t);
    if (status == ST_OK)
        status = st_mix_desk(means, &t->job->recipe, t->job->prints,
                             t->job->premix.frames, &premix, &t->err);
    st_premix_deinit(&premix);
    if (status == ST_OK)
        status = t->status;
    st_status closed = close_desk(t);
    status = status == ST_OK ? closed : status;
    if (status == ST_OK)
        list_desk(t);
    return status;
}

/* --- all --- */

static st_status open_stem(void *ctx, int stem, st_source **out, st_err *err) {
    return st_mix_open_stem(((taps *)ctx)->job, stem, out, err);
}

static bool tick(void *ctx, const char *phase, double fraction) {
    (void)phase;
    (void)fraction;
    return st_mix_tick(((taps *)ctx)->job, "tapping", 0.0);
}

static st_status run(taps *t) {
    st_mix_means strips = {.folder = t->job->folder,
                           .open = open_stem,
                           .tick = tick,
                           .strip_ear = strip_ear,
                           .ctx = t};
    st_mix_means desk = {.pool = st_ctx_pool(t->job->ctx),
                         .folder = t->job->folder,
                         .open = open_stem,
                         .tick = tick,
                         .desk_ear = desk_ear,
                         .faded = hear_faded,
                         .ctx = t};
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < t->job->recipe.stems; i++)
        status = tap_strip(t, &strips, i);
    return status == ST_OK ? tap_desk(t, &desk) : status;
}

static st_status list(taps *t) {
    json_t *document =
        json_pack("{s:s, s:i, s:O, s:O}", "schema", "stemma.taps/1", "rate_hz",
                  t->job->recipe.rate_hz, "units", t->units, "buses", t->buses);
    st_status status =
        document != NULL
            ? st_out_json(t->job->out, "taps_list", 0, document, &t->err)
            : st_err_set(&t->err, ST_NO_MEM, "Out of memory.");
    json_decref(document);
    return status;
}

st_status st_mix_taps(st_mix_job *job, st_err *err) {
    taps *t = st_calloc(1, sizeof *t);
    if (t == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    t->job = job;
    t->ear = (st_tap_ear){hear_strip, t};
    t->desk_ear = (st_desk_ear){.hear = hear_desk, .ctx = t};
    t->units = json_array();
    t->buses = json_array();
    st_status status = run(t);
    if (status == ST_OK)
        status = list(t);
    if (status != ST_OK && err != NULL)
        *err = t->err;
    json_decref(t->units);
    json_decref(t->buses);
    st_free(t);
    return status;
}
