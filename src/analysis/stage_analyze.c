/* analyze: all that can be measured and heard in one file, as a stage.
 * Source: analysis/listen.h, docs/measures.md. */
#include "analysis/listen.h"
#include "analysis/overview.h"
#include "core/alloc.h"
#include "stage/stage.h"

#include <string.h>

enum {
    POOL_MIN_S = 10,        /* shorter files are done before threads start */
    SERIES_CAPACITY = 1200, /* points, when asked for */
    CHUNK = 256             /* rows of a table written at a time */
};
static const double midi_bpm = 120.0; /* where the music has no tempo */

static const char *const pitches[] = {"off", "tracker", "swiftf0", NULL};

static const st_engine engines[] = {
    {.name = "listen",
     .kind = ST_ENGINE_NEURAL,
     .model = "beat harmony role swiftf0",
     .help = "The meters, and what small built-in networks hear of beats, "
             "chords and roles, in one pass."},
    {.name = "meter",
     .kind = ST_ENGINE_DSP,
     .help = "Only the meters: BS.1770-5 loudness, EBU R 128 ranges and true "
             "peak."},
    {0}};

static const st_param params[] = {
    {.name = "pitch",
     .type = ST_PARAM_CHOICE,
     .def_text = "off",
     .choices = pitches,
     .help = "Follow the pitch of one voice or instrument: by the tracker, or "
             "by the network SwiftF0."},
    {.name = "series",
     .type = ST_PARAM_BOOL,
     .help = "Add loudness, peaks, RMS and pitch over time to the JSON "
             "result."},
    {0}};

static const st_input inputs[] = {{.name = "audio",
                                   .kind = ST_KIND_AUDIO,
                                   .min_count = 1,
                                   .max_count = 1,
                                   .help = "The audio file to measure."},
                                  {0}};

static const st_output outputs[] = {
    {.name = "meters",
     .kind = ST_KIND_JSON,
     .help = "Loudness, peaks, stereo image and faults of the file."},
    {.name = "music",
     .kind = ST_KIND_JSON,
     .help = "Tempo, beats, key, chords, sections, role and pitch."},
    {.name = "waveform",
     .kind = ST_KIND_JSON,
     .help = "What stands where in the file of --peaks, and its names."},
    {.name = "peaks",
     .kind = ST_KIND_DATA,
     .flag = "peaks",
     .by_content = true,
     .help =
         "Write the waveform's peaks (least, greatest, RMS) at every zoom."},
    {.name = "live",
     .kind = ST_KIND_DATA,
     .flag = "live",
     .container = "jsonl",
     .help = "Write the frames that pictures move to, 30 a second, as JSON "
             "Lines."},
    {.name = "features",
     .kind = ST_KIND_DATA,
     .flag = "features",
     .container = "npy",
     .help = "Write MFCC with slopes, chroma and tonnetz of each frame as "
             "NumPy's NPY."},
    {.name = "plot",
     .kind = ST_KIND_HTML,
     .flag = "plot",
     .help = "Draw all of it on one page."},
    {.name = "midi",
     .kind = ST_KIND_MIDI,
     .flag = "midi",
     .help = "Write the notes of the pitch track as a MIDI file."},
    {.name = "mel",
     .kind = ST_KIND_IMAGE,
     .flag = "mel",
     .help = "Draw the mel spectrogram as PNG."},
    {.name = "stft",
     .kind = ST_KIND_IMAGE,
     .flag = "stft",
     .help = "Draw the spectrogram as PNG."},
    {.name = "multires",
     .kind = ST_KIND_IMAGE,
     .flag = "multires",
     .help = "Draw the spectrogram of five window lengths as PNG: sharp in "
             "bass notes and attacks."},
    {.name = "cqt",
     .kind = ST_KIND_IMAGE,
     .flag = "cqt",
     .help = "Draw the constant-Q spectrogram as PNG."},
    {.name = "chroma",
     .kind = ST_KIND_IMAGE,
     .flag = "chroma",
     .help = "Draw the pitch classes as PNG."},
    {0}};

static const struct {
    const char *output;
    st_picture_kind kind;
} pictures[] = {{"mel", ST_PICTURE_MEL},
                {"stft", ST_PICTURE_STFT},
                {"multires", ST_PICTURE_MULTIRES},
                {"cqt", ST_PICTURE_CQT},
                {"chroma", ST_PICTURE_CHROMA}};
enum { PICTURES = sizeof pictures / sizeof *pictures };

/* One run of the stage. */
typedef struct {
    st_ctx *ctx;
    st_in *in;
    st_out *out;
    int64_t length; /* frames, -1 unknown */
    const char *label;
    st_listen_params params;
    bool plot;
} work;

static bool tick(void *ctx, int64_t frames) {
    work *w = ctx;
    if (w->length > 0 && frames <= w->length)
        st_ctx_progress(w->ctx, 0.85 * (double)frames / (double)w->length,
                        "listening");
    return st_ctx_cancelled(w->ctx);
}

