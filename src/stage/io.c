#include "stage/host.h"

#include "core/alloc.h"
#include "core/json.h"

#include <assert.h>
#include <string.h>

enum { JSON_INPUT_MAX_BYTES = 16 << 20 };

static int input_at(const st_in *in, const char *name) {
    int input = st_input_find(in->stage, name);
    assert(input >= 0);
    return input;
}

static int output_at(const st_out *out, const char *name) {
    int output = st_output_find(out->stage, name);
    assert(output >= 0);
    return output;
}

int st_in_count(const st_in *in, const char *name) {
    return in->ops->count(in->host, input_at(in, name));
}

const char *st_in_label(const st_in *in, const char *name, int index) {
    return in->ops->label(in->host, input_at(in, name), index);
}

double st_in_weight(const st_in *in, const char *name, int index) {
    return in->ops->weight(in->host, input_at(in, name), index);
}

st_bits st_in_bits(st_in *in, const char *name, int index) {
    return in->ops->bits(in->host, input_at(in, name), index);
}

int64_t st_in_timecode(st_in *in, const char *name, int index) {
    return in->ops->timecode(in->host, input_at(in, name), index);
}

st_status st_in_hash(st_in *in, const char *name, int index,
                     char text[ST_HASH_TEXT_BYTES], st_err *err) {
    const char *hash = in->ops->hash(in->host, input_at(in, name), index);
    if (hash == NULL || !st_hash_valid(hash))
        return st_err_set(err, ST_NOT_FOUND,
                          "The content of %s has no name yet.",
                          st_in_label(in, name, index));
    memcpy(text, hash, ST_HASH_TEXT_BYTES);
    return ST_OK;
}

st_status st_in_format(st_in *in, const char *name, int index, st_format *out,
                       st_err *err) {
    return in->ops->format(in->host, input_at(in, name), index, out, err);
}

st_status st_in_open(st_in *in, const char *name, int index, st_source **out,
                     st_err *err) {
    return in->ops->open(in->host, input_at(in, name), index, false, out, err);
}

st_status st_in_open_once(st_in *in, const char *name, int index,
                          st_source **out, st_err *err) {
    return in->ops->open(in->host, input_at(in, name), index, true, out, err);
}

st_status st_in_bytes(st_in *in, const char *name, int index, size_t max_bytes,
                      unsigned char **out, size_t *size, st_err *err) {
    return in->ops->bytes(in->host, input_at(in, name), index, max_bytes, out,
                          size, err);
}

st_status st_in_json(st_in *in, const char *name, int index, json_t **out,
                     st_err *err) {
    unsigned char *bytes = NULL;
    size_t size = 0;
    st_status status =
        st_in_bytes(in, name, index, JSON_INPUT_MAX_BYTES, &bytes, &size, err);
    if (status != ST_OK)
        return status;
    const st_json_limits limits = {.max_bytes = JSON_INPUT_MAX_BYTES};
    status = st_json_load(out, (const char *)bytes, size, &limits, err);
    st_free(bytes);
    if (status != ST_OK)
        st_err_prefix(err, "%s", st_in_label(in, name, index));
    return status;
}

bool st_out_wanted(const st_out *out, const char *name) {
    return out->ops->wanted(out->host, output_at(out, name));
}

void st_out_asked(const st_out *out, const char *name, int index,
                  const char **container, st_bits *bits) {
    out->ops->asked(out->host, output_at(out, name), index, container, bits);
}

st_status st_out_audio(st_out *out, const char *name, int index,
                       const st_out_spec *spec, st_sink **sink, st_err *err) {
    return out->ops->audio(out->host, output_at(out, name), index, spec, sink,
                           err);
}

st_status st_out_reread(st_out *out, const char *name, int index,
                        st_source **source, st_err *err) {
    return out->ops->reread(out->host, output_at(out, name), index, source,
                            err);
}

st_status st_out_json(st_out *out, const char *name, int index,
                      json_t *document, st_err *err) {
    return out->ops->json(out->host, output_at(out, name), index, document,
                          err);
}

st_status st_out_pieces(st_out *out, const char *name, int index,
                        st_piece_fn next, void *ctx, st_err *err) {
    return out->ops->pieces(out->host, output_at(out, name), index, next, ctx,
                            err);
}

typedef struct {
    const void *bytes;
    size_t size;
} whole;

static st_status all_at_once(void *ctx, const void **bytes, size_t *size,
                             st_err *err) {
    (void)err;
    whole *w = ctx;
    *bytes = w->bytes;
    *size = w->size;
    w->size = 0;
    return ST_OK;
}

st_status st_out_bytes(st_out *out, const char *name, int index,
                       const void *bytes, size_t size, st_err *err) {
    whole w = {bytes, size};
    return st_out_pieces(out, name, index, all_at_once, &w, err);
}
