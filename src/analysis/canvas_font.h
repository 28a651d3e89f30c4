/* canvas_font: the bitmap letters of pictures, ASCII 32..126.
 * Source: drawn for this project, 5 x 9. Private to canvas.c. */
#ifndef ST_ANALYSIS_CANVAS_FONT_H
#define ST_ANALYSIS_CANVAS_FONT_H

enum { ST_GLYPHS = 95, ST_GLYPH_ROWS = 9, ST_GLYPH_COLUMNS = 5 };

extern const unsigned char st_canvas_glyph[ST_GLYPHS][ST_GLYPH_ROWS];

#endif
