#include "job/job.h"

#include "core/alloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

st_item *st_item_find(st_step *step, int input, int index) {
    for (int i = 0; i < step->plan->item_count; i++)
        if (step->plan->items[i].input == input && index-- == 0)
            return &step->items[i];
    return NULL;
}

static st_item *item_at(void *host, int input, int index) {
    return st_item_find(host, input, index);
}

st_status st_lock_init(pthread_mutex_t *lock) {
    pthread_mutexattr_t kind;
    if (pthread_mutexattr_init(&kind) != 0)
        return ST_NO_MEM;
    (void)pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
    int failed = pthread_mutex_init(lock, &kind);
    (void)pthread_mutexattr_destroy(&kind);
    return failed != 0 ? ST_NO_MEM : ST_OK;
}

void st_lock(pthread_mutex_t *lock) {
    (void)pthread_mutex_lock(lock);
}

void st_unlock(pthread_mutex_t *lock) {
    (void)pthread_mutex_unlock(lock);
}

void st_item_deinit(st_item *item) {
    (void)pthread_mutex_destroy(&item->lock);
    st_meta_deinit(&item->meta);
    st_spool_free(item->spool);
}

/* The output of an earlier step that a linked item stands for. */
static st_made *link_of(const st_item *item) {
    st_step *from = &item->step->run->steps[item->plan->step];
    return st_made_find(from, item->plan->output, item->plan->index);
}

static st_status no_item(st_err *err) {
    return st_err_set(err, ST_NOT_FOUND, "That input was not given.");
}

static st_status no_link(const st_item *item, st_err *err) {
    return st_err_set(err, ST_NOT_FOUND,
                      "An earlier stage did not make %s, which %s needs.",
                      item->plan->label, item->step->plan->stage->name);
}

static int count_of(void *host, int input) {
    int count = 0;
    while (item_at(host, input, count) != NULL)
        count++;
    return count;
}

static const char *label_of(void *host, int input, int index) {
    const st_item *item = item_at(host, input, index);
    return item != NULL ? item->plan->label : "";
}

static double weight_of(void *host, int input, int index) {
    const st_item *item = item_at(host, input, index);
    return item != NULL ? item->plan->weight : 0;
}

/* Open the bare file or link behind an item, and learn what it is. */
static st_status open_raw(st_item *item, st_source **out, st_err *err) {
    st_source *source = NULL;
    if (item->plan->file == NULL) {
        st_made *made = link_of(item);
        if (made == NULL || !made->done)
            return no_link(item, err);
        st_status status =
            made->spool != NULL
                ? st_spool_source(made->spool, &source, err)
                : st_reader_open(&source, made->staged, NULL, err);
        if (status != ST_OK)
            return status;
        item->format = source->format;
        item->known = true;
        *out = source;
        return ST_OK;
    }
    st_status status = st_reader_open(&source, item->plan->file, NULL, err);
    if (status != ST_OK)
        return status;
    if (!item->known) {
        item->info = *st_reader_info_get(source);
        const st_meta *meta = st_reader_meta(source);
        if (meta != NULL && st_meta_copy(&item->meta, meta) != ST_OK) {
            st_source_free(source);
            return st_err_set(err, ST_NO_MEM, "Out of memory.");
        }
        item->format = source->format;
        item->known = true;
    }
    *out = source;
    return ST_OK;
}

st_status st_item_know(st_item *item, st_err *err) {
    st_source *source = NULL;
    st_status status = ST_OK;
    st_lock(&item->lock);
    if (!item->known)
        status = open_raw(item, &source, err);
    st_unlock(&item->lock);
    st_source_free(source);
    return status;
}

static st_bits bits_of(void *host, int input, int index) {
    st_item *item = item_at(host, input, index);
    if (item == NULL || st_item_know(item, NULL) != ST_OK)
        return ST_BITS_ASKED;
    if (item->plan->file != NULL && (item->info.lossy || item->info.bits <= 0))
        return ST_BITS_ASKED;
    /* 32-bit integers are rounded to float when read. */
    if (item->plan->file == NULL || item->info.is_float || item->info.bits > 24)
        return ST_BITS_F32;
    return item->info.bits <= 16 ? ST_BITS_16 : ST_BITS_24;
}

static int64_t timecode_of(void *host, int input, int index) {
    st_item *item = item_at(host, input, index);
    if (item == NULL || st_item_know(item, NULL) != ST_OK ||
        item->meta.bext == NULL)
        return -1;
    uint64_t frames = item->meta.bext->time_reference_frames;
    return frames <= INT64_MAX ? (int64_t)frames : -1;
}

/* Samples lie ready in these; all others are worth a spool. */
static bool seeks_fast(const st_item *item) {
    return item->plan->file == NULL || item->info.kind == ST_FILE_WAV ||
           item->info.kind == ST_FILE_AIFF;
}

/* Is an output to be written that is named by what goes in? */
static bool named_by_content(const st_step *step) {
    const st_stage *stage = step->plan->stage;
    for (int i = 0; i < step->plan->target_count; i++)
        if (stage->outputs[step->plan->targets[i].output].by_content)
            return true;
    return false;
}

/* A stage that keeps parts of its work says by them what it worked on. */
static bool wants_hash(const st_item *item) {
    const st_step *step = item->step;
    const st_stage *stage = step->plan->stage;
    bool kept = stage->cacheable && step->run->options->cache_dir != NULL;
    return item->pcm[0] == '\0' &&
           (kept || stage->keeps || named_by_content(step));
}

