#include "stemma/audio.h"

#include "api/api.h"
#include "audio/reader.h"
#include "audio/writer.h"

stemma_status stemma_reader_open(stemma_reader **out, const char *path,
                                 stemma_error *error) {
    st_err err = {0};
    st_source *source = NULL;
    st_status status = st_reader_open(&source, path, NULL, &err);
    if (status == ST_OK)
        *out = (stemma_reader *)source;
    return st_api_give(status, &err, error);
}

void stemma_reader_free(stemma_reader *reader) {
    st_source_free((st_source *)reader);
}

stemma_format stemma_reader_format(const stemma_reader *reader) {
    const st_format *format = &((const st_source *)reader)->format;
    return (stemma_format){format->rate_hz, format->channels, format->frames};
}

stemma_status stemma_reader_read(stemma_reader *reader, float *const *out,
                                 int64_t frames, int64_t *got,
                                 stemma_error *error) {
    st_err err = {0};
    st_status status =
        frames < 0
            ? st_err_set(&err, ST_BAD_ARG, "frames is negative.")
            : st_source_read((st_source *)reader, out, frames, got, &err);
    return st_api_give(status, &err, error);
}

stemma_status stemma_reader_seek(stemma_reader *reader, int64_t frame,
                                 stemma_error *error) {
    st_err err = {0};
    st_status status = frame < 0
                           ? st_err_set(&err, ST_BAD_ARG, "frame is negative.")
                           : st_source_seek((st_source *)reader, frame, &err);
    return st_api_give(status, &err, error);
}

stemma_status stemma_writer_open(stemma_writer **out, const char *path,
                                 const char *container, int bits,
                                 const stemma_format *format,
                                 stemma_error *error) {
    st_err err = {0};
    st_sink *sink = NULL;
    st_writer_options options = {.depth = (st_write_depth)bits};
    st_format inner = {format->rate_hz, format->channels, format->frames};
    st_status status = ST_OK;
    if (bits != 0 && bits != 16 && bits != 24 && bits != 32)
        status = st_err_set(&err, ST_BAD_ARG,
                            "bits is %d; it must be 0, 16, 24 or 32.", bits);
    if (status == ST_OK)
        status = st_writer_format_find(container != NULL ? container : path,
                                       &options.format, &err);
    if (status == ST_OK)
        status = st_writer_open(&sink, path, &inner, &options, &err);
    if (status == ST_OK)
        *out = (stemma_writer *)sink;
    return st_api_give(status, &err, error);
}

stemma_status stemma_writer_write(stemma_writer *writer, const float *const *in,
                                  int64_t frames, stemma_error *error) {
    st_err err = {0};
    st_status status = frames < 0
                           ? st_err_set(&err, ST_BAD_ARG, "frames is negative.")
                           : st_sink_write((st_sink *)writer, in, frames, &err);
    return st_api_give(status, &err, error);
}

stemma_status stemma_writer_finish(stemma_writer *writer, stemma_error *error) {
    st_err err = {0};
    return st_api_give(st_sink_finish((st_sink *)writer, &err), &err, error);
}

void stemma_writer_free(stemma_writer *writer) {
    st_sink_free((st_sink *)writer);
}
