#include "job/job.h"

#include "audio/tempfile.h"
#include "core/alloc.h"
#include "core/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static st_status no_mem(st_err *err) {
    return st_err_set(err, ST_NO_MEM, "Out of memory.");
}

st_made *st_made_find(st_step *step, int output, int index) {
    for (int i = 0; i < step->made_count; i++)
        if (step->made[i].output == output && step->made[i].index == index)
            return &step->made[i];
    return NULL;
}

static const st_plan_target *target_of(const st_step *step, int output,
                                       int index) {
    for (int i = 0; i < step->plan->target_count; i++)
        if (step->plan->targets[i].output == output &&
            step->plan->targets[i].index == index)
            return &step->plan->targets[i];
    return NULL;
}

/* Does a later step take this output? */
static bool is_linked(const st_step *step, int output) {
    const st_plan *plan = step->run->plan;
    for (int s = step->number + 1; s < plan->step_count; s++)
        for (int i = 0; i < plan->steps[s].item_count; i++) {
            const st_plan_item *item = &plan->steps[s].items[i];
            if (item->file == NULL && item->step == step->number &&
                item->output == output)
                return true;
        }
    return false;
}

static bool is_wanted(void *host, int output) {
    const st_step *step = host;
    const st_output *about = &step->plan->stage->outputs[output];
    if (about->kind == ST_KIND_JSON)
        return true; /* part of the result document */
    for (int i = 0; i < step->plan->target_count; i++)
        if (step->plan->targets[i].output == output)
            return true;
    return is_linked(step, output);
}

/* The entry for output and index, made when new; NULL when out of memory.
 * Entries may move when another is made. */
static st_made *need(st_step *step, int output, int index) {
    st_made *made = st_made_find(step, output, index);
    if (made != NULL)
        return made;
    int n = step->made_count;
    if ((n & (n - 1)) == 0 &&
        st_regrow((void **)&step->made, (size_t)n, n == 0 ? 1 : 2 * (size_t)n,
                  sizeof *made) != ST_OK)
        return NULL;
    made = &step->made[step->made_count++];
    *made = (st_made){.output = output,
                      .index = index,
                      .target = target_of(step, output, index)};
    return made;
}

void st_made_deinit(st_made *made) {
    st_staged_drop(made->staged);
    st_folder_drop(made->folder);
    if (made->own != NULL)
        st_free(made->own->file);
    st_free(made->own);
    st_spool_free(made->spool);
    json_decref(made->document);
    st_free(made->label);
}

/* -- outputs that may have any number of items */

/* FOLDER/LABEL.wav; what parts paths becomes '_'. */
static st_status name_own(st_made *made, const st_plan_target *folder,
                          const char *label, st_err *err) {
    const char *ending = st_writer_format_name(made->container);
    size_t bytes = strlen(folder->file) + strlen(label) + strlen(ending) + 4;
    made->own = st_calloc(1, sizeof *made->own);
    char *path = st_calloc(bytes, 1);
    if (made->own == NULL || path == NULL) {
        st_free(path);
        return no_mem(err);
    }
    size_t end = strlen(folder->file);
    const char *slash = folder->file[end - 1] == '/' ? "" : "/";
    (void)snprintf(path, bytes, "%s%s%s.%s", folder->file, slash, label,
                   ending);
    for (char *c = path + end + strlen(slash); *c != '\0'; c++)
        if (*c == '/')
            *c = '_';
    *made->own = *folder;
    made->own->index = made->index;
    made->own->file = path;
    made->own->container = NULL;
    made->target = made->own;
    return ST_OK;
}

/* An item of a folder gets a file there, named by its label. */
static st_status find_place(st_step *step, st_made *made, const char *label,
                            st_err *err) {
    const st_plan_target *folder = target_of(step, made->output, -1);
    if (made->target != NULL || folder == NULL || label == NULL)
        return ST_OK;
    char *made_folder = NULL;
    st_status status = st_folder_make(&made_folder, folder->file, err);
    if (made_folder != NULL)
        made->folder = made_folder;
    if (status == ST_OK)
        status = name_own(made, folder, label, err);
    return status == ST_OK
               ? st_made_not_input(step->run->plan, made->target->file, err)
               : status;
}

