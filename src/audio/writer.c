#include "audio/writer.h"

#include "audio/writer_impl.h"
#include "core/alloc.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct {
    const char *name;
    const char *endings[4];
    int max_channels;
    int depths[4]; /* possible ones, the default first */
} format_row;

static const format_row rows[ST_WRITE_FORMAT_COUNT] = {
    {"wav", {"wav", "wave", "bwf"}, 8, {24, 16, 32}},
    {"aiff", {"aiff", "aif", "aifc"}, 8, {24, 16, 32}},
    {"flac", {"flac"}, 8, {24, 16}},
    {"ogg", {"ogg", "oga"}, 8, {0}},
    {"mp3", {"mp3"}, 2, {0}},
    {"opus", {"opus"}, 8, {0}},
};

static bool row_has(const format_row *row, const char *ending) {
    for (int i = 0; i < 4 && row->endings[i] != NULL; i++)
        if (strcasecmp(row->endings[i], ending) == 0)
            return true;
    return false;
}

st_status st_writer_format_find(const char *name_or_path, st_write_format *out,
                                st_err *err) {
    const char *dot = strrchr(name_or_path, '.');
    const char *slash = strrchr(name_or_path, '/');
    const char *ending = name_or_path;
    if (dot != NULL && (slash == NULL || dot > slash))
        ending = dot + 1;
    for (int i = 0; i < ST_WRITE_FORMAT_COUNT; i++)
        if (row_has(&rows[i], ending)) {
            *out = (st_write_format)i;
            return ST_OK;
        }
    return st_err_set(err, ST_UNSUPPORTED,
                      "'%s' names no format that can be written: use wav, "
                      "aiff, flac, ogg, mp3 or opus.",
                      name_or_path);
}

const char *st_writer_format_name(st_write_format format) {
    return rows[format].name;
}

bool st_writer_is_integer(st_write_format format, st_write_depth depth) {
    return rows[format].depths[0] != 0 && depth != ST_DEPTH_FLOAT;
}

int st_writer_max_channels(st_write_format format) {
    return rows[format].max_channels;
}

int st_writer_rate(st_write_format format, int rate_hz) {
    static const int mp3[] = {8000,  11025, 12000, 16000, 22050,
                              24000, 32000, 44100, 48000};
    if (format == ST_WRITE_OPUS)
        return 48000;
    if (format == ST_WRITE_OGG)
        return rate_hz > 192000 ? 192000 : rate_hz;
    if (format != ST_WRITE_MP3)
        return rate_hz;
    for (size_t i = 0; i < sizeof mp3 / sizeof *mp3; i++)
        if (mp3[i] >= rate_hz)
            return mp3[i];
    return 48000;
}

static void add_words(char *out, size_t bytes, const char *words) {
    size_t used = strlen(out);
    (void)snprintf(out + used, bytes - used, "%s%s", used > 0 ? ", " : "",
                   words);
}

/* AIFF's marks are points with a name. */
static bool has_more_than_marks(const st_meta *meta) {
    for (size_t i = 0; i < meta->cue_count; i++)
        if (meta->cues[i].note != NULL || meta->cues[i].length_frames > 0)
            return true;
    return false;
}

void st_writer_lost(st_write_format format, const st_meta *meta, char *out,
                    size_t bytes) {
    char words[32];
    out[0] = '\0';
    if (format == ST_WRITE_AIFF && has_more_than_marks(meta))
        add_words(out, bytes, "notes and lengths of cue points");
    if (format != ST_WRITE_MP3 && format != ST_WRITE_OGG &&
        format != ST_WRITE_OPUS)
        return;
    if (meta->bext != NULL)
        add_words(out, bytes, "broadcast data (bext)");
    (void)snprintf(words, sizeof words, "%zu cue point%s", meta->cue_count,
                   meta->cue_count == 1 ? "" : "s");
    if (meta->cue_count > 0)
        add_words(out, bytes, words);
    for (size_t i = 0; i < meta->chunk_count; i++)
        add_words(out, bytes, meta->chunks[i].id);
}

static st_status check_depth(st_writer *core, st_err *err) {
    const format_row *row = &rows[core->options.format];
    if (core->options.depth == ST_DEPTH_DEFAULT || row->depths[0] == 0) {
        core->options.depth = (st_write_depth)row->depths[0];
        return ST_OK;
    }
    for (int i = 0; i < 4; i++)
        if (row->depths[i] == (int)core->options.depth)
            return ST_OK;
    return st_err_set(err, ST_UNSUPPORTED,
                      "%s holds 16 or 24 bits%s: choose another depth or "
                      "format.",
                      row->name, row->depths[2] == 32 ? " or float" : "");
}

static st_status check_format(st_writer *core, const st_format *format,
                              st_err *err) {
    st_write_format kind = core->options.format;
    if (format->channels < 1 || format->channels > rows[kind].max_channels)
        return st_err_set(err, ST_UNSUPPORTED,
                          "%s holds 1 to %d channels, not %d: choose fewer "
                          "channels or another format.",
                          rows[kind].name, rows[kind].max_channels,
                          format->channels);
    if (format->rate_hz < ST_MIN_RATE_HZ || format->rate_hz > ST_MAX_RATE_HZ)
        return st_err_set(err, ST_UNSUPPORTED,
                          "A rate of %d Hz cannot be written: %d to %d Hz can.",
                          format->rate_hz, ST_MIN_RATE_HZ, ST_MAX_RATE_HZ);
    int rate = st_writer_rate(kind, format->rate_hz);
    if (rate != format->rate_hz)
        return st_err_set(err, ST_UNSUPPORTED,
                          "%s cannot hold %d Hz: resample to %d Hz first.",
                          rows[kind].name, format->rate_hz, rate);
    return check_depth(core, err);
}

st_status st_writer_open(st_sink **out, const char *path,
                         const st_format *format,
                         const st_writer_options *options, st_err *err) {
    st_writer core = {.base = {.format = *format}, .options = *options};
    st_status status = check_format(&core, format, err);
    if (status != ST_OK)
        return status;
    if (options->meta != NULL &&
        st_meta_copy(&core.meta, options->meta) != ST_OK)
        return st_err_set(err, ST_NO_MEM, "Not enough memory for the tags.");
    st_writer *writer = NULL;
    status = st_tempfile_new(&core.file, path, options->input, err);
    bool pcm =
        options->format == ST_WRITE_WAV || options->format == ST_WRITE_AIFF;
    if (status == ST_OK)
        status = pcm ? st_writer_open_pcm(&writer, &core, err)
                     : st_writer_open_codec(&writer, &core, err);
    if (status != ST_OK)
        st_writer_close(&core);
    else
        *out = &writer->base;
    return status;
}

void st_writer_close(st_writer *core) {
    st_tempfile_free(core->file);
    st_meta_deinit(&core->meta);
}

st_status st_writer_put(const char *path, const void *data, size_t bytes,
                        const char *input, st_err *err) {
    st_tempfile *file = NULL;
    st_status status = st_tempfile_new(&file, path, input, err);
    if (status == ST_OK)
        status = st_tempfile_write(file, data, bytes, 0, err);
    if (status == ST_OK)
        status = st_tempfile_commit(file, true, err);
    st_tempfile_free(file);
    return status;
}

void st_writer_unlink_all(void) {
    st_tempfile_unlink_all();
}
