#include "cli/cli.h"

#include "audio/writer.h"
#include "core/alloc.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* Where the outputs of one input go. */
typedef struct {
    const cli_args *args;
    st_plan *plan;
    bool many;   /* several inputs: OUT is a folder */
    bool folder; /* OUT is a folder */
} maker;

static bool is_folder(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static bool ends_in_slash(const char *path) {
    size_t length = strlen(path);
    return length > 0 && path[length - 1] == '/';
}

static const char *param_text(const cli_args *args, const char *name) {
    return json_string_value(json_object_get(args->params, name));
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* FOLDER/NAME.ENDING for the input `file`. */
static void name_in(const char *folder, const char *file, const char *ending,
                    char *path, size_t bytes) {
    const char *name = base_name(file);
    const char *dot = strrchr(name, '.');
    int length =
        dot != NULL && dot != name ? (int)(dot - name) : (int)strlen(name);
    snprintf(path, bytes, "%s%s%.*s.%s", folder,
             ends_in_slash(folder) ? "" : "/", length, name, ending);
}

static const char *ending_of(const maker *m, const st_output *output) {
    const char *format = param_text(m->args, "format");
    if (output->container != NULL)
        return output->container;
    switch (output->kind) {
    case ST_KIND_AUDIO:
        return format != NULL ? format : "wav";
    case ST_KIND_MIDI:
        return "mid";
    case ST_KIND_HTML:
        return "html";
    case ST_KIND_IMAGE:
        return "svg";
    case ST_KIND_DATA:
        return output->flag != NULL ? output->flag : "bin";
    case ST_KIND_JSON:
    case ST_KIND_MODEL:
        break;
    }
    return "json";
}

static st_status target(const maker *m, int step, int output, int index,
                        const char *file, st_err *err) {
    return st_plan_target_add(m->plan, step,
                              m->args->stage->outputs[output].name, index, file,
                              NULL, ST_BITS_ASKED, err);
}

bool cli_beside_wanted(const cli_args *args, const st_output *output) {
    if (output->flag != NULL && cli_args_has(args, output->flag))
        return true;
    if (output->when == NULL)
        return output->flag == NULL;
    for (int i = 0; i < args->flags.count; i++)
        if (args->given[i] &&
            cli_word_in(output->when, args->flags.flag[i].name))
            return true;
    return false;
}

/* The main output of one item, and what stands beside it. */
static st_status targets_of_item(const maker *m, int step, int index,
                                 const char *input, st_err *err) {
    const st_stage *stage = m->args->stage;
    int main_output = cli_main_output(stage);
    char path[PATH_MAX];
    if (main_output < 0)
        return ST_OK;
    bool named = cli_out_is_folder(stage);
    st_status status = ST_OK;
    if (m->folder && !named)
        name_in(m->args->out, input, ending_of(m, &stage->outputs[main_output]),
                path, sizeof path);
    else
        snprintf(path, sizeof path, "%s", m->args->out);
    if (!named)
        status = target(m, step, main_output, index, path, err);
    size_t end = strlen(path);
    while (named && end > 1 && path[end - 1] == '/')
        end--;
    for (int i = 0; status == ST_OK && i < st_output_count(stage); i++) {
        const st_output *output = &stage->outputs[i];
        if (output->beside == NULL || output->within != NULL ||
            !cli_beside_wanted(m->args, output) ||
            (index > 0 && !output->per_input))
            continue;
        snprintf(path + end, sizeof path - end, "%s", output->beside);
        status = target(m, step, i, output->many ? -1 : index, path, err);
    }
    return status;
}

/* --taps DIR: the folder itself, and what has a name in it. */
static st_status targets_within(const maker *m, int step,
                                const cli_named *named, st_err *err) {
    const st_stage *stage = m->args->stage;
    const char *flag = stage->outputs[named->index].flag;
    st_status status =
        m->args->dry_run ? ST_OK : cli_folder_make(named->file, err);
    if (status == ST_OK)
        status = target(m, step, named->index, -1, named->file, err);
    for (int i = 0; status == ST_OK && i < st_output_count(stage); i++) {
        const st_output *output = &stage->outputs[i];
        char path[PATH_MAX];
        if (output->within == NULL || strcmp(output->within, flag) != 0)
            continue;
        snprintf(path, sizeof path, "%s%s", named->file, output->beside);
        status = target(m, step, i, 0, path, err);
    }
    return status;
}

/* --report FILE and its like; for several inputs FILE is a folder. */
static st_status targets_named(const maker *m, int step, int index,
                               const char *input, st_err *err) {
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < m->args->written_count; i++) {
        const cli_named *named = &m->args->written[i];
        const st_output *output = &m->args->stage->outputs[named->index];
        char path[PATH_MAX];
        if (index > 0 && !output->per_input)
            continue;
        if (output->many) {
            status = targets_within(m, step, named, err);
            continue;
        }
        bool folder = is_folder(named->file);
        bool one = !m->many || (index == 0 && !output->per_input);
        if (!folder && !one)
            return st_err_set(err, ST_BAD_ARG,
                              "--%s names one file, but there are several "
                              "inputs; name an existing folder.",
                              output->flag);
        if (folder)
            name_in(named->file, input, ending_of(m, output), path,
                    sizeof path);
        status = target(m, step, named->index, index,
                        folder ? path : named->file, err);
    }
    return status;
}

static st_status add_step(const maker *m, int *step, st_err *err) {
    const cli_args *args = m->args;
    st_status status = st_plan_step_add(m->plan, args->stage, args->engine,
                                        args->params, args->seed, step, err);
    for (int i = 0; status == ST_OK && i < args->named_count; i++)
        status = st_plan_file_add(
            m->plan, *step, args->stage->inputs[args->named[i].index].name,
            args->named[i].file, NULL, args->named[i].weight, err);
    return status;
}

/* One step for all files where the stage takes many, else a step each. */
static st_status fill(const maker *m, st_err *err) {
    const cli_args *args = m->args;
    const st_input *first = &args->stage->inputs[0];
    bool each = first->max_count == 1;
    int step = 0;
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < args->file_count; i++) {
        if (i == 0 || each)
            status = add_step(m, &step, err);
        if (status == ST_OK)
            status = st_plan_file_add(m->plan, step, first->name,
                                      args->files[i], NULL, 1, err);
        int index = each ? 0 : i;
        bool own =
            each || i == 0 ||
            (cli_main_output(args->stage) >= 0 &&
             args->stage->outputs[cli_main_output(args->stage)].per_input);
        if (status == ST_OK && own)
            status = targets_of_item(m, step, index, args->files[i], err);
        if (status == ST_OK)
            status = targets_named(m, step, index, args->files[i], err);
    }
    return status;
}

