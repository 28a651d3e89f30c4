/* convert: any readable file to any writable one, as a stage.
 * Source: audio/resample.h, audio/channels.h, dsp/dither.h, audio/writer.h.
 *
 * Read, fold and resample are one source; dither and write follow it. The
 * three run beside each other on long files. */
#include "audio/channels.h"
#include "audio/resample.h"
#include "audio/writer.h"
#include "dsp/dither.h"
#include "stage/stage.h"

#include <math.h>
#include <string.h>

enum {
    BLOCK_FRAMES = 16384,
    SLOTS = 4,
    POOL_MIN_S = 10 /* shorter files are done before threads start */
};

static const st_engine engines[] = {
    {.name = "dsp",
     .kind = ST_ENGINE_DSP,
     .help = "Linear-phase resampling, stated downmix and TPDF dither."},
    {0}};

static const char *const formats[] = {"wav", "aiff", "flac", "ogg",
                                      "mp3", "opus", NULL};
static const char *const depths[] = {"16", "24", "float", NULL};
static const char *const dithers[] = {"auto", "none", "white",
                                      "e5",   "e9",   NULL};
static const char *const qualities[] = {"fast", "high", "very_high", NULL};

static const st_param params[] = {
    {.name = "rate",
     .type = ST_PARAM_INT,
     .unit = "Hz",
     .min = ST_MIN_RATE_HZ,
     .max = ST_MAX_RATE_HZ,
     .unset = "as the input, or the nearest the format has",
     .help = "Sample rate of the output."},
    {.name = "channels",
     .type = ST_PARAM_INT,
     .min = 1,
     .max = ST_MAX_CHANNELS,
     .unset = "as the input",
     .help = "Channels of the output; fewer are folded down by ITU-R BS.775."},
    {.name = "format",
     .type = ST_PARAM_CHOICE,
     .choices = formats,
     .unset = "from the name of OUT",
     .help = "File format of the output."},
    {.name = "bits",
     .type = ST_PARAM_CHOICE,
     .choices = depths,
     .unset = "as the input, 24 where it has none",
     .help = "Sample depth of wav, aiff and flac (float: wav and aiff only)."},
    {.name = "dither",
     .type = ST_PARAM_CHOICE,
     .choices = dithers,
     .def_text = "auto",
     .help = "Dither: auto adds white TPDF when samples leave their grid; e5 "
             "and e9 shape the noise (44.1 and 48 kHz)."},
    {.name = "quality",
     .type = ST_PARAM_CHOICE,
     .choices = qualities,
     .def_text = "very_high",
     .help = "Quality of resampling: 16, 20 or 28 bits.",
     .advanced = true},
    {0}};

static const st_input inputs[] = {{.name = "audio",
                                   .kind = ST_KIND_AUDIO,
                                   .min_count = 1,
                                   .max_count = 1,
                                   .help = "The audio file to convert."},
                                  {0}};

static const st_output outputs[] = {
    {.name = "audio",
     .kind = ST_KIND_AUDIO,
     .tags_from = "audio",
     .same_level = true,
     .help = "The converted file, with the tags of the input."},
    {0}};

typedef struct {
    st_ctx *ctx;
    st_source *source;
    st_sink *sink;
    st_dither *dither; /* NULL: samples are written as they are */
    bool integer;
    st_buffer slot[SLOTS];
    int64_t got[SLOTS];
    int64_t frames, done_frames; /* -1 when the length is not known */
    int64_t over;                /* samples beyond full scale */
    float peak;
    st_err fault[3]; /* of each step: they fail beside each other */
} job;

/* -- what to make ---------------------------------------------------------- */

typedef struct {
    st_write_format format;
    st_bits bits;
    bool integer; /* the format has a depth, and it is no float */
    int rate_hz, channels;
} target;

static st_bits bits_asked(st_ctx *ctx, st_bits asked, st_bits of_input) {
    static const st_bits values[] = {ST_BITS_16, ST_BITS_24, ST_BITS_F32};
    if (st_ctx_has(ctx, "bits"))
        return values[st_ctx_choice(ctx, "bits")];
    return of_input != ST_BITS_ASKED ? of_input : asked;
}

/* FLAC holds no float: unless asked for, 24 bits stand in. */
static st_bits bits_possible(st_ctx *ctx, const target *t, st_bits bits) {
    bool stated = st_ctx_has(ctx, "bits");
    if (t->format == ST_WRITE_FLAC && bits == ST_BITS_F32 && !stated)
        return ST_BITS_24;
    return bits;
}

