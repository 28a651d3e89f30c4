/* show: parts of a result for people. */
#ifndef ST_CLI_SHOW_H
#define ST_CLI_SHOW_H

#include <jansson.h>
#include <stdio.h>

/* The meters of each `analyze` step: one file as a full page, several as a
 * table of one line each. Nothing when there are none. */
void cli_meters_show(const json_t *steps, FILE *to);
/* Each `mix` step: its strips and guardrails; the master follows. */
void cli_mix_show(const json_t *steps, FILE *to);
/* Each `master` step: before, after and checks of one song, or a line for each
 * of several and one for all of them. */
void cli_master_show(const json_t *steps, FILE *to);
/* Each `stems` step: the stems, who hides whom, who is a copy of whom. */
void cli_stems_show(const json_t *steps, FILE *to);

/* The "music" document of a file, below its meters; NULL: nothing. */
void cli_music_show(const json_t *music, FILE *to);
/* What of it stands in a table: "124.0" and "8A", or "-". bytes 8 or more. */
void cli_music_columns(const json_t *music, char *bpm, char *key, size_t bytes);

#endif
