#include "analysis/canvas.h"

#include "analysis/canvas_font.h"
#include "core/alloc.h"

#include <png.h>
#include <stdbool.h>
#include <string.h>

enum { SCALE = 2, COLUMNS = ST_GLYPH_COLUMNS, ROWS = ST_GLYPH_ROWS };

st_status st_canvas_init(st_canvas *c, int width, int height, st_rgb paper) {
    if (width < 1 || height < 1 || width > ST_CANVAS_MAX ||
        height > ST_CANVAS_MAX)
        return ST_BAD_ARG;
    st_rgb *pixel = st_calloc((size_t)width * (size_t)height, sizeof *pixel);
    if (pixel == NULL)
        return ST_NO_MEM;
    *c = (st_canvas){width, height, pixel};
    st_canvas_box(c, 0, 0, width, height, paper);
    return ST_OK;
}

void st_canvas_deinit(st_canvas *c) {
    st_free(c->pixel);
    *c = (st_canvas){0};
}

static void dot(st_canvas *c, int x, int y, st_rgb ink) {
    if (x >= 0 && y >= 0 && x < c->width && y < c->height)
        c->pixel[(size_t)y * (size_t)c->width + (size_t)x] = ink;
}

void st_canvas_box(st_canvas *c, int x, int y, int width, int height,
                   st_rgb ink) {
    int left = x < 0 ? 0 : x, top = y < 0 ? 0 : y;
    int right = x + width < c->width ? x + width : c->width;
    int bottom = y + height < c->height ? y + height : c->height;
    for (int row = top; row < bottom; row++)
        for (int column = left; column < right; column++)
            dot(c, column, row, ink);
}

/* --- letters --- */

/* The next letter as a glyph number; a whole UTF-8 sequence is one letter. */
static int next_glyph(const char **text) {
    unsigned char first = (unsigned char)*(*text)++;
    while (((unsigned char)**text & 0xC0) == 0x80)
        (*text)++;
    return first >= 32 && first < 32 + ST_GLYPHS ? first - 32 : '?' - 32;
}

int st_canvas_text_width(const char *text) {
    int letters = 0;
    while (*text != '\0') {
        (void)next_glyph(&text);
        letters++;
    }
    return letters > 0 ? letters * ST_TEXT_WIDTH - SCALE : 0;
}

static bool lit(int glyph, int x, int y) {
    return x >= 0 && y >= 0 && x < COLUMNS && y < ROWS &&
           (st_canvas_glyph[glyph][y] >> (COLUMNS - 1 - x) & 1) != 0;
}

/* A quarter of a pixel takes its two outer neighbours' colour where they
 * agree and the ones across do not: slants lose their stairs. */
static bool lit_fine(int glyph, int x, int y) {
    int px = x / SCALE, py = y / SCALE;
    int dx = x % SCALE == 0 ? -1 : 1, dy = y % SCALE == 0 ? -1 : 1;
    bool beside = lit(glyph, px + dx, py), above = lit(glyph, px, py + dy);
    bool across = lit(glyph, px - dx, py), below = lit(glyph, px, py - dy);
    if (beside == above && beside != below && above != across)
        return beside;
    return lit(glyph, px, py);
}

/* Letter after letter along (1, 0) or, turned, along (0, -1). */
static void draw(st_canvas *c, int x, int y, const char *text, st_rgb ink,
                 bool turned) {
    for (int at = 0; *text != '\0'; at += ST_TEXT_WIDTH) {
        int glyph = next_glyph(&text);
        for (int v = 0; v < ROWS * SCALE; v++)
            for (int u = 0; u < COLUMNS * SCALE; u++) {
                if (!lit_fine(glyph, u, v))
                    continue;
                if (turned)
                    dot(c, x + v, y - at - u, ink);
                else
                    dot(c, x + at + u, y + v, ink);
            }
    }
}

void st_canvas_text(st_canvas *c, int x, int y, const char *text, st_rgb ink) {
    draw(c, x, y, text, ink, false);
}

void st_canvas_text_up(st_canvas *c, int x, int y, const char *text,
                       st_rgb ink) {
    draw(c, x, y, text, ink, true);
}

/* --- file --- */

st_status st_canvas_png(const st_canvas *c, unsigned char **bytes,
                        size_t *size) {
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)c->width,
                       .height = (png_uint_32)c->height,
                       .format = PNG_FORMAT_RGB,
                       .flags = PNG_IMAGE_FLAG_FAST};
    png_alloc_size_t room = PNG_IMAGE_PNG_SIZE_MAX(image);
    unsigned char *out = st_calloc(room, 1);
    if (out == NULL)
        return ST_NO_MEM;
    if (!png_image_write_to_memory(&image, out, &room, 0, c->pixel, 0, NULL)) {
        st_free(out);
        return ST_INTERNAL;
    }
    *bytes = out;
    *size = room;
    return ST_OK;
}