static void fold_for_format(st_ctx *ctx, target *t) {
    int most = st_writer_max_channels(t->format);
    if (t->channels <= most || st_ctx_has(ctx, "channels"))
        return;
    st_ctx_warn(ctx, "folded",
                "%s holds %d channels; the %d of the input were folded down.",
                st_writer_format_name(t->format), most, t->channels);
    t->channels = most;
}

static st_status decide(st_ctx *ctx, st_in *in, st_out *out,
                        const st_format *from, target *t, st_err *err) {
    const char *container = NULL;
    st_bits asked = ST_BITS_ASKED;
    st_out_asked(out, "audio", 0, &container, &asked);
    if (st_ctx_has(ctx, "format"))
        container = st_ctx_text(ctx, "format");
    st_status status = st_writer_format_find(container, &t->format, err);
    if (status != ST_OK)
        return status;
    st_bits bits = bits_asked(ctx, asked, st_in_bits(in, "audio", 0));
    t->bits = bits_possible(ctx, t, bits);
    t->integer = st_writer_is_integer(t->format, (st_write_depth)t->bits);
    t->channels = st_ctx_has(ctx, "channels") ? (int)st_ctx_int(ctx, "channels")
                                              : from->channels;
    fold_for_format(ctx, t);
    t->rate_hz = st_ctx_has(ctx, "rate")
                     ? (int)st_ctx_int(ctx, "rate")
                     : st_writer_rate(t->format, from->rate_hz);
    return ST_OK;
}

/* Are the samples on the output's grid already? */
static bool on_grid(st_in *in, const st_format *from, const target *t) {
    st_bits bits = st_in_bits(in, "audio", 0);
    return from->rate_hz == t->rate_hz && from->channels == t->channels &&
           (bits == ST_BITS_16 || bits == ST_BITS_24) && bits <= t->bits;
}

static st_status make_dither(st_ctx *ctx, st_in *in, const st_format *from,
                             const target *t, st_dither **out, st_err *err) {
    static const st_dither_shape shapes[] = {ST_SHAPE_NONE, ST_SHAPE_NONE,
                                             ST_SHAPE_NONE, ST_SHAPE_LIPSHITZ5,
                                             ST_SHAPE_E9};
    int choice = st_ctx_choice(ctx, "dither");
    const char *name = dithers[choice];
    if (!t->integer || (strcmp(name, "auto") == 0 && on_grid(in, from, t)))
        return ST_OK;
    st_dither_params about = st_dither_defaults();
    about.bits = (int)t->bits;
    about.shape = shapes[choice];
    about.dithered = strcmp(name, "none") != 0;
    about.auto_blank = true;
    if (about.shape != ST_SHAPE_NONE && !st_dither_can_shape(t->rate_hz))
        return st_err_set(err, ST_UNSUPPORTED,
                          "Dither %s exists for 44100 and 48000 Hz, not %d; "
                          "use --dither white.",
                          name, t->rate_hz);
    st_spec spec = {.rate_hz = t->rate_hz,
                    .channels = t->channels,
                    .max_frames = BLOCK_FRAMES};
    st_status status = st_dither_new(out, &spec, &about);
    if (status != ST_OK)
        return st_err_set(err, status, "Dither could not be made: %s.",
                          st_status_name(status));
    return ST_OK;
}

/* -- steps of the pipeline ---------------------------------------------------
 */

static st_status read_block(void *ctx, int64_t block, int slot) {
    job *j = ctx;
    (void)block;
    st_status status =
        st_source_read(j->source, j->slot[slot].channel, BLOCK_FRAMES,
                       &j->got[slot], &j->fault[0]);
    if (status != ST_OK)
        return status;
    return j->got[slot] == 0 ? ST_PIPE_END : ST_OK;
}

static void count_over(job *j, const st_buffer *buffer, int64_t frames) {
    for (int c = 0; c < buffer->channels; c++)
        for (int64_t i = 0; i < frames; i++) {
            float level = fabsf(buffer->channel[c][i]);
            j->over += level > 1.0f;
            j->peak = level > j->peak ? level : j->peak;
        }
}

static st_status dither_block(void *ctx, int64_t block, int slot) {
    job *j = ctx;
    (void)block;
    st_buffer *buffer = &j->slot[slot];
    int64_t frames = j->got[slot];
    if (j->integer)
        count_over(j, buffer, frames);
    if (j->dither != NULL)
        st_dither_process(j->dither, (const float *const *)buffer->channel,
                          buffer->channel, (int)frames);
    return ST_OK;
}

