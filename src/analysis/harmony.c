#include "analysis/harmony.h"

#include "analysis/cqt.h"
#include "analysis/harmony_impl.h"
#include "analysis/powerspec.h"
#include "core/alloc.h"

#include <string.h>

enum {
    SPECTRUM = 2048,
    CHUNK = 44 * ST_KEY_STEP_CELLS, /* cells that go through the network */
    NOTES = ST_CELL_NOTES,
    CHORDS = ST_HARMONYNET_CHORDS,
    MADE = ST_HARMONYNET_FEATURES
};

#define TUNED 0.1
#define SILENT 1e-3f /* of the loudest cell's magnitude: 60 dB under it */

/* What is heard, by cell. */
typedef struct {
    int64_t cells, pools;
    float *rows, *logs; /* [cells][NOTES], [cells][CHORDS] */
    st_harmonynet_pool *pool;
    st_harmonynet_out out; /* of a chunk */
} work;

struct st_harmony {
    bool shared, heard, finished;
    work work; /* from _hear to _finish */
    st_harmonynet *net;
    st_cells *cells;
    st_cqt *cqt; /* these three: NULL when shared */
    st_powerspec *power;
    st_tuning *tuning;
    int64_t samples, frames;
    st_harmony_result result;
    st_key_segment *line;
    st_chord *chords;
    st_section *sections;
};

/* --- life --- */

static void release(work *w) {
    st_free(w->rows);
    st_free(w->logs);
    st_free(w->pool);
    st_free(w->out.chords);
    st_free(w->out.features);
    st_free(w->out.attention);
    *w = (work){0};
}

static void on_power(void *ctx, int64_t frame, const float *power) {
    st_harmony *h = ctx;
    (void)frame;
    st_tuning_add(h->tuning, power);
}

static void on_frame(void *ctx, int64_t frame, const float *bins) {
    st_harmony *h = ctx;
    st_frame_sink sink = st_cells_sink(h->cells);
    h->frames++;
    sink.frame(sink.ctx, frame, bins);
}

static st_status make_transforms(st_harmony *h) {
    st_cqt_params cqt = st_cqt_defaults(ST_HARMONY_RATE_HZ);
    cqt.per_octave = 36;
    cqt.bins = ST_HARMONY_BINS;
    cqt.hop = ST_HARMONY_HOP;
    cqt.analytic = false;
    st_powerspec_params power = {SPECTRUM, ST_HARMONY_HOP};
    st_status status = st_cqt_new(&h->cqt, &cqt, (st_frame_sink){on_frame, h});
    if (status == ST_OK)
        status = st_tuning_new(&h->tuning, ST_HARMONY_RATE_HZ, SPECTRUM);
    if (status == ST_OK)
        status =
            st_powerspec_new(&h->power, &power, (st_frame_sink){on_power, h});
    return status;
}

