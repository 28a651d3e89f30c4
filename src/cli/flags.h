/* flags: what one command understands, as a list made from the stage table.
 * Source: design.md section 6. Parser, help, man page and completion all read
 * this list, so none of them can differ from the others. */
#ifndef ST_CLI_FLAGS_H
#define ST_CLI_FLAGS_H

#include "stage/stage.h"

enum { CLI_FLAG_NAME_BYTES = 40, CLI_MAX_FLAGS = 128 };

typedef enum {
    CLI_FLAG_PARAM,  /* index: stage->params */
    CLI_FLAG_INPUT,  /* index: stage->inputs */
    CLI_FLAG_OUTPUT, /* index: stage->outputs; names a FILE */
    CLI_FLAG_SWITCH, /* named by an output's `when` only; index: that output */
    CLI_FLAG_OUT,    /* -o */
    CLI_FLAG_ENGINE,
    CLI_FLAG_SEED,
    CLI_FLAG_JSON,
    CLI_FLAG_QUIET,
    CLI_FLAG_THREADS,
    CLI_FLAG_NO_CACHE,
    CLI_FLAG_DRY_RUN,
    CLI_FLAG_HELP
} cli_flag_kind;

typedef struct {
    char name[CLI_FLAG_NAME_BYTES]; /* without "--", '-' for '_' */
    char letter;                    /* 'o' for -o, or 0 */
    cli_flag_kind kind;
    int index;
    const char *value; /* placeholder ("FILE", "LUFS"), NULL for a switch */
    const char *help;
} cli_flag;

/* All flags of the stage, in the order help shows them. */
typedef struct {
    cli_flag flag[CLI_MAX_FLAGS];
    int count;
} cli_flags;

void cli_flags_of(const st_stage *stage, cli_flags *out);
/* The flag of that name (without dashes), or NULL. */
const cli_flag *cli_flag_find(const cli_flags *flags, const char *name);
/* What the flag does, in a sentence, and what it needs or excludes. A switch
 * names the files it makes. */
void cli_flag_help(const st_stage *stage, const cli_flag *flag, char *text,
                   size_t bytes);
/* Index of the output that -o names (the first audio one), or -1. */
int cli_main_output(const st_stage *stage);
/* Does -o name a folder in which the outputs have names of their own? */
bool cli_out_is_folder(const st_stage *stage);
/* Is `flag` one of the space-separated words of `when`? */
bool cli_word_in(const char *when, const char *flag);

#endif