static st_status write_block(void *ctx, int64_t block, int slot) {
    job *j = ctx;
    (void)block;
    st_status status =
        st_sink_write(j->sink, (const float *const *)j->slot[slot].channel,
                      j->got[slot], &j->fault[2]);
    j->done_frames += j->got[slot];
    if (status == ST_OK && j->frames > 0)
        st_ctx_progress(j->ctx, (double)j->done_frames / (double)j->frames,
                        "converting");
    return status;
}

static st_status pump(job *j, st_err *err) {
    st_status status = ST_OK;
    const st_format *format = &j->source->format;
    bool brief = format->frames >= 0 &&
                 format->frames < (int64_t)POOL_MIN_S * format->rate_hz;
    for (int i = 0; status == ST_OK && i < SLOTS; i++)
        status = st_buffer_init(&j->slot[i], format->channels, BLOCK_FRAMES);
    if (status != ST_OK)
        (void)st_err_set(err, status, "Out of memory.");
    const st_pipe_step steps[] = {
        {read_block, j}, {dither_block, j}, {write_block, j}};
    if (status == ST_OK)
        status = st_pipe_run(brief ? NULL : st_ctx_pool(j->ctx), steps, 3, -1,
                             SLOTS);
    for (int i = 0; status != ST_OK && err != NULL && i < 3; i++)
        if (j->fault[i].status == status)
            *err = j->fault[i];
    for (int i = 0; i < SLOTS; i++)
        st_buffer_deinit(&j->slot[i]);
    if (status == ST_OK)
        status = st_sink_finish(j->sink, err);
    return status;
}

static void say_clipped(const job *j) {
    if (j->over == 0)
        return;
    st_ctx_warn(j->ctx, "clipped",
                "%lld samples passed full scale, by up to %.1f dB, and were "
                "clipped; write --bits float to keep them.",
                (long long)j->over, 20 * log10((double)j->peak));
}

/* -- putting it together ------------------------------------------------------
 */

/* `*source` becomes a source of the target's rate and channels; it stays the
 * caller's, also on error. Whatever has fewer channels is resampled. */
static st_status adapt(st_ctx *ctx, const target *t, st_source **source,
                       st_err *err) {
    static const st_resample_quality quality[] = {
        ST_RESAMPLE_FAST, ST_RESAMPLE_HIGH, ST_RESAMPLE_VERY_HIGH};
    st_status status = ST_OK;
    bool fold_first = t->channels < (*source)->format.channels;
    if (fold_first)
        status = st_channels_source_new(source, *source, t->channels, err);
    if (status == ST_OK)
        status =
            st_resample_source_new(source, *source, t->rate_hz,
                                   quality[st_ctx_choice(ctx, "quality")], err);
    if (status == ST_OK && !fold_first)
        status = st_channels_source_new(source, *source, t->channels, err);
    return status;
}

static st_status convert(st_ctx *ctx, st_in *in, st_out *out,
                         st_source **source, st_err *err) {
    target t = {0};
    st_format from = (*source)->format;
    job j = {.ctx = ctx};
    st_status status = decide(ctx, in, out, &from, &t, err);
    if (status == ST_OK)
        status = adapt(ctx, &t, source, err);
    if (status == ST_OK)
        status = make_dither(ctx, in, &from, &t, &j.dither, err);
    if (status != ST_OK)
        return status;
    j.source = *source;
    j.frames = j.source->format.frames;
    j.integer = t.integer;
    st_out_spec spec = {.format = j.source->format,
                        .container = st_writer_format_name(t.format),
                        .bits = t.bits};
    status = st_out_audio(out, "audio", 0, &spec, &j.sink, err);
    if (status == ST_OK)
        status = pump(&j, err);
    if (status == ST_OK)
        say_clipped(&j);
    st_sink_free(j.sink);
    st_dither_free(j.dither);
    return status;
}

static st_status run(st_ctx *ctx, st_in *in, st_out *out, st_err *err) {
    st_source *source = NULL;
    st_ctx_progress(ctx, 0, "converting");
    st_status status = st_in_open_once(in, "audio", 0, &source, err);
    if (status != ST_OK)
        return status;
    status = convert(ctx, in, out, &source, err);
    st_source_free(source);
    return status;
}

extern const st_stage st_stage_convert;
const st_stage st_stage_convert = {
    .name = "convert",
    .help = "Turn any readable file into any writable one, keeping its tags.",
    .more = "Samples that fit the output's grid arrive bit for bit; all others "
            "are dithered. The format follows the ending of OUT unless "
            "--format says otherwise. Tags, pictures, cue points and broadcast "
            "data go along as far as the format can hold them.",
    .version = 1,
    .engines = engines,
    .span = {.kind = ST_SPAN_STREAM},
    .params = params,
    .inputs = inputs,
    .outputs = outputs,
    .run = run,
};
