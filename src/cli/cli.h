/* cli: what the commands of the `stemma` program share.
 * Source: design.md section 6. All of it [main]. */
#ifndef ST_CLI_CLI_H
#define ST_CLI_CLI_H

#include "cli/flags.h"
#include "core/err.h"
#include "job/plan.h"
#include "job/run.h"

#include <stdio.h>

enum {
    CLI_DONE = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_WARNED = 3,
    CLI_CANCELLED = 130
};

/* A flag of a command that is no stage. */
typedef struct {
    const char *name;  /* without "--" */
    char letter;       /* 'q' for -q, or 0 */
    const char *value; /* placeholder, NULL for a switch */
    const char *help;
} cli_option;

/* A command that is no stage. `args` has what follows the verb; --help among
 * them is answered before `run` is called. */
typedef struct {
    const char *name;
    const char *usage; /* what follows the name in help */
    const char *help;
    const char *more;          /* a paragraph */
    const cli_option *options; /* ends with a NULL name, --help not listed */
    int (*run)(int count, char **args);
} cli_command;

/* All of them, ends with a NULL name. */
extern const cli_command cli_commands[];
const cli_command *cli_command_find(const char *name);

int cmd_help(int count, char **args);
int cmd_stages(int count, char **args);
int cmd_doctor(int count, char **args);
int cmd_completion(int count, char **args);
int cmd_run(int count, char **args);
/* A stage as a command. */
int cmd_stage(const st_stage *stage, int count, char **args);

/* "stemma: TEXT" on stderr. Both return `code`. */
int cli_fail(int code, const char *format, ...) ST_PRINTF(2, 3);
int cli_fail_err(int code, const st_err *err);

/* The document on stdout; CLI_DONE, or CLI_FAILED with a message. */
int cli_print_json(json_t *document);

/* -- work.c */
/* A folder for outputs, unless it is there. What was made so, and holds
 * nothing, goes with _drop, or when the process is stopped. */
ST_MUST_USE st_status cli_folder_make(const char *path, st_err *err);
void cli_folders_drop(void);

/* -- args.c: the words of a stage's command, checked against its table */
typedef struct {
    int index; /* input or output of the stage */
    const char *file;
    char *own; /* the same when it was copied, else NULL */
    double weight;
} cli_named;

typedef struct {
    const st_stage *stage;
    char **files; /* the first input */
    int file_count;
    int own_count;    /* the first of `files` that were copied */
    bool from_folder; /* one of the words was a folder */
    cli_named *named; /* other inputs */
    int named_count;
    cli_named *written; /* outputs with a FILE of their own */
    int written_count;
    bool given[CLI_MAX_FLAGS]; /* by place in `flags` */
    cli_flags flags;
    const char *out;
    const char *engine;
    json_t *params;
    uint64_t seed;
    int threads; /* 0: one for each CPU */
    bool json, quiet, no_cache, dry_run, help;
} cli_args;

/* ST_BAD_ARG or ST_NOT_FOUND with a sentence. `args` strings are borrowed. */
ST_MUST_USE st_status cli_args_parse(const st_stage *stage, int count,
                                     char **args, cli_args *out, st_err *err);
void cli_args_deinit(cli_args *args);
/* Was that flag there? */
bool cli_args_has(const cli_args *args, const char *flag);
/* Folders among the files of a stage that takes audio become the audio files in
 * them, in natural order (2 before 10), without those of inner folders and
 * hidden ones. Audio is what begins as such a file does, or has an ending of
 * one. ST_NOT_FOUND when a folder has none; ST_IO, ST_NO_MEM. */
ST_MUST_USE st_status cli_args_unfold(cli_args *args, st_err *err);
/* Is it a file ending of audio ("wav")? */
bool cli_names_audio(const char *ending);
/* ST_BAD_ARG where a folder of results is one that holds the inputs: what is
 * written there would be an input next time. */
ST_MUST_USE st_status cli_args_apart(const cli_args *args, st_err *err);
/* Is an output that stands beside OUT asked for? */
bool cli_beside_wanted(const cli_args *args, const st_output *output);
/* The plan that the words ask for. */
ST_MUST_USE st_status cli_args_plan(const cli_args *args, st_plan **out,
                                    st_err *err);
/* --threads N: 1..64. */
ST_MUST_USE st_status cli_threads_parse(const char *text, int *out,
                                        st_err *err);

/* -- work.c: run a plan with progress, cancel and cache */
typedef struct {
    int threads;
    bool json, quiet, no_cache, keep_going;
} cli_work;
/* Runs, shows the result, gives the exit status. */
int cli_plan_work(const st_plan *plan, const cli_work *work);
/* Ctrl-C and its like set a flag; twice ends the process at once, with all
 * unfinished files removed. */
void cli_signals_catch(void);
bool cli_cancelled(void *ctx);

/* -- progress.c: one line on the terminal */
typedef struct {
    FILE *to; /* NULL: none */
    double begun_s, shown_s;
    bool visible;
} cli_bar;
void cli_bar_init(cli_bar *bar, bool wanted);
void cli_bar_show(cli_bar *bar, const st_progress *progress);
void cli_bar_clear(cli_bar *bar);

/* -- show.c: a result for people; `to` NULL: only its warnings, on stderr */
void cli_result_show(const json_t *result, FILE *to);

/* -- term.c */
int cli_width(FILE *to); /* columns; 80 when not a terminal */
/* "" unless `to` is a terminal that may have colour. name: "bold", "dim",
 * "red", "yellow", "green", "cyan", "off". */
const char *cli_style(FILE *to, const char *name);
/* Print `text` wrapped to the width, each line but the first after `indent`
 * spaces; the cursor stands at column `at`. '\n' starts a line, two a
 * paragraph. Ends the line. */
void cli_wrap(FILE *to, const char *text, int at, int indent);
/* Print `name` in exactly `width` columns, the middle of a longer one left
 * out. */
void cli_fit(FILE *to, const char *name, int width);
/* A copy without terminal codes or broken UTF-8, fit for a line. */
void cli_clean(const char *from, char *to, size_t bytes);
/* "3:21.4" or "1:02:03". */
void cli_time_text(double seconds, char *text, size_t bytes);
/* Terminal columns of UTF-8 text. */
int cli_columns(const char *text);

/* -- help.c, man.c, completion.c */
void cli_help_all(FILE *to);
void cli_help_stage(const st_stage *stage, FILE *to);
void cli_help_command(const cli_command *command, FILE *to);
void cli_man(FILE *to);
const char *cli_version(void);
/* "IN...", "SONG [SONG...]": the positional part of a usage line. */
void cli_usage_text(const st_stage *stage, char *text, size_t bytes);

/* -- home.c: $STEMMA_HOME and the cache in it */
/* false when there is no home to be found. */
bool cli_home(char *path, size_t bytes);
bool cli_cache_folder(char *path, size_t bytes);

#endif
