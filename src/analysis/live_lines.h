/* live_lines: the live frames of a whole file, as JSON Lines.
 * Source: live.h; https://jsonlines.org; docs/formats.md, "Live frames".
 *
 * Blocks of a file go through the same st_live as a stream, silence behind
 * their end, and the frames of moments within the file are kept packed, on
 * disk (audio/scratch.h). Their text is made when asked for. */
#ifndef ST_ANALYSIS_LIVE_LINES_H
#define ST_ANALYSIS_LIVE_LINES_H

#include "analysis/live.h"
#include "core/err.h"

typedef struct st_live_lines st_live_lines;

enum { ST_LIVE_LINE = 1024 /* bytes of a line at most */ };

/* As st_live_new, its scratch file in `dir` as st_scratch_new. ST_BAD_ARG,
 * ST_IO, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_live_lines_new(st_live_lines **out, int rate_hz,
                                        int channels, const char *dir,
                                        st_err *err);
void st_live_lines_free(st_live_lines *l); /* NULL is fine [main] */
/* As st_live_process. ST_IO. [one at a time] */
ST_MUST_USE st_status st_live_lines_process(st_live_lines *l,
                                            const float *const *in,
                                            int64_t frames, st_err *err);
/* Nothing follows: the frames whose window reaches over the end. Once.
 * ST_IO. [one at a time] */
ST_MUST_USE st_status st_live_lines_finish(st_live_lines *l, st_err *err);

/* Frames kept; after _finish one for each k with k / 30 s before the end.
 * [any] */
int64_t st_live_lines_count(const st_live_lines *l);
/* Frame i of them. After _finish. ST_IO. [any] */
ST_MUST_USE st_status st_live_lines_get(const st_live_lines *l, int64_t i,
                                        st_live_frame *out, st_err *err);
/* The lines of frames first..first + count - 1 (must be there) into
 * text[count][ST_LIVE_LINE], one behind the other; no NUL. After _finish.
 * ST_IO. [any] */
ST_MUST_USE st_status st_live_lines_text(const st_live_lines *l, int64_t first,
                                         int64_t count, char *text,
                                         size_t *length, st_err *err);

#endif