/* What must be kept for what is wanted. */
static void decide(work *w) {
    st_listen_params *p = &w->params;
    int pitch = st_ctx_choice(w->ctx, "pitch");
    w->plot = st_out_wanted(w->out, "plot");
    p->music = w->plot || strcmp(st_ctx_engine(w->ctx), "listen") == 0;
    p->pitch = (st_listen_pitch)pitch;
    if (p->pitch == ST_LISTEN_PITCH_OFF && st_out_wanted(w->out, "midi"))
        p->pitch = ST_LISTEN_PITCH_TRACKER;
    p->series_capacity =
        w->plot || st_ctx_bool(w->ctx, "series") ? SERIES_CAPACITY : 0;
    p->peaks = w->plot || st_out_wanted(w->out, "peaks");
    p->live = st_out_wanted(w->out, "live");
    p->features = st_out_wanted(w->out, "features");
    p->pictures = w->plot;
    p->multires = st_out_wanted(w->out, "multires");
    for (int i = 0; i < PICTURES; i++)
        p->pictures |= pictures[i].kind != ST_PICTURE_MULTIRES &&
                       st_out_wanted(w->out, pictures[i].output);
}

/* --- what comes out --- */

static st_status give_json(work *w, const char *name, json_t *doc,
                           st_err *err) {
    st_status status = doc != NULL
                           ? st_out_json(w->out, name, 0, doc, err)
                           : st_err_set(err, ST_NO_MEM, "Out of memory.");
    json_decref(doc);
    return status;
}

static st_status give_meters(work *w, const st_listen_result *h, st_err *err) {
    st_meter_result figures;
    st_meter_get(h->meter, &figures);
    json_t *meters = st_meter_json(&figures);
    if (meters != NULL && st_ctx_bool(w->ctx, "series")) {
        st_meter_series points;
        st_meter_get_series(h->meter, &points);
        if (json_object_set_new(
                meters, "series",
                st_meter_series_json(&points, h->format.rate_hz)) != 0) {
            json_decref(meters);
            meters = NULL;
        }
    }
    return give_json(w, "meters", meters, err);
}

static st_status give_midi(work *w, const st_listen_result *h, st_err *err) {
    bool steady = h->rhythm != NULL && h->rhythm->has_tempo;
    double bpm = steady ? h->rhythm->bpm : midi_bpm;
    st_midi *midi = NULL;
    uint8_t *bytes = NULL;
    size_t size = 0;
    st_status status =
        st_notes_midi(h->notes, h->note_count, bpm, w->label, &midi);
    if (status != ST_OK)
        return st_err_set(err, status, "The MIDI file could not be made: %s.",
                          st_status_name(status));
    status = st_midi_write(midi, &bytes, &size, err);
    if (status == ST_OK)
        status = st_out_bytes(w->out, "midi", 0, bytes, size, err);
    if (status == ST_OK && h->note_count == 0)
        st_ctx_warn(w->ctx, "no_notes",
                    "No note was found; the MIDI file is empty. Pitch is "
                    "followed in one voice or instrument alone.");
    st_free(bytes);
    st_midi_free(midi);
    return status;
}

static st_status give_picture(work *w, const st_listen_result *h, int i,
                              st_err *err) {
    unsigned char *bytes = NULL;
    size_t size = 0;
    st_status status = st_spectra_picture(h->spectra, pictures[i].kind,
                                          w->label, 0, 0, &bytes, &size);
    if (status != ST_OK)
        return st_err_set(err, status, "The %s picture could not be drawn: %s.",
                          pictures[i].output, st_status_name(status));
    status = st_out_bytes(w->out, pictures[i].output, 0, bytes, size, err);
    st_free(bytes);
    return status;
}

/* All levels in one file, and the document that says where they lie. */
static st_status give_peaks(work *w, const st_listen_result *h, st_err *err) {
    char hash[ST_HASH_TEXT_BYTES];
    size_t size = st_peaks_file_bytes(h->peaks);
    unsigned char *bytes = st_calloc(size > 0 ? size : 1, 1);
    st_status status = ST_NO_MEM;
    if (bytes == NULL)
        return st_err_set(err, status, "Out of memory.");
    st_peaks_file_write(h->peaks, bytes);
    status = st_in_hash(w->in, "audio", 0, hash, err);
    if (status == ST_OK)
        status = st_out_bytes(w->out, "peaks", 0, bytes, size, err);
    st_free(bytes);
    return status == ST_OK
               ? give_json(w, "waveform", st_peaks_json(h->peaks, hash), err)
               : status;
}

/* Rows of a table, a chunk at a time. */
typedef struct {
    const st_listen_result *heard;
    int64_t at; /* rows given; -1: not even the head */
    unsigned char *bytes;
} rows;

