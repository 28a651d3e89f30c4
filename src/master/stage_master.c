/* stage_master: mastering as a stage: its table.
 * Source: design.md sections 1, 6 and 9. */
#include "master/stage_master.h"

static const st_engine engines[] = {
    {.name = "rules",
     .kind = ST_ENGINE_RULES,
     .help = "Measured decisions, each with its reason; all processing is "
             "DSP."},
    {0}};

/* As in master/preset.c (a test compares them). */
static const char *const presets[] = {"Electro House", "Pop",       "Hip-Hop",
                                      "Rock",          "Streaming", "Loud",
                                      "Club",          NULL};
static const char *const depths[] = {"16", "24", "float", NULL};

#define AMOUNT(NAME, HELP)                                                     \
    {                                                                          \
        .name = NAME, .type = ST_PARAM_FLOAT, .unit = "%", .min = 0,           \
        .max = 100, .def = 100, .help = HELP, .advanced = true,                \
        .needs = "reference"                                                   \
    }

static const st_param params[] = {
    {.name = "lufs",
     .type = ST_PARAM_FLOAT,
     .unit = "LUFS",
     .min = -36,
     .max = -4,
     .unset = "from recipe, reference or preset, else -14 LUFS",
     .help = "Integrated loudness to reach."},
    {.name = "ceiling",
     .type = ST_PARAM_FLOAT,
     .unit = "dBTP",
     .min = -20,
     .max = 0,
     .unset = "from recipe or preset, else -1 dBTP",
     .help = "Highest true peak of the file written."},
    {.name = "preset",
     .type = ST_PARAM_CHOICE,
     .choices = presets,
     .unset = "no taste of its own",
     .help = "Where the loudness goes and which way decisions lean.",
     .excludes = "preset_file"},
    {.name = "bits",
     .type = ST_PARAM_CHOICE,
     .choices = depths,
     .unset = "24, or what the format has",
     .help = "Sample depth of wav, aiff and flac (float: wav and aiff only)."},
    {.name = "width_pct",
     .type = ST_PARAM_FLOAT,
     .unit = "%",
     .min = 0,
     .max = 140,
     .unset = "decided, or from the preset",
     .help = "Gain of the side signal: 100 leaves the width, 0 is mono."},
    {.name = "unbounded",
     .type = ST_PARAM_BOOL,
     .help = "Lift the 3 dB bound of the EQ, and the dynamics bound where a "
             "reference is louder; the ceiling stays."},
    {.name = "album",
     .type = ST_PARAM_BOOL,
     .help = "Treat the inputs as one album: loudness within 0.5 LU, their "
             "order of loudness kept."},
    {.name = "bypass_parallel_comp",
     .type = ST_PARAM_BOOL,
     .help = "No parallel compression.",
     .advanced = true},
    AMOUNT("match_eq", "How far the spectrum follows the reference."),
    AMOUNT("match_loudness", "How far the loudness follows the reference."),
    AMOUNT("match_width", "How far the stereo width follows the reference."),
    AMOUNT("match_dynamics", "How far the dynamics follow the reference."),
    {0}};

static const st_input inputs[] = {
    {.name = "audio",
     .kind = ST_KIND_AUDIO,
     .min_count = 1,
     .max_count = ST_ALBUM_TRACKS,
     .help = "The mix to master; several for an album."},
    {.name = "reference",
     .kind = ST_KIND_AUDIO,
     .max_count = 16,
     .weighted = true,
     .help =
         "A recording whose sound to match; may be repeated, with weights."},
    {.name = "recipe",
     .kind = ST_KIND_JSON,
     .max_count = 1,
     .help = "Settings to keep, as --save-recipe writes them; the rest is "
             "decided."},
    {.name = "preset_file",
     .kind = ST_KIND_JSON,
     .max_count = 1,
     .help = "A preset of your own (stemma.preset/1)."},
    {0}};

static const st_output outputs[] = {
    {.name = "master",
     .kind = ST_KIND_AUDIO,
     .tags_from = "audio",
     .per_input = true,
     .help = "The master, with the tags of the input."},
    {.name = "report",
     .kind = ST_KIND_JSON,
     .flag = "report",
     .help = "Everything measured and done (stemma.report/1)."},
    {.name = "recipe_used",
     .kind = ST_KIND_JSON,
     .flag = "save_recipe",
     .help = "The settings used, each with its reason."},
    {.name = "page",
     .kind = ST_KIND_HTML,
     .beside = ".report.html",
     .when = "preview page",
     .per_input = true,
     .help = "The report as one page with pictures."},
    {.name = "ab",
     .kind = ST_KIND_AUDIO,
     .beside = ".ab.mp3",
     .when = "preview",
     .container = "mp3",
     .per_input = true,
     .help = "Before and after in turns at equal loudness."},
    {.name = "opus",
     .kind = ST_KIND_AUDIO,
     .beside = ".preview.opus",
     .when = "preview",
     .container = "opus",
     .per_input = true,
     .help = "The master as a small file to send around."},
    {0}};

extern const st_stage st_stage_master;
const st_stage st_stage_master = {
    .name = "master",
    .help = "Master a mix: balance, dynamics, loudness and a safe true peak.",
    .more =
        "The mix is measured first; each setting of the chain follows from "
        "what was measured, from the preset and from the reference, and says "
        "why. What is right already stays as it is.\n\n"
        "The file written is read again and checked. When a limit keeps the "
        "target out of reach (the peak-to-loudness ratio after must be at "
        "least the larger of 6 dB and the ratio before less 8 dB), loudness "
        "stops short and the report names the limit.",
    .version = 1,
    .engines = engines,
    .span = {.kind = ST_SPAN_WHOLE},
    .params = params,
    .inputs = inputs,
    .outputs = outputs,
    .run = st_master_run,
};