static int stop_copy(void *ctx) {
    return st_run_cancelled(ctx);
}

/* Decode once, from `source` (taken), into the item's spool. */
static st_status fill_spool(st_item *item, st_source *source, st_err *err) {
    st_run *run = item->step->run;
    st_spool *spool = NULL;
    st_sink *sink = NULL;
    st_source *tapped = NULL;
    st_status status =
        st_tap_new(&tapped, source, item, true, wants_hash(item), err);
    if (status != ST_OK)
        return status;
    status = st_spool_new(&spool, run->options->temp_dir,
                          tapped->format.rate_hz, tapped->format.channels, err);
    if (status == ST_OK)
        status = st_spool_sink(spool, &sink, err);
    if (status == ST_OK)
        status = st_stream_copy(tapped, sink, NULL, stop_copy, run, err);
    if (status == ST_OK)
        status = st_sink_finish(sink, err);
    st_sink_free(sink);
    st_source_free(tapped);
    if (status != ST_OK) {
        st_spool_free(spool);
        return status;
    }
    item->spool = spool;
    item->format.frames = st_spool_frames(spool);
    return ST_OK;
}

static st_status open_item(st_item *item, bool once, st_source **out,
                           st_err *err) {
    st_source *source = NULL;
    st_status status = ST_OK;
    if (item->spool == NULL)
        status = open_raw(item, &source, err);
    if (status != ST_OK)
        return status;
    bool direct = once || seeks_fast(item);
    if (item->spool == NULL && direct)
        return st_tap_new(out, source, item, item->plan->file != NULL,
                          wants_hash(item), err);
    if (item->spool == NULL)
        status = fill_spool(item, source, err);
    source = NULL;
    if (status == ST_OK)
        status = st_spool_source(item->spool, &source, err);
    if (status == ST_OK)
        status = st_tap_new(out, source, item, false, false, err);
    return status;
}

static st_status open_of(void *host, int input, int index, bool once,
                         st_source **out, st_err *err) {
    st_item *item = item_at(host, input, index);
    if (item == NULL)
        return no_item(err);
    st_lock(&item->lock);
    st_status status = open_item(item, once, out, err);
    st_unlock(&item->lock);
    return status;
}

static const char *hash_of(void *host, int input, int index) {
    st_item *item = item_at(host, input, index);
    return item != NULL && item->pcm[0] != '\0' ? item->pcm : NULL;
}

static st_status format_of(void *host, int input, int index, st_format *out,
                           st_err *err) {
    st_item *item = item_at(host, input, index);
    if (item == NULL)
        return no_item(err);
    st_status status = st_item_know(item, err);
    st_lock(&item->lock);
    if (status == ST_OK)
        *out = item->format;
    st_unlock(&item->lock);
    return status;
}

static st_status bytes_of_document(json_t *document, unsigned char **out,
                                   size_t *size, st_err *err) {
    char *text = json_dumps(document, JSON_COMPACT);
    char *copy = text != NULL ? st_strdup(text) : NULL;
    free(text);
    if (copy == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    *size = strlen(copy);
    *out = (unsigned char *)copy;
    return ST_OK;
}

static st_status slurp(const char *path, const char *label, size_t max_bytes,
                       unsigned char **out, size_t *size, st_err *err) {
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return st_err_set(err, errno == ENOENT ? ST_NOT_FOUND : ST_IO,
                          "Cannot open %s: %s.", label, strerror(errno));
    unsigned char *bytes = NULL;
    size_t room = 0;
    size_t used = 0;
    st_status status = ST_OK;
    while (status == ST_OK) {
        if (used == room) {
            size_t more = room == 0 ? 65536 : 2 * room;
            status = st_regrow((void **)&bytes, room, more, 1);
            room = more;
        }
        if (status != ST_OK)
            break;
        size_t got = fread(bytes + used, 1, room - used, file);
        used += got;
        if (used > max_bytes)
            status = ST_LIMIT;
        if (got == 0)
            break;
    }
    if (status == ST_OK && ferror(file))
        status = ST_IO;
    (void)fclose(file);
    if (status != ST_OK) {
        st_free(bytes);
        return st_err_set(err, status,
                          status == ST_LIMIT ? "%s is larger than %zu bytes."
                                             : "Cannot read %s.",
                          label, max_bytes);
    }
    *out = bytes;
    *size = used;
    return ST_OK;
}

static st_status bytes_of(void *host, int input, int index, size_t max_bytes,
                          unsigned char **out, size_t *size, st_err *err) {
    st_item *item = item_at(host, input, index);
    if (item == NULL)
        return no_item(err);
    if (item->plan->file != NULL)
        return slurp(item->plan->file, item->plan->label, max_bytes, out, size,
                     err);
    st_made *made = link_of(item);
    if (made == NULL || !made->done)
        return no_link(item, err);
    if (made->document != NULL)
        return bytes_of_document(made->document, out, size, err);
    return slurp(made->staged, item->plan->label, max_bytes, out, size, err);
}

const st_in_ops st_items_ops = {
    .count = count_of,
    .label = label_of,
    .weight = weight_of,
    .bits = bits_of,
    .timecode = timecode_of,
    .hash = hash_of,
    .format = format_of,
    .open = open_of,
    .bytes = bytes_of,
};
