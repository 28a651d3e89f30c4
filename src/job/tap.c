#include "job/job.h"

#include "core/alloc.h"
#include "core/hash.h"

#include <string.h>

typedef struct {
    st_source base;
    st_source *inner;
    st_item *item;
    bool reader;
    int64_t at;
    int64_t hashed; /* frames in the hashes; -1: not hashing */
    st_hash channel[ST_MAX_CHANNELS];
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

/* Channel by channel, so that the name of a recording does not depend on how
 * it was read; rate and shape stand in front. */
static void finish_hash(tap *t) {
    char all[64 + ST_MAX_CHANNELS * ST_HASH_TEXT_BYTES];
    int length = snprintf(all, sizeof all, "stemma.pcm/1 f32 %d %d %jd",
                          t->base.format.rate_hz, t->base.format.channels,
                          (intmax_t)t->hashed);
    for (int c = 0; c < t->base.format.channels; c++) {
        all[length++] = ' ';
        st_hash_final(&t->channel[c], all + length);
        length += ST_HASH_TEXT_BYTES - 1;
    }
    st_hash_text(all, (size_t)length, t->item->pcm);
    t->hashed = -1;
}

static void add_to_hash(tap *t, float *const *out, int64_t frames) {
    if (t->hashed < 0 || t->at > t->hashed || t->at + frames <= t->hashed)
        return;
    int64_t skip = t->hashed - t->at;
    for (int c = 0; c < t->base.format.channels; c++)
        st_hash_update(&t->channel[c], out[c] + skip,
                       (size_t)(frames - skip) * sizeof(float));
    t->hashed = t->at + frames;
}

static st_status tap_read(st_source *source, float *const *out, int64_t frames,
                          int64_t *got, st_err *err) {
    tap *t = (tap *)source;
    if (st_run_cancelled(t->item->step->run))
        return st_err_set(err, ST_CANCELLED, "Cancelled.");
    st_status status = st_source_read(t->inner, out, frames, got, err);
    if (status != ST_OK)
        return status;
    t->base.format = t->inner->format;
    add_to_hash(t, out, *got);
    t->at += *got;
    if (*got == frames && t->at != t->base.format.frames)
        return ST_OK;
    st_lock(&t->item->lock);
    take_warnings(t);
    t->item->format.frames = t->at;
    if (t->hashed == t->at)
        finish_hash(t);
    st_unlock(&t->item->lock);
    return ST_OK;
}

static st_status tap_seek(st_source *source, int64_t frame, st_err *err) {
    tap *t = (tap *)source;
    st_status status = st_source_seek(t->inner, frame, err);
    if (status == ST_OK)
        t->at = frame;
    return status;
}

static void tap_free(st_source *source) {
    tap *t = (tap *)source;
    st_source_free(t->inner);
    st_free(t);
}

st_status st_tap_new(st_source **out, st_source *inner, st_item *item,
                     bool reader, bool hash, st_err *err) {
    static const st_source_ops ops = {tap_read, tap_seek, tap_free};
    tap *t = st_calloc(1, sizeof *t);
    if (t == NULL) {
        st_source_free(inner);
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    }
    t->base = (st_source){&ops, inner->format};
    t->inner = inner;
    t->item = item;
    t->reader = reader;
    t->hashed = hash ? 0 : -1;
    for (int c = 0; hash && c < ST_MAX_CHANNELS; c++)
        st_hash_init(&t->channel[c]);
    *out = &t->base;
    return ST_OK;
}