st_status st_harmony_new(st_harmony **out, bool shared, st_err *err) {
    st_harmony *h = st_calloc(1, sizeof *h);
    if (h == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    h->shared = shared;
    st_status status = st_harmonynet_new(&h->net, NULL, err);
    if (status == ST_OK)
        status = st_cells_new(&h->cells);
    if (status == ST_OK && !shared)
        status = make_transforms(h);
    if (status == ST_OK) {
        *out = h;
        return ST_OK;
    }
    st_harmony_free(h);
    return status == ST_NO_MEM ? st_err_set(err, status, "Out of memory.")
                               : status;
}

static void forget(st_harmony *h) {
    st_free(h->line);
    st_free(h->chords);
    st_free(h->sections);
    h->line = NULL;
    h->chords = NULL;
    h->sections = NULL;
    h->result = (st_harmony_result){0};
}

void st_harmony_free(st_harmony *h) {
    if (h == NULL)
        return;
    forget(h);
    release(&h->work);
    st_harmonynet_free(h->net);
    st_cells_free(h->cells);
    st_cqt_free(h->cqt);
    st_powerspec_free(h->power);
    st_tuning_free(h->tuning);
    st_free(h);
}

void st_harmony_reset(st_harmony *h) {
    forget(h);
    release(&h->work);
    st_cells_reset(h->cells);
    if (!h->shared) {
        st_cqt_reset(h->cqt);
        st_powerspec_reset(h->power);
        st_tuning_reset(h->tuning);
    }
    h->samples = 0;
    h->frames = 0;
    h->heard = false;
    h->finished = false;
}

/* --- the stream --- */

st_status st_harmony_process(st_harmony *h, const float *in, int64_t n) {
    if (h->shared || h->heard)
        return ST_BAD_ARG;
    h->samples += n;
    st_powerspec_process(h->power, in, n);
    st_cqt_process(h->cqt, in, n);
    return st_cells_full(h->cells) ? ST_NO_MEM : ST_OK;
}

st_frame_sink st_harmony_sink(st_harmony *h) {
    return (st_frame_sink){on_frame, h};
}

/* --- the end --- */

static st_status make_work(work *w, int64_t cells) {
    size_t n = (size_t)cells;
    w->cells = cells;
    w->pools = (cells + ST_KEY_STEP_CELLS - 1) / ST_KEY_STEP_CELLS;
    w->rows = st_calloc(n * NOTES, sizeof(float));
    w->logs = st_calloc(n * CHORDS, sizeof(float));
    w->pool = st_calloc((size_t)w->pools, sizeof *w->pool);
    w->out.features = st_calloc((size_t)CHUNK * MADE, sizeof(float));
    w->out.attention = st_calloc(CHUNK, sizeof(float));
    w->out.chords = st_calloc((size_t)CHUNK * CHORDS, sizeof(float));
    bool whole = w->rows && w->logs && w->pool && w->out.features &&
                 w->out.attention && w->out.chords;
    return whole ? ST_OK : ST_NO_MEM;
}

static float loudest(const st_cells *cells, int64_t count) {
    float top = 0.0f;
    for (int64_t i = 0; i < count; i++) {
        float level = st_cells_level(cells, i);
        top = level > top ? level : top;
    }
    return top;
}

/* Silent cells tell of no key and have no chord. */
static void listen(const st_harmony *h, work *w) {
    float silent = SILENT * loudest(h->cells, w->cells);
    for (int64_t at = 0; at < w->cells; at += CHUNK) {
        int64_t end = at + CHUNK < w->cells ? at + CHUNK : w->cells;
        st_harmonynet_run(h->net, w->rows, w->cells, at, end, &w->out);
        for (int64_t c = at; c < end; c++) {
            float *chords = w->out.chords + (c - at) * CHORDS;
            if (st_cells_level(h->cells, c) <= silent) {
                memset(chords, 0, CHORDS * sizeof *chords);
                chords[ST_CHORD_NONE] = 10.0f;
                continue;
            }
            st_harmonynet_pool_add(&w->pool[c / ST_KEY_STEP_CELLS],
                                   w->out.features + (c - at) * MADE,
                                   w->out.attention + (c - at), 1);
        }
        memcpy(w->logs + at * CHORDS, w->out.chords,
               (size_t)(end - at) * CHORDS * sizeof(float));
    }
    st_harmony_log_softmax(w->logs, w->cells, CHORDS);
}

static double seconds_of(const st_harmony *h, const st_harmony_grid *grid) {
    if (!h->shared)
        return (double)h->samples / ST_HARMONY_RATE_HZ;
    if (grid->seconds > 0.0)
        return grid->seconds;
    double frames = (double)h->frames - 0.5;
    return frames > 0.0 ? frames * ST_HARMONY_HOP / ST_HARMONY_RATE_HZ : 0.0;
}

static st_status tell(st_harmony *h, work *w, const st_harmony_grid *grid) {
    st_harmony_result *r = &h->result;
    st_steps steps = {0};
    st_status status = st_harmony_keys(h->net, w->pool, w->pools, r, &h->line);
    r->key_line = h->line;
    if (loudest(h->cells, w->cells) <= 0.0f)
        return status;
    if (status == ST_OK)
        status = st_steps_make(&steps, grid, r->seconds);
    if (status == ST_OK)
        status = st_harmony_chords(w->logs, w->cells, &steps, r, &h->chords,
                                   &r->chord_count);
    if (status == ST_OK)
        status = st_harmony_sections(w->logs, w->rows, w->cells, &steps,
                                     &h->sections, &r->section_count);
    r->chords = h->chords;
    r->sections = h->sections;
    st_steps_free(&steps);
    return status;
}

static st_status end_stream(st_harmony *h, const st_harmony_grid *grid) {
    if (!h->shared) {
        st_powerspec_finish(h->power);
        st_cqt_finish(h->cqt);
        h->result.tuning = st_tuning_get(h->tuning);
    } else if (grid->tuning != NULL) {
        h->result.tuning = *grid->tuning;
    }
    h->result.seconds = seconds_of(h, grid);
    return st_cells_end(h->cells);
}

static const st_harmony_grid no_grid = {0};

st_status st_harmony_hear(st_harmony *h, const st_harmony_grid *grid) {
    if (h->heard)
        return ST_BAD_ARG;
    h->heard = true;
    st_status status = end_stream(h, grid != NULL ? grid : &no_grid);
    const st_tuning_result *t = &h->result.tuning;
    work *w = &h->work;
    if (status == ST_OK)
        status = make_work(w, st_cells_count(h->cells));
    if (status == ST_OK)
        status = st_cells_rows(
            h->cells, t->confidence >= TUNED ? t->cents : 0.0, w->rows);
    if (status == ST_OK)
        listen(h, w);
    else
        h->finished = true; /* then only _reset or _free */
    return status;
}

st_status st_harmony_changes(const st_harmony *h, const double *at, int64_t n,
                             float *out) {
    memset(out, 0, (size_t)n * sizeof *out);
    if (!h->heard || h->finished)
        return ST_BAD_ARG;
    return st_chord_changes(h->work.logs, h->work.cells, at, n, out);
}

st_status st_harmony_finish(st_harmony *h, const st_harmony_grid *grid) {
    if (h->finished)
        return ST_BAD_ARG;
    st_status status = h->heard ? ST_OK : st_harmony_hear(h, grid);
    h->finished = true;
    if (status == ST_OK)
        status = tell(h, &h->work, grid != NULL ? grid : &no_grid);
    release(&h->work);
    if (status != ST_OK)
        forget(h);
    return status;
}

const st_harmony_result *st_harmony_get(const st_harmony *h) {
    return &h->result;
}