static int64_t next_rows(rows *r, int64_t all) {
    int64_t count = all - r->at < CHUNK ? all - r->at : CHUNK;
    r->at += count;
    return count;
}

static st_status live_piece(void *ctx, const void **bytes, size_t *size,
                            st_err *err) {
    rows *r = ctx;
    int64_t count = next_rows(r, st_live_lines_count(r->heard->live));
    *bytes = r->bytes;
    return st_live_lines_text(r->heard->live, r->at - count, count,
                              (char *)r->bytes, size, err);
}

static st_status features_piece(void *ctx, const void **bytes, size_t *size,
                                st_err *err) {
    rows *r = ctx;
    const st_features *f = r->heard->features;
    *bytes = r->bytes;
    if (r->at < 0) {
        r->at = 0;
        *size = ST_FEATURES_HEAD;
        st_features_head(f, r->bytes);
        return ST_OK;
    }
    int64_t count = next_rows(r, st_features_rows(f));
    *size = (size_t)count * ST_FEATURES_ROW;
    return st_features_read(f, r->at - count, count, r->bytes, err);
}

static st_status give_rows(work *w, const st_listen_result *h, const char *name,
                           st_piece_fn next, int64_t first, size_t row,
                           st_err *err) {
    rows r = {h, first, st_calloc(CHUNK, row)};
    if (r.bytes == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    st_status status = st_out_pieces(w->out, name, 0, next, &r, err);
    st_free(r.bytes);
    return status;
}

static st_status give_plot(work *w, const st_listen_result *h, st_err *err) {
    st_text page = {0};
    st_status status = st_overview_write(&page, h, w->label);
    if (status == ST_OK)
        status = st_out_bytes(w->out, "plot", 0, page.data, page.length, err);
    else
        status = st_err_set(err, status, "The page could not be drawn: %s.",
                            st_status_name(status));
    st_free(page.data);
    return status;
}

static st_status give(work *w, const st_listen_result *h, st_err *err) {
    st_status status = give_meters(w, h, err);
    if (status == ST_OK && (w->params.music || w->params.pitch))
        status = give_json(
            w, "music", st_listen_json(h, st_ctx_bool(w->ctx, "series")), err);
    if (status == ST_OK && st_out_wanted(w->out, "peaks"))
        status = give_peaks(w, h, err);
    if (status == ST_OK && h->live != NULL)
        status = give_rows(w, h, "live", live_piece, 0, ST_LIVE_LINE, err);
    if (status == ST_OK && h->features != NULL)
        status = give_rows(w, h, "features", features_piece, -1,
                           ST_FEATURES_ROW, err);
    if (status == ST_OK && st_out_wanted(w->out, "midi"))
        status = give_midi(w, h, err);
    for (int i = 0; status == ST_OK && i < PICTURES; i++)
        if (st_out_wanted(w->out, pictures[i].output))
            status = give_picture(w, h, i, err);
    if (status == ST_OK && w->plot)
        status = give_plot(w, h, err);
    return status;
}

static st_status run(st_ctx *ctx, st_in *in, st_out *out, st_err *err) {
    work w = {
        .ctx = ctx, .in = in, .out = out, .label = st_in_label(in, "audio", 0)};
    st_source *source = NULL;
    st_listen *listen = NULL;
    st_ctx_progress(ctx, 0, "listening");
    decide(&w);
    st_status status = st_ctx_folder(ctx, &w.params.scratch, err);
    if (status == ST_OK)
        status = st_in_open_once(in, "audio", 0, &source, err);
    if (status != ST_OK)
        return status;
    const st_format *format = &source->format;
    w.length = format->frames;
    bool brief = format->frames >= 0 &&
                 format->frames < (int64_t)POOL_MIN_S * format->rate_hz;
    const st_flow_watch watch = {tick, &w};
    status = st_listen_new(&listen, format, &w.params, err);
    if (status == ST_OK)
        status = st_listen_run(listen, source, brief ? NULL : st_ctx_pool(ctx),
                               &watch, err);
    st_source_free(source);
    if (status == ST_OK)
        status = give(&w, st_listen_get(listen), err);
    st_listen_free(listen);
    return status;
}

extern const st_stage st_stage_analyze;
const st_stage st_stage_analyze = {
    .name = "analyze",
    .help = "Measure a file and hear its music: loudness, tempo, key, chords.",
    .more =
        "Levels follow ITU-R BS.1770-5 and EBU R 128 / Tech 3341 / 3342. "
        "Tempo, beats and metre, key and chords, sections, the role of a stem "
        "and, by request, the pitch of one voice are heard in the same pass; "
        "what the music does not have is none, with the reason. The formula "
        "of each is in docs/measures.md. Several files are measured one after "
        "the other; one that cannot be read does not stop the rest.",
    .version = 2,
    .engines = engines,
    .span = {.kind = ST_SPAN_STREAM},
    .params = params,
    .inputs = inputs,
    .outputs = outputs,
    .cacheable = true,
    .run = run,
};