/* -- container and depth */

static st_bits default_bits(st_write_format container) {
    return st_writer_is_integer(container, ST_DEPTH_DEFAULT) ? ST_BITS_24
                                                             : ST_BITS_F32;
}

/* What was asked for: by name, by the file's ending, else WAV. */
st_status st_made_resolve(const st_step *step, int output, int index,
                          const char *by_stage, st_write_format *container,
                          st_bits *bits, st_err *err) {
    const st_plan_target *target = target_of(step, output, index);
    const char *name = by_stage;
    st_status status = ST_OK;
    *container = ST_WRITE_WAV;
    if (name == NULL)
        name = step->plan->stage->outputs[output].container;
    if (name == NULL && target != NULL)
        name = target->container != NULL ? target->container : target->file;
    if (name != NULL)
        status = st_writer_format_find(name, container, err);
    *bits = default_bits(*container);
    if (target != NULL && target->bits != ST_BITS_ASKED && *bits != ST_BITS_F32)
        *bits = target->bits;
    return status;
}

static void asked_for(void *host, int output, int index, const char **container,
                      st_bits *bits) {
    st_write_format format = ST_WRITE_WAV;
    if (st_made_resolve(host, output, index, NULL, &format, bits, NULL) !=
        ST_OK)
        *bits = ST_BITS_24;
    *container = st_writer_format_name(format);
}

/* -- audio */

typedef struct {
    st_sink base;
    st_sink *inner;
    st_step *step;
    int output, index;
    int64_t frames;
} out_sink;

static st_status sink_write(st_sink *sink, const float *const *in,
                            int64_t frames, st_err *err) {
    out_sink *s = (out_sink *)sink;
    if (st_run_cancelled(s->step->run))
        return st_err_set(err, ST_CANCELLED, "Cancelled.");
    s->frames += frames;
    return st_sink_write(s->inner, in, frames, err);
}

static st_status sink_finish(st_sink *sink, st_err *err) {
    out_sink *s = (out_sink *)sink;
    st_status status = st_sink_finish(s->inner, err);
    st_lock(&s->step->lock);
    st_made *made = st_made_find(s->step, s->output, s->index);
    if (status == ST_OK && made != NULL) {
        made->format.frames = s->frames;
        made->done = true;
    }
    st_unlock(&s->step->lock);
    return status;
}

static void sink_free(st_sink *sink) {
    out_sink *s = (out_sink *)sink;
    st_sink_free(s->inner);
    st_free(s);
}

/* Tags for the new file: those of the input it comes from. */
static st_status tags_for(st_step *step, const st_made *made, int rate_hz,
                          st_meta *meta, st_err *err) {
    const st_output *about = &step->plan->stage->outputs[made->output];
    if (about->tags_from == NULL)
        return ST_OK;
    int input = st_input_find(step->plan->stage, about->tags_from);
    st_item *item = st_item_find(step, input, made->index);
    if (item == NULL || item->plan->file == NULL)
        return ST_OK;
    st_status status = st_item_know(item, err);
    if (status != ST_OK)
        return status;
    if (st_meta_copy(meta, &item->meta) != ST_OK)
        return no_mem(err);
    st_meta_resample(meta, item->format.rate_hz, rate_hz);
    if (!about->same_level)
        st_meta_drop_loudness(meta);
    return ST_OK;
}

/* Once for each file, however often it is written anew. */
static void say_lost(st_step *step, st_made *made, const st_meta *meta) {
    char lost[200];
    st_writer_lost(made->container, meta, lost, sizeof lost);
    if (lost[0] != '\0' && !made->said_lost)
        st_ctx_note(&step->ctx, "%s has no place for %s: left out.",
                    st_writer_format_name(made->container), lost);
    made->said_lost = true;
}

