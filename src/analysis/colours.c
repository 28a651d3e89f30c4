#include "analysis/colours.h"

#include "core/math.h"

#include <math.h>
#include <stdbool.h>

enum { POINTS = 1024 };

static void to_linear_rgb(const double lab[3], double rgb[3]) {
    double l = lab[0] + 0.3963377774 * lab[1] + 0.2158037573 * lab[2];
    double m = lab[0] - 0.1055613458 * lab[1] - 0.0638541728 * lab[2];
    double s = lab[0] - 0.0894841775 * lab[1] - 1.2914855480 * lab[2];
    l = l * l * l;
    m = m * m * m;
    s = s * s * s;
    rgb[0] = 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s;
    rgb[1] = -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s;
    rgb[2] = -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s;
}

static double encode(double x) {
    x = x < 0.0 ? 0.0 : x > 1.0 ? 1.0 : x;
    return x <= 0.0031308 ? 12.92 * x : 1.055 * st_pow(x, 1.0 / 2.4) - 0.055;
}

static double decode(double x) {
    return x <= 0.04045 ? x / 12.92 : st_pow((x + 0.055) / 1.055, 2.4);
}

static double cube_root(double x) {
    return x > 0.0 ? st_pow(x, 1.0 / 3.0) : 0.0;
}

void st_colours_oklab(st_rgb colour, double lab[3]) {
    double r = decode(colour.r / 255.0), g = decode(colour.g / 255.0);
    double b = decode(colour.b / 255.0);
    double l =
        cube_root(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    double m =
        cube_root(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    double s =
        cube_root(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    lab[0] = 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s;
    lab[1] = 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s;
    lab[2] = 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s;
}

static bool in_gamut(const double lab[3]) {
    double rgb[3];
    to_linear_rgb(lab, rgb);
    for (int i = 0; i < 3; i++)
        if (rgb[i] < 0.0 || rgb[i] > 1.0)
            return false;
    return true;
}

/* t 0..1: the hue turns by 210 degrees from blue; the colourfulness asked for
 * is taken back to 97 % of what sRGB has there. */
static void curve(double t, double lab[3]) {
    double light = 0.10 + 0.87 * t;
    double hue = (270.0 + 205.0 * t) / 180.0;
    double wish = 0.20 * st_sinpi(0.08 + 0.84 * t);
    double low = 0.0, high = wish;
    for (int i = 0; i < 24; i++) {
        double middle = 0.5 * (low + high);
        lab[0] = light;
        lab[1] = middle * st_cospi(hue);
        lab[2] = middle * st_sinpi(hue);
        if (in_gamut(lab))
            low = middle;
        else
            high = middle;
    }
    lab[1] = 0.97 * low * st_cospi(hue);
    lab[2] = 0.97 * low * st_sinpi(hue);
}

static double distance(const double a[3], const double b[3]) {
    double sum = 0.0;
    for (int i = 0; i < 3; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum);
}

static st_rgb colour_of(const double lab[3]) {
    double rgb[3];
    to_linear_rgb(lab, rgb);
    return (st_rgb){(uint8_t)rint(255.0 * encode(rgb[0])),
                    (uint8_t)rint(255.0 * encode(rgb[1])),
                    (uint8_t)rint(255.0 * encode(rgb[2]))};
}

void st_colours_fill(st_rgb out[ST_COLOURS]) {
    double along[POINTS] = {0}, before[3], here[3] = {0};
    curve(0.0, before);
    for (int i = 1; i < POINTS; i++) {
        curve((double)i / (POINTS - 1), here);
        along[i] = along[i - 1] + distance(before, here);
        for (int k = 0; k < 3; k++)
            before[k] = here[k];
    }
    for (int c = 0, i = 0; c < ST_COLOURS; c++) {
        double want = along[POINTS - 1] * c / (ST_COLOURS - 1);
        while (i + 2 < POINTS && along[i + 1] < want)
            i++;
        double part = (want - along[i]) / (along[i + 1] - along[i]);
        curve((i + part) / (POINTS - 1), here);
        out[c] = colour_of(here);
    }
}
