/* canvas: a small RGB picture: boxes, letters, PNG.
 * Source: PNG by libpng's simplified API; letters are canvas_font's, doubled
 * with their corners rounded. Drawing outside is cut off. */
#ifndef ST_ANALYSIS_CANVAS_H
#define ST_ANALYSIS_CANVAS_H

#include "core/attr.h"
#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

enum { ST_CANVAS_MAX = 8192, ST_TEXT_WIDTH = 12, ST_TEXT_HEIGHT = 14 };

typedef struct {
    uint8_t r, g, b;
} st_rgb;

typedef struct {
    int width, height;
    st_rgb *pixel; /* [height][width], the top row first */
} st_canvas;

/* 1..ST_CANVAS_MAX a side, all in one colour. ST_BAD_ARG, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_canvas_init(st_canvas *c, int width, int height,
                                     st_rgb paper);
void st_canvas_deinit(st_canvas *c); /* of zeros is fine */
void st_canvas_box(st_canvas *c, int x, int y, int width, int height,
                   st_rgb ink);
/* Pixels that `text` takes: ST_TEXT_WIDTH a letter, less the last gap. A
 * letter outside ASCII is drawn as one '?'. [any] */
int st_canvas_text_width(const char *text);
/* Left top corner at x, y; ST_TEXT_HEIGHT high (g, y reach 4 below). [any] */
void st_canvas_text(st_canvas *c, int x, int y, const char *text, st_rgb ink);
/* Turned to be read from below: x, y is the left bottom corner. [any] */
void st_canvas_text_up(st_canvas *c, int x, int y, const char *text,
                       st_rgb ink);
/* *bytes (freed with st_free) gets a PNG file. ST_NO_MEM, ST_INTERNAL. [any]
 */
ST_MUST_USE st_status st_canvas_png(const st_canvas *c, unsigned char **bytes,
                                    size_t *size);

#endif