static st_status open_writer(st_step *step, st_made *made,
                             const st_format *format, st_sink **out,
                             st_err *err) {
    st_meta meta = {0};
    st_status status = tags_for(step, made, format->rate_hz, &meta, err);
    if (status == ST_OK && made->staged == NULL)
        status = st_staged_name(&made->staged, made->target->file, err);
    st_writer_options options = {
        .format = made->container,
        .depth = st_writer_is_integer(made->container, ST_DEPTH_DEFAULT)
                     ? (st_write_depth)made->bits
                     : ST_DEPTH_DEFAULT,
        .meta = &meta,
        .no_sync = true, /* see st_staged_keep */
    };
    if (status == ST_OK)
        status = st_writer_open(out, made->staged, format, &options, err);
    if (status == ST_OK)
        say_lost(step, made, &meta);
    st_meta_deinit(&meta);
    return status;
}

/* Without a target: float samples for a later step. */
static st_status open_spool(st_step *step, st_made *made,
                            const st_format *format, st_sink **out,
                            st_err *err) {
    st_spool_free(made->spool);
    made->spool = NULL;
    st_status status = st_spool_new(&made->spool, step->run->options->temp_dir,
                                    format->rate_hz, format->channels, err);
    if (status == ST_OK)
        status = st_spool_sink(made->spool, out, err);
    return status;
}

static st_status open_audio(void *host, int output, int index,
                            const st_out_spec *spec, st_sink **sink,
                            st_err *err) {
    st_step *step = host;
    st_made *made = need(step, output, index);
    if (made == NULL)
        return no_mem(err);
    st_status status = st_made_resolve(step, output, index, spec->container,
                                       &made->container, &made->bits, err);
    if (status != ST_OK)
        return status;
    if (spec->bits != ST_BITS_ASKED &&
        st_writer_is_integer(made->container, ST_DEPTH_DEFAULT))
        made->bits = spec->bits;
    status = find_place(step, made, spec->label, err);
    if (status != ST_OK)
        return status;
    made->done = false;
    made->format = spec->format;
    made->format.frames = 0;
    out_sink *s = st_calloc(1, sizeof *s);
    if (s == NULL)
        return no_mem(err);
    status = made->target != NULL
                 ? open_writer(step, made, &spec->format, &s->inner, err)
                 : open_spool(step, made, &spec->format, &s->inner, err);
    if (status != ST_OK) {
        st_free(s);
        return status;
    }
    if (spec->label != NULL && made->label == NULL)
        made->label = st_strdup(spec->label);
    static const st_sink_ops ops = {sink_write, sink_finish, sink_free};
    s->base = (st_sink){&ops, spec->format};
    s->step = step;
    s->output = output;
    s->index = index;
    *sink = &s->base;
    return ST_OK;
}

static st_status reread_audio(void *host, int output, int index,
                              st_source **source, st_err *err) {
    st_made *made = st_made_find(host, output, index);
    if (made == NULL || !made->done)
        return st_err_set(err, ST_NOT_FOUND, "Nothing was written there yet.");
    if (made->spool != NULL)
        return st_spool_source(made->spool, source, err);
    return st_reader_open(source, made->staged, NULL, err);
}

/* -- documents */

static st_status keep_json(void *host, int output, int index, json_t *document,
                           st_err *err) {
    st_made *made = need(host, output, index);
    if (made == NULL)
        return no_mem(err);
    json_decref(made->document);
    made->document = json_incref(document);
    made->done = true;
    return ST_OK;
}

/* The name to write under; NULL when nobody wants the bytes. */
static st_status name_for_bytes(st_step *step, int output, int index,
                                const char **name, st_err *err) {
    st_made *made = need(step, output, index);
    if (made == NULL)
        return no_mem(err);
    st_status status = ST_OK;
    made->done = false;
    if (made->target != NULL && made->staged == NULL)
        status = st_staged_name(&made->staged, made->target->file, err);
    *name = made->staged;
    return status;
}

