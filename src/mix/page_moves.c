#include "mix/page_mix.h"

#include "page/page.h"

#include <string.h>

static void title(st_text *t, const char *name, const st_move *m) {
    const char *dot = strrchr(name, '.');
    const char *word = dot != NULL ? dot + 1 : name;
    const char *shown = st_move_about(m->kind)->title;
    if (m->kind == ST_MOVE_SEND)
        shown = strcmp(word, "reverb") == 0 ? "reverb send" : "delay send";
    st_text_put(t, "<b>");
    st_text_add(t, "%c%s",
                shown[0] >= 'a' && shown[0] <= 'z' ? shown[0] - 32 : shown[0],
                shown + 1);
    st_text_put(t, "</b>");
}

/* `given`: is it worth saying that a person set it? */
static void move_row(st_text *t, const st_mix_recipe *r, const char *name,
                     const st_move *m, bool given) {
    bool off = !(m->amount > 0.0);
    st_move whole = *m;
    if (off)
        whole.amount = 1.0; /* what it would be */
    st_text_add(t, "<div class=\"move%s\">", off ? " off" : "");
    title(t, name, m);
    st_text_put(t, "<div>");
    st_page_move_words(t, r, &whole);
    if (off)
        st_text_put(t, "<span class=\"tag\">vetoed</span>");
    else if (m->amount < 1.0)
        st_text_add(t, "<span class=\"tag\">weakened to %.0f %%</span>",
                    100.0 * m->amount);
    if (given)
        st_text_put(t, "<span class=\"tag\">yours</span>");
    st_text_put(t, "</div><code>");
    st_text_escape(t, name);
    st_text_put(t, "</code>");
    if (m->reason[0] != '\0') {
        st_text_put(t, "<p>");
        st_page_sentence(t, m->reason);
        st_text_put(t, "</p>");
    }
    st_text_put(t, "</div>\n");
}

/* A move whose value says that nothing is done and that has no reason tells a
 * reader nothing. */
static bool worth(const st_move *m) {
    return m->on && (st_move_acts(m) || m->reason[0] != '\0' || m->given ||
                     !(m->amount > 0.0));
}

enum { OF_NONE = -1, OF_REST = ST_MIX_STEMS + ST_BUS_COUNT };

/* Which stem, bus or other part the n-th move of the walk belongs to. */
static int group_of(const st_mix_recipe *r, int at) {
    int strips = r->stems * ST_STRIP_SLOTS;
    int buses = ST_BUS_COUNT * ST_BUSMOVE_SLOTS;
    if (at < strips)
        return at / ST_STRIP_SLOTS;
    if (at < strips + buses)
        return ST_MIX_STEMS + (at - strips) / ST_BUSMOVE_SLOTS;
    return OF_REST;
}

static void heading(st_text *t, const st_mix_job *job, int of) {
    const st_mix_recipe *r = &job->recipe;
    st_text_put(t, "<h3>");
    if (of == OF_REST) {
        st_text_put(t, "Side-chain, returns and mix bus");
    } else if (of >= ST_MIX_STEMS) {
        st_text_add(t, "Bus %s", st_bus_name((st_bus)(of - ST_MIX_STEMS)));
    } else {
        const st_mix_stem *stem = &r->stem[of];
        const st_role_info *role = st_role_get(stem->role);
        st_text_escape(t, stem->name);
        st_text_add(t, "<small>%s, to the bus %s</small>",
                    role != NULL ? role->title : "no role",
                    st_bus_name(stem->bus));
    }
    st_text_put(t, "</h3>\n");
}

void st_mix_page_moves(st_text *t, const st_mix_job *job) {
    st_mix_recipe recipe = job->recipe;
    st_move_walk walk = {0};
    int last = OF_NONE;
    st_text_add(t,
                "<section class=\"long\"><h2>Moves</h2><p>All that was "
                "done, in the order of the signal. The name at the end of a "
                "line is what <code>--accept</code> takes to veto or weaken "
                "it.%s</p>\n",
                job->complete ? " All of them stand in the recipe that was "
                                "given."
                              : "");
    for (st_move *m; (m = st_mix_recipe_next(&recipe, &walk)) != NULL;) {
        int of = group_of(&recipe, walk.at - 1);
        if (!worth(m))
            continue;
        if (of != last)
            heading(t, job, of);
        last = of;
        move_row(t, &recipe, walk.name, m, m->given && !job->complete);
    }
    st_text_put(t, "</section>\n");
}
