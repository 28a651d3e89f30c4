#include "page/svg.h"

#include "core/math.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 920, LEFT = 46, RIGHT = 12, TOP = 10, BOTTOM = 26 };

static double px(const st_chart *c, double x) {
    double t = c->log_x ? st_log2(x / c->x_min) / st_log2(c->x_max / c->x_min)
                        : (x - c->x_min) / (c->x_max - c->x_min);
    return LEFT + t * (WIDTH - LEFT - RIGHT);
}

static double py(const st_chart *c, double y) {
    double t = (c->y_max - y) / (c->y_max - c->y_min);
    return TOP + fmin(fmax(t, 0), 1) * (c->height - TOP - BOTTOM);
}

void st_chart_begin(st_text *t, const st_chart *c, const char *label) {
    st_text_add(t, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"",
                WIDTH, c->height);
    st_text_escape(t, label);
    st_text_put(t, "\">\n");
    st_text_add(t, "<text class=\"unit\" x=\"%d\" y=\"%d\">", LEFT + 6,
                TOP + 12);
    st_text_escape(t, c->y_unit);
    st_text_put(t, "</text>\n");
}

void st_chart_rows(st_text *t, const st_chart *c, double step) {
    double first = ceil(c->y_min / step);
    for (int row = 0; (first + row) * step <= c->y_max + 1e-9; row++) {
        double y = (first + row) * step;
        st_text_add(t,
                    "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text "
                    "class=\"tick\" x=\"%d\" y=\"%.1f\" "
                    "text-anchor=\"end\">%s%g</text>\n",
                    LEFT, py(c, y), WIDTH - RIGHT, LEFT - 8, py(c, y) + 4,
                    y < 0 ? "\xE2\x88\x92" : "", fabs(y));
    }
}

void st_chart_column(st_text *t, const st_chart *c, double x,
                     const char *text) {
    st_text_add(t,
                "<path class=\"grid\" d=\"M%.1f %dV%d\"/><text class=\"tick\" "
                "x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                px(c, x), TOP, c->height - BOTTOM, px(c, x), c->height - 8,
                text);
}

void st_chart_rule(st_text *t, const st_chart *c, double y, const char *text) {
    if (!(y > c->y_min && y < c->y_max))
        return;
    st_text_add(t,
                "<path class=\"rule\" d=\"M%d %.1fH%d\"/><text class=\"note\" "
                "x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
                LEFT, py(c, y), WIDTH - RIGHT, WIDTH - RIGHT - 4, py(c, y) - 5,
                text);
}

static bool drawn(const st_chart *c, double y) {
    return isfinite(y) && y >= c->y_min;
}

void st_chart_line(st_text *t, const st_chart *c, const char *style, bool fill,
                   st_chart_value x, st_chart_value y, const void *ctx,
                   int count) {
    int floor_y = c->height - BOTTOM;
    st_text_add(t, "<path class=\"%s\" d=\"", style);
    double last = 0;
    bool open = false;
    for (int i = 0; i < count; i++) {
        double value = y(ctx, i), at = px(c, x(ctx, i));
        bool here = drawn(c, value);
        if (!here && open && fill)
            st_text_add(t, "L%.1f %dZ", last, floor_y);
        if (here && !open && fill)
            st_text_add(t, "M%.1f %dL%.1f %.1f", at, floor_y, at, py(c, value));
        else if (here)
            st_text_add(t, "%c%.1f %.1f", open ? 'L' : 'M', at, py(c, value));
        open = here, last = at;
    }
    if (open && fill)
        st_text_add(t, "L%.1f %dZ", last, floor_y);
    st_text_put(t, "\"/>\n");
}

void st_chart_band(st_text *t, const st_chart *c, const char *style,
                   st_chart_value x, st_chart_value low, st_chart_value high,
                   const void *ctx, int count) {
    if (count < 1)
        return;
    st_text_add(t, "<path class=\"%s\" d=\"", style);
    for (int i = 0; i < count; i++)
        st_text_add(t, "%c%.1f %.1f", i ? 'L' : 'M', px(c, x(ctx, i)),
                    py(c, high(ctx, i)));
    for (int i = count - 1; i >= 0; i--)
        st_text_add(t, "L%.1f %.1f", px(c, x(ctx, i)), py(c, low(ctx, i)));
    st_text_put(t, "Z\"/>\n");
}

void st_chart_box(st_text *t, const st_chart *c, const char *style, double x0,
                  double x1, double y0, double y1, const char *name) {
    double left = px(c, x0), right = px(c, x1), top = py(c, y1);
    double height = py(c, y0) - top;
    st_text_add(t,
                "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                "height=\"%.1f\"/>\n",
                style, left, top, fmax(right - left - 1, 0.5), height);
    if (name == NULL || right - left < 8.0 * (double)strlen(name) + 4)
        return;
    st_text_add(t, "<text class=\"name\" x=\"%.1f\" y=\"%.1f\">", left + 4,
                top + height / 2 + 4);
    st_text_escape(t, name);
    st_text_put(t, "</text>\n");
}

void st_chart_marks(st_text *t, const st_chart *c, const char *style, double y0,
                    double y1, st_chart_value x, const void *ctx, int count) {
    st_text_add(t, "<path class=\"%s\" d=\"", style);
    for (int i = 0; i < count; i++)
        st_text_add(t, "M%.1f %.1fV%.1f", px(c, x(ctx, i)), py(c, y0),
                    py(c, y1));
    st_text_put(t, "\"/>\n");
}

void st_chart_end(st_text *t) {
    st_text_put(t, "</svg>\n");
}

void st_time_text(double seconds, char *out, size_t bytes) {
    int s = (int)(seconds + 0.5);
    if (s >= 3600)
        snprintf(out, bytes, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, bytes, "%d:%02d", s / 60, s % 60);
}

void st_chart_time(st_text *t, const st_chart *c) {
    static const double steps[] = {1,   2,   5,   10,  15,   30,  60,
                                   120, 300, 600, 900, 1800, 3600};
    double step = 7200;
    for (int i = 12; i >= 0; i--)
        if ((c->x_max - c->x_min) / steps[i] <= 10)
            step = steps[i];
    for (int column = 0; column * step <= c->x_max + 1e-9; column++) {
        double x = column * step;
        char text[16];
        st_time_text(x, text, sizeof text);
        st_chart_column(t, c, x, text);
    }
}