static st_status write_pieces(const st_run *run, st_tempfile *file,
                              st_piece_fn next, void *ctx, st_err *err) {
    const void *bytes = NULL;
    size_t size = 0;
    int64_t at = 0;
    do {
        if (st_run_cancelled(run))
            return st_err_set(err, ST_CANCELLED, "Cancelled.");
        st_status status = next(ctx, &bytes, &size, err);
        if (status == ST_OK)
            status = st_tempfile_write(file, bytes, size, at, err);
        if (status != ST_OK)
            return status;
        at += (int64_t)size;
    } while (size > 0);
    return ST_OK;
}

/* -- the same, one at a time: stages may write from several threads */

static st_status made_audio(void *host, int output, int index,
                            const st_out_spec *spec, st_sink **sink,
                            st_err *err) {
    st_step *step = host;
    st_lock(&step->lock);
    st_status status = open_audio(host, output, index, spec, sink, err);
    st_unlock(&step->lock);
    return status;
}

static st_status made_reread(void *host, int output, int index,
                             st_source **source, st_err *err) {
    st_step *step = host;
    st_lock(&step->lock);
    st_status status = reread_audio(host, output, index, source, err);
    st_unlock(&step->lock);
    return status;
}

static st_status made_json(void *host, int output, int index, json_t *document,
                           st_err *err) {
    st_step *step = host;
    st_lock(&step->lock);
    st_status status = keep_json(host, output, index, document, err);
    st_unlock(&step->lock);
    return status;
}

/* The name is this output's own, so the writing needs no lock. */
static st_status made_pieces(void *host, int output, int index,
                             st_piece_fn next, void *ctx, st_err *err) {
    st_step *step = host;
    st_tempfile *file = NULL;
    const char *name = NULL;
    st_lock(&step->lock);
    st_status status = name_for_bytes(step, output, index, &name, err);
    st_unlock(&step->lock);
    if (status != ST_OK || name == NULL)
        return status;
    status = st_tempfile_new(&file, name, NULL, err);
    if (status == ST_OK)
        status = write_pieces(step->run, file, next, ctx, err);
    if (status == ST_OK) /* no sync: see st_staged_keep */
        status = st_tempfile_commit(file, false, err);
    st_tempfile_free(file);
    st_lock(&step->lock);
    st_made_find(step, output, index)->done = status == ST_OK;
    st_unlock(&step->lock);
    return status;
}

const st_out_ops st_made_ops = {
    .wanted = is_wanted,
    .asked = asked_for,
    .audio = made_audio,
    .reread = made_reread,
    .json = made_json,
    .pieces = made_pieces,
};

/* -- after the work */

static st_status stage_document(st_made *made, st_err *err) {
    char *text = NULL;
    st_status status = st_json_pretty(made->document, &text, err);
    if (status == ST_OK)
        status = st_staged_name(&made->staged, made->target->file, err);
    if (status == ST_OK)
        status = st_writer_put(made->staged, text, strlen(text), NULL, err);
    st_free(text);
    return status;
}

/* Everything staged first, so that a full disk changes nothing; then only
 * renames are left. */
st_status st_made_commit(st_run *run, st_err *err) {
    for (int pass = 0; pass < 2; pass++)
        for (int s = 0; s < run->plan->step_count; s++)
            for (int i = 0; i < run->steps[s].made_count; i++) {
                st_made *made = &run->steps[s].made[i];
                st_status status = ST_OK;
                if (run->steps[s].status != ST_OK || !made->done ||
                    made->target == NULL)
                    continue;
                if (pass == 0 && made->document != NULL)
                    status = stage_document(made, err);
                if (pass == 1) {
                    status =
                        st_staged_keep(made->staged, made->target->file, err);
                    if (status == ST_OK)
                        made->staged = NULL;
                }
                if (status != ST_OK)
                    return status;
            }
    return ST_OK;
}
