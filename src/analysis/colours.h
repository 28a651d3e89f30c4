/* colours: a scale of colours for levels, even to the eye.
 * Source: own curve in OKLab (Ottosson 2020): lightness rises from near black
 * to near white while the hue turns from blue over red to yellow, with as
 * much colour as sRGB holds; walked in steps of equal OKLab distance. Also
 * reads right in grey and with any colour blindness, as lightness rises all
 * along. */
#ifndef ST_ANALYSIS_COLOURS_H
#define ST_ANALYSIS_COLOURS_H

#include "analysis/canvas.h"

enum { ST_COLOURS = 256 };

/* out[256], from least to most. [any] */
void st_colours_fill(st_rgb out[ST_COLOURS]);
/* OKLab of an sRGB colour: lightness 0..1, a, b. [any] */
void st_colours_oklab(st_rgb colour, double lab[3]);

#endif