bool cli_names_audio(const char *ending) {
    static const char *const read_only[] = {"m4a", "aac", "wma", "mp4", "caf"};
    st_write_format format = ST_WRITE_WAV;
    for (size_t i = 0; i < sizeof read_only / sizeof *read_only; i++)
        if (strcasecmp(ending, read_only[i]) == 0)
            return true;
    return st_writer_format_find(ending, &format, NULL) == ST_OK;
}

/* `two.wav` for two inputs: surely no folder is meant. */
static st_status check_folder_name(const char *path, st_err *err) {
    const char *name = base_name(path);
    const char *dot = strrchr(name, '.');
    if (dot == NULL || dot == name || is_folder(path) ||
        !cli_names_audio(dot + 1))
        return ST_OK;
    return st_err_set(err, ST_BAD_ARG,
                      "%s is the name of one file, but the results need a "
                      "folder: give -o %.*s/",
                      path, (int)(dot - path), path);
}

static st_status check_words(const cli_args *args, st_err *err) {
    const st_input *first =
        st_input_count(args->stage) > 0 ? &args->stage->inputs[0] : NULL;
    if (first != NULL && first->min_count > 0 && args->file_count == 0)
        return st_err_set(err, ST_BAD_ARG,
                          "%s needs an input file. Try: stemma %s song.wav%s",
                          args->stage->name, args->stage->name,
                          cli_main_output(args->stage) >= 0 ? " -o out.wav"
                                                            : "");
    if (cli_main_output(args->stage) >= 0 && args->out == NULL)
        return st_err_set(err, ST_BAD_ARG,
                          "%s needs a place for the result: add -o OUT "
                          "(a file, or a folder for several inputs).",
                          args->stage->name);
    return ST_OK;
}

st_status cli_args_plan(const cli_args *args, st_plan **out, st_err *err) {
    st_status status = check_words(args, err);
    if (status == ST_OK)
        status = cli_args_apart(args, err);
    if (status != ST_OK)
        return status;
    maker m = {.args = args, .many = args->file_count > 1 || args->from_folder};
    if (args->out != NULL) {
        int main_output = cli_main_output(args->stage);
        const st_input *first = &args->stage->inputs[0];
        bool spread = first->max_count == 1 ||
                      args->stage->outputs[main_output].per_input ||
                      cli_out_is_folder(args->stage);
        m.folder = cli_out_is_folder(args->stage) || (m.many && spread) ||
                   ends_in_slash(args->out) || is_folder(args->out);
        if ((m.many && spread) || cli_out_is_folder(args->stage))
            status = check_folder_name(args->out, err);
        if (status == ST_OK && m.folder && !args->dry_run)
            status = cli_folder_make(args->out, err);
    }
    if (status == ST_OK && st_plan_new(&m.plan) != ST_OK)
        status = st_err_set(err, ST_NO_MEM, "Out of memory.");
    if (status == ST_OK)
        status = fill(&m, err);
    if (status == ST_OK)
        status = st_plan_check(m.plan, err);
    if (status != ST_OK) {
        st_plan_free(m.plan);
        return status;
    }
    *out = m.plan;
    return ST_OK;
}
