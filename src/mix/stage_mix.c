#include "mix/stage_mix.h"

static const st_engine engines[] = {
    {.name = "learned",
     .kind = ST_ENGINE_NEURAL,
     .model = "mix role",
     .help = "Faders halfway between rules and a small network that learned "
             "from authors' own mixes; all else as rules has it."},
    {.name = "rules",
     .kind = ST_ENGINE_RULES,
     .help = "Measure, decide by rules, explain each move; roles are heard by "
             "a small network."},
    {0}};

static const char *const presets[] = {"Electro House", "Pop",       "Hip-Hop",
                                      "Rock",          "Streaming", "Loud",
                                      "Club",          NULL};

static const st_param params[] = {
    {.name = "preset",
     .type = ST_PARAM_CHOICE,
     .choices = presets,
     .unset = "the recipe's, else neutral",
     .help = "The taste of balance, space and loudness."},
    {.name = "lufs",
     .type = ST_PARAM_FLOAT,
     .unit = "LUFS",
     .min = -36,
     .max = -4,
     .unset = "from the preset, -14",
     .help = "Loudness of the master."},
    {.name = "ceiling",
     .type = ST_PARAM_FLOAT,
     .unit = "dBTP",
     .min = -20,
     .max = 0,
     .unset = "from the preset, -1",
     .help = "Highest true peak of the master."},
    {.name = "width_pct",
     .type = ST_PARAM_FLOAT,
     .unit = "%",
     .min = 0,
     .max = 140,
     .unset = "from the preset",
     .help = "Side gain of the master."},
    {.name = "roles",
     .type = ST_PARAM_STRING,
     .def_text = "",
     .words = st_role_names,
     .help = "What stems are, over names and sound: "
             "\"kick.wav=kick,Audio 07=bass,hat*=hats\"."},
    {.name = "accept",
     .type = ST_PARAM_STRING,
     .def_text = "",
     .help = "How much of which moves: \"all,-lead vox.deesser,bass.eq=50\"; "
             "names as recipe.json has them, in quotes if they hold a comma."},
    {.name = "group",
     .type = ST_PARAM_BOOL,
     .help = "Add more than 12 stems (up to 64) up to 12 before their strips, "
             "by role."},
    {.name = "premaster_only",
     .type = ST_PARAM_BOOL,
     .help =
         "Write premaster.wav and recipe.json alone; with a complete recipe "
         "nothing is heard, and stems that did not change come from kept "
         "prints."},
    {.name = "respect_user_gains",
     .type = ST_PARAM_BOOL,
     .help = "Keep the balance that the files have."},
    {.name = "unbounded",
     .type = ST_PARAM_BOOL,
     .needs = "reference",
     .help = "Let the master's EQ go further than 3 dB, and its loudness as "
             "far as the reference's."},
    {.name = "bypass_parallel_comp",
     .type = ST_PARAM_BOOL,
     .help = "Leave out parallel compression in the master."},
    {0}};

static const st_input inputs[] = {
    {.name = "stems",
     .kind = ST_KIND_AUDIO,
     .min_count = 1,
     .max_count = ST_SESSION_FILES,
     .help = "The stems, or a folder of them; all from one moment, or with "
             "timecode."},
    {.name = "reference",
     .kind = ST_KIND_AUDIO,
     .max_count = 8,
     .weighted = true,
     .help = "A record to come near to; or a mix of these very stems, whose "
             "faders and places are then found and followed."},
    {.name = "recipe",
     .kind = ST_KIND_JSON,
     .max_count = 1,
     .help = "A mix recipe: what it says is done, the rest decided."},
    {0}};

static const st_output outputs[] = {
    {.name = "premaster",
     .kind = ST_KIND_AUDIO,
     .beside = "/premaster.wav",
     .container = "wav",
     .help = "A folder for the mix, its master, recipe and report."},
    {.name = "master",
     .kind = ST_KIND_AUDIO,
     .beside = "/master.wav",
     .container = "wav",
     .help = "The mastered mix, 24 bit."},
    {.name = "recipe_used",
     .kind = ST_KIND_JSON,
     .beside = "/recipe.json",
     .help = "Every move with its reason, to be edited and given back."},
    {.name = "report",
     .kind = ST_KIND_JSON,
     .beside = "/report.json",
     .help = "What was heard, done, measured and controlled."},
    {.name = "printed_stems",
     .kind = ST_KIND_AUDIO,
     .beside = "/stems/",
     .when = "print_stems",
     .many = true,
     .container = "wav",
     .help = "What each stem gives to its bus, at the level of the mix, float "
             "WAV."},
    {.name = "printed_buses",
     .kind = ST_KIND_AUDIO,
     .beside = "/buses/",
     .when = "print_stems",
     .many = true,
     .container = "wav",
     .help = "What drums, music, vocals, reverb and delay give to the mix, "
             "before its EQ and width, float WAV."},
    {.name = "taps",
     .kind = ST_KIND_AUDIO,
     .flag = "taps",
     .many = true,
     .container = "wav",
     .help = "The signal before and after every unit of strips, buses and mix, "
             "float WAV, and taps.json, to check the mix from outside."},
    {.name = "taps_list",
     .kind = ST_KIND_JSON,
     .within = "taps",
     .beside = "/taps.json",
     .help = "Which file is before and after which unit."},
    {.name = "page",
     .kind = ST_KIND_HTML,
     .beside = "/report.html",
     .help = "The report as one page with pictures and every move."},
    {.name = "preview",
     .kind = ST_KIND_AUDIO,
     .beside = "/preview.ab.mp3",
     .when = "preview",
     .container = "mp3",
     .help = "The plain sum of the stems and the mix in turns at equal "
             "loudness."},
    {.name = "listen",
     .kind = ST_KIND_AUDIO,
     .flag = "listen",
     .many = true,
     .container = "mp3",
     .help = "The mix step by step at equal loudness, from the plain sum to "
             "the master, and a page to change between steps as they play."},
    {.name = "listen_page",
     .kind = ST_KIND_HTML,
     .within = "listen",
     .beside = "/index.html",
     .help = "The page of the steps, with their sound inside."},
    {0}};

extern const st_stage st_stage_mix;
const st_stage st_stage_mix = {
    .name = "mix",
    .help = "Mix stems to a record: balance, space, dynamics, master.",
    .more =
        "Up to 12 stems, of any rate and format (more with --group). Each is "
        "measured and its role "
        "heard; a network that learned from authors' mixes and rules set "
        "the levels (rules alone: --engine rules), rules decide places, "
        "filters, EQ, "
        "dynamics, sends, buses and the side-chain, each move with its reason "
        "in recipe.json. "
        "Edit that file and give it back with --recipe, or weaken moves with "
        "--accept. Guardrails: EQ within 4 dB a band, under 3 dB of mean gain "
        "reduction a stem and bus, side gain at most 140 %, correlation at "
        "least 0.1, 6 dB of headroom before the master.",
    .version = 2,
    .engines = engines,
    .span = {ST_SPAN_WHOLE, 0, 0, 0},
    .params = params,
    .inputs = inputs,
    .outputs = outputs,
    .keeps = true,
    .seeded = true,
    .run = st_mix_run,
};
