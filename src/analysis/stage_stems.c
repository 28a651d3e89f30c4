/* stems: compare the stems of one song, as a stage.
 * Source: analysis/stems.h. */
#include "analysis/stems.h"
#include "audio/channels.h"
#include "stage/stage.h"

#include <string.h>

static const st_engine engines[] = {
    {.name = "compare",
     .kind = ST_ENGINE_DSP,
     .help = "Masking over Bark bands and coherence of each pair, in one "
             "pass."},
    {0}};

static const st_param params[] = {
    {.name = "series",
     .type = ST_PARAM_BOOL,
     .help = "Add masked share, excess and the worst band over time to the "
             "JSON result."},
    {0}};

static const st_input inputs[] = {
    {.name = "audio",
     .kind = ST_KIND_AUDIO,
     .min_count = 2,
     .max_count = ST_STEMS_MAX,
     .help = "The stems of one song, all from its first moment."},
    {0}};

static const st_output outputs[] = {
    {.name = "stems",
     .kind = ST_KIND_JSON,
     .help = "Who masks whom, and which stems are copies, late or inverted."},
    {0}};

/* The stems while they are open. */
typedef struct {
    st_ctx *ctx;
    int count, rate_hz;
    int64_t longest; /* frames at rate_hz, 0 unknown */
    st_source *sources[ST_STEMS_MAX];
    const char *labels[ST_STEMS_MAX];
} song;

/* The rate most stems have; of equals the higher. */
static st_status choose_rate(song *s, st_in *in, st_err *err) {
    int rate[ST_STEMS_MAX];
    int votes = 0;
    for (int i = 0; i < s->count; i++) {
        st_format format;
        st_status status = st_in_format(in, "audio", i, &format, err);
        if (status != ST_OK)
            return status;
        rate[i] = format.rate_hz;
    }
    for (int i = 0; i < s->count; i++) {
        int same = 0;
        for (int j = 0; j < s->count; j++)
            same += rate[j] == rate[i];
        if (same > votes || (same == votes && rate[i] > s->rate_hz)) {
            votes = same;
            s->rate_hz = rate[i];
        }
    }
    return ST_OK;
}

static st_status open_stem(song *s, st_in *in, int i, st_err *err) {
    st_source *source = NULL;
    st_status status = st_in_open_once(in, "audio", i, &source, err);
    if (status == ST_OK)
        status =
            st_fitted_source_new(&s->sources[i], source, 2, s->rate_hz, err);
    if (status != ST_OK)
        return status;
    s->labels[i] = st_in_label(in, "audio", i);
    if (s->sources[i]->format.frames > s->longest)
        s->longest = s->sources[i]->format.frames;
    return ST_OK;
}

static bool tell(void *ctx, int64_t frames) {
    song *s = ctx;
    if (s->longest > 0 && frames <= s->longest)
        st_ctx_progress(s->ctx, (double)frames / (double)s->longest,
                        "comparing");
    return !st_ctx_cancelled(s->ctx);
}

/* What a mixer should hear of before anything else. */
static void warn_pairs(song *s, const st_stems *stems) {
    for (int a = 0; a < s->count; a++)
        for (int b = a + 1; b < s->count; b++) {
            st_align_pair p;
            st_stems_pair(stems, a, b, &p);
            bool late = p.delay_frames > 0.5 || p.delay_frames < -0.5;
            if (p.kind == ST_ALIGN_DUPLICATE && p.polarity < 0 && !late)
                st_ctx_warn(s->ctx, "stems_cancel",
                            "%s is %s upside down: together they cancel. "
                            "Leave one out or invert it.",
                            s->labels[b], s->labels[a]);
            else if (p.kind == ST_ALIGN_DUPLICATE)
                st_ctx_warn(s->ctx, "stems_duplicate",
                            "%s and %s are the same sound (%+.1f dB, %+.2f ms "
                            "later%s). Leave one out, or the mix doubles it.",
                            s->labels[b], s->labels[a], p.gain_db,
                            p.delay_frames * 1000.0 / s->rate_hz,
                            p.polarity < 0 ? ", upside down" : "");
            else if (p.kind == ST_ALIGN_RELATED && p.polarity < 0)
                st_ctx_warn(s->ctx, "stems_polarity",
                            "%s and %s hear the same sound upside down (%+.2f "
                            "ms apart). Invert one of them.",
                            s->labels[b], s->labels[a],
                            p.delay_frames * 1000.0 / s->rate_hz);
        }
}

static st_status answer(song *s, st_out *out, st_err *err) {
    st_stems *stems = NULL;
    st_status status = st_stems_new(&stems, s->sources, s->count,
                                    st_ctx_pool(s->ctx), tell, s, err);
    if (status != ST_OK)
        return status;
    warn_pairs(s, stems);
    json_t *doc =
        st_stems_json(stems, s->labels, st_ctx_bool(s->ctx, "series"));
    status = doc != NULL ? st_out_json(out, "stems", 0, doc, err)
                         : st_err_set(err, ST_NO_MEM, "Out of memory.");
    json_decref(doc);
    st_stems_free(stems);
    return status;
}

static st_status run(st_ctx *ctx, st_in *in, st_out *out, st_err *err) {
    song s = {.ctx = ctx, .count = st_in_count(in, "audio")};
    st_ctx_progress(ctx, 0, "comparing");
    st_status status = choose_rate(&s, in, err);
    for (int i = 0; status == ST_OK && i < s.count; i++)
        status = open_stem(&s, in, i, err);
    if (status == ST_OK)
        status = answer(&s, out, err);
    for (int i = 0; i < s.count; i++)
        st_source_free(s.sources[i]);
    return status;
}

extern const st_stage st_stage_stems;
const st_stage st_stage_stems = {
    .name = "stems",
    .help = "Compare the stems of a song: masking, delay, polarity, copies.",
    .more =
        "All stems are taken to begin at the same moment. For each pair and "
        "band the result says how much of one the other hides, by how many "
        "dB and where most, for each pair from when to when; and which stems "
        "hold the same sound, how much later, how much louder, and whether it "
        "is upside down.",
    .version = 2,
    .engines = engines,
    .span = {.kind = ST_SPAN_STREAM},
    .params = params,
    .inputs = inputs,
    .outputs = outputs,
    .cacheable = true,
    .run = run,
};
