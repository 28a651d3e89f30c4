/* svg: line charts for the report page, drawn as SVG text.
 * Source: SVG 1.1. Colours come from the page's classes, so that a chart
 * follows light, dark and print. */
#ifndef ST_PAGE_SVG_H
#define ST_PAGE_SVG_H

#include "page/text.h"

typedef struct {
    double x_min, x_max, y_min, y_max;
    bool log_x;
    const char *x_unit, *y_unit; /* written at the ends of the axes */
    int height;                  /* of 920 wide, whole picture */
} st_chart;

/* `label` is read out by screen readers. */
void st_chart_begin(st_text *t, const st_chart *c, const char *label);
/* A horizontal grid line with its number each `step`. */
void st_chart_rows(st_text *t, const st_chart *c, double step);
/* A vertical one with a text. */
void st_chart_column(st_text *t, const st_chart *c, double x, const char *text);
/* A rule across at y: class "rule", with a text at its right end. */
void st_chart_rule(st_text *t, const st_chart *c, double y, const char *text);

typedef double (*st_chart_value)(const void *ctx, int i);
/* A line through `count` points; values that are not finite or under y_min
 * break it. `fill`: down to the floor as well. */
void st_chart_line(st_text *t, const st_chart *c, const char *style, bool fill,
                   st_chart_value x, st_chart_value y, const void *ctx,
                   int count);
/* The area between low and high, as st_chart_line's points. */
void st_chart_band(st_text *t, const st_chart *c, const char *style,
                   st_chart_value x, st_chart_value low, st_chart_value high,
                   const void *ctx, int count);
/* A box from x0, y0 to x1, y1, its name inside where there is room (NULL:
 * none). */
void st_chart_box(st_text *t, const st_chart *c, const char *style, double x0,
                  double x1, double y0, double y1, const char *name);
/* Short marks at x, from y0 to y1. */
void st_chart_marks(st_text *t, const st_chart *c, const char *style, double y0,
                    double y1, st_chart_value x, const void *ctx, int count);
void st_chart_end(st_text *t);

/* M:SS */
void st_time_text(double seconds, char *out, size_t bytes);
/* Column each so many seconds that fits the length. */
void st_chart_time(st_text *t, const st_chart *c);

#endif
