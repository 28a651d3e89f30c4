#include "mix/page_mix.h"

#include "page/page.h"

#include <math.h>
#include <string.h>

static double place(const st_page_scale *s, double value) {
    double x = 100.0 * (value - s->low) / (s->high - s->low);
    return fmin(fmax(x, 0.0), 100.0);
}

void st_page_figure(st_text *t, const char *title, const char *about,
                    const char *const *keys, int count) {
    st_text_add(t, "<figure><figcaption><h2>%s</h2>", title);
    if (count > 0)
        st_text_put(t, "<ul class=\"keys\">");
    for (int i = 0; i < count; i++) {
        const char *words = strchr(keys[i], ':') + 1;
        st_text_add(t, "<li class=\"%.*s\">%s</li>", (int)(words - 1 - keys[i]),
                    keys[i], words);
    }
    st_text_add(t, "%s<p>%s</p></figcaption>\n", count > 0 ? "</ul>" : "",
                about);
}

static int lines(const st_page_scale *s) {
    return (int)floor((s->high - s->low) / s->step + 1e-6);
}

void st_page_axis(st_text *t, const st_page_scale *s) {
    st_text_put(t, "<div class=\"row axis\" aria-hidden=\"true\"><b></b><div "
                   "class=\"track\">");
    for (int i = 0; i <= lines(s); i++) {
        double value = s->low + i * s->step;
        st_text_add(t, "<em style=\"left:%.2f%%\">", place(s, value));
        st_page_number(t, value, 0);
        st_text_add(t, "%s</em>", i == lines(s) ? s->unit : "");
    }
    st_text_put(t, "</div><span></span></div>\n");
}

void st_page_row(st_text *t, const st_page_scale *s, const char *name,
                 const char *about) {
    st_text_put(t, "<div class=\"row\"><b>");
    st_text_escape(t, name);
    if (about != NULL && about[0] != '\0') {
        st_text_put(t, " <small>");
        st_text_escape(t, about);
        st_text_put(t, "</small>");
    }
    st_text_put(t, "</b><div class=\"track\" aria-hidden=\"true\">");
    for (int i = 0; i <= lines(s); i++)
        st_text_add(t, "<u style=\"left:%.2f%%\"></u>",
                    place(s, s->low + i * s->step));
    if (isfinite(s->guard))
        st_text_add(t, "<u class=\"guard\" style=\"left:%.2f%%\"></u>",
                    place(s, s->guard));
}

void st_page_dot(st_text *t, const st_page_scale *s, const char *style,
                 double at) {
    if (isfinite(at))
        st_text_add(t, "<i class=\"%s\" style=\"left:%.2f%%\"></i>", style,
                    place(s, at));
}

void st_page_bar(st_text *t, const st_page_scale *s, const char *style,
                 double from, double to) {
    if (!isfinite(from) || !isfinite(to))
        return;
    double left = place(s, fmin(from, to)), right = place(s, fmax(from, to));
    st_text_add(t, "<i class=\"%s\" style=\"left:%.2f%%;width:%.2f%%\"></i>",
                style, left, right - left);
}

void st_page_row_figures(st_text *t) {
    st_text_put(t, "</div><span>");
}

void st_page_row_end(st_text *t) {
    st_text_put(t, "</span></div>\n");
}
