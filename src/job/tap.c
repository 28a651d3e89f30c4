#include "job/job.h"

#include "core/alloc.h"
#include "stage/text.h"

typedef struct {
    st_source base;
    st_source *inner;
    st_item *item;
    bool reader;
} tap;

/* What the reader found odd goes to the step's warnings, once. */
static void take_warnings(tap *t) {
    st_item *item = t->item;
    if (!t->reader)
        return;
    for (;; item->warnings++) {
        const char *text = st_reader_warning(t->inner, item->warnings);
        if (text == NULL)
            return;
        st_ctx_warn(&item->step->ctx, "input", "%s: %s", item->plan->label,
                    text);
    }
}

static st_status tap_read(st_source *source, float *const *out, int64_t frames,
                          int64_t *got, st_err *err) {
    tap *t = (tap *)source;
    if (st_run_cancelled(t->item->step->run))
        return st_err_set(err, ST_CANCELLED, "Cancelled.");
    st_status status = st_source_read(t->inner, out, frames, got, err);
    t->base.format = t->inner->format;
    if (status == ST_OK && *got < frames) {
        take_warnings(t);
        t->item->format.frames = t->inner->format.frames;
    }
    return status;
}

static st_status tap_seek(st_source *source, int64_t frame, st_err *err) {
    tap *t = (tap *)source;
    return st_source_seek(t->inner, frame, err);
}

static void tap_free(st_source *source) {
    tap *t = (tap *)source;
    st_source_free(t->inner);
    st_free(t);
}

st_status st_tap_new(st_source **out, st_source *inner, st_item *item,
                     bool reader, st_err *err) {
    static const st_source_ops ops = {tap_read, tap_seek, tap_free};
    tap *t = st_calloc(1, sizeof *t);
    if (t == NULL) {
        st_source_free(inner);
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    }
    *t = (tap){{&ops, inner->format}, inner, item, reader};
    *out = &t->base;
    return ST_OK;
}
