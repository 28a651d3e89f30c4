/* live_lines: the live frames of a whole file, as JSON Lines.
 * Source: live.h; https://jsonlines.org; docs/formats.md, "Live frames".
 *
 * Blocks of a file go through the same st_live as a stream, silence behind
 * their end, and the frames of moments within the file are kept packed: 12 MiB
 * an hour. Their text is made when asked for: some 50 MiB an hour more. */
#ifndef ST_ANALYSIS_LIVE_LINES_H
#define ST_ANALYSIS_LIVE_LINES_H

#include "analysis/live.h"

typedef struct st_live_lines st_live_lines;

/* As st_live_new. ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_live_lines_new(st_live_lines **out, int rate_hz,
                                        int channels);
void st_live_lines_free(st_live_lines *l); /* NULL is fine [main] */
/* As st_live_process. ST_NO_MEM. [one at a time] */
ST_MUST_USE st_status st_live_lines_process(st_live_lines *l,
                                            const float *const *in,
                                            int64_t frames);
/* Nothing follows: the frames whose window reaches over the end. Once.
 * ST_NO_MEM. [one at a time] */
ST_MUST_USE st_status st_live_lines_finish(st_live_lines *l);

/* Frames kept; after _finish one for each k with k / 30 s before the end.
 * [any] */
int64_t st_live_lines_count(const st_live_lines *l);
/* Frame i of them. [any] */
void st_live_lines_get(const st_live_lines *l, int64_t i, st_live_frame *out);
/* All lines, freed with st_free; *length without the NUL behind them.
 * ST_NO_MEM. [any] */
ST_MUST_USE st_status st_live_lines_text(const st_live_lines *l, char **text,
                                         size_t *length);

#endif
