#include "mix/listening.h"

#include "mix/page_mix.h"
#include "page/page.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *file, *title, *about;
} steps[ST_LISTEN_STEPS] = {
    {"1 plain sum", "Plain sum",
     "All stems as their files have them, every fader at 0 dB."},
    {"2 faders", "Faders", "Each stem at its level: the balance."},
    {"3 place", "Place", "Left, right and width: stems beside each other."},
    {"4 filters and eq", "Filters and EQ",
     "What nobody needs goes; what hides others gives way, some of it only "
     "while they play."},
    {"5 dynamics", "Dynamics",
     "Compressors and de-essers of stems; lost level is put back."},
    {"6 space", "Space", "Sends into reverb and delay."},
    {"7 buses", "Buses and side-chain",
     "Drums, music and vocals each as one; kick and voice make room."},
    {"8 premaster", "Premaster", "EQ and width of the mix as a whole."},
    {"9 master", "Master", "EQ, dynamics, loudness and a safe true peak."},
};

const char *st_listen_title(int step) {
    return steps[step].title;
}

const char *st_listen_about(int step) {
    return steps[step].about;
}

const char *st_listen_file(int step) {
    return steps[step].file;
}

/* --- which move is heard from which step on --- */

static const int strip_step[ST_MOVE_KINDS] = {
    [ST_MOVE_STAGING] = ST_LISTEN_PLAIN, /* without any gain of its own */
    [ST_MOVE_POLARITY] = ST_LISTEN_EQ,
    [ST_MOVE_HIGHPASS] = ST_LISTEN_EQ,
    [ST_MOVE_LOWPASS] = ST_LISTEN_EQ,
    [ST_MOVE_EQ] = ST_LISTEN_EQ,
    [ST_MOVE_DYNAMIC_EQ] = ST_LISTEN_EQ,
    [ST_MOVE_DEESSER] = ST_LISTEN_DYNAMICS,
    [ST_MOVE_COMPRESSOR] = ST_LISTEN_DYNAMICS,
    [ST_MOVE_FADER] = ST_LISTEN_FADERS,
    [ST_MOVE_PLACE] = ST_LISTEN_PLACE,
    [ST_MOVE_SEND] = ST_LISTEN_SPACE,
    [ST_MOVE_REVERB] = ST_LISTEN_SPACE,
    [ST_MOVE_DELAY] = ST_LISTEN_SPACE,
    [ST_MOVE_DUCK] = ST_LISTEN_BUSES,
};

/* `at`: number of the move in the walk over a recipe. */
static int step_of(const st_mix_recipe *r, const st_move *m, int at) {
    int strips = r->stems * ST_STRIP_SLOTS;
    int buses = strips + ST_BUS_COUNT * ST_BUSMOVE_SLOTS;
    if (at < strips)
        return strip_step[m->kind];
    if (at < buses)
        return ST_LISTEN_BUSES;
    bool mix = at >= buses + r->ducks + 2;
    return mix ? ST_LISTEN_PREMASTER : strip_step[m->kind];
}

void st_listen_mask(st_mix_recipe *recipe, int step) {
    st_move_walk walk = {0};
    for (st_move *m; (m = st_mix_recipe_next(recipe, &walk)) != NULL;)
        if (step_of(recipe, m, walk.at - 1) > step)
            m->amount = 0.0;
}

/* --- what changed, in words --- */

/* What stands before the last dot of a move's name, else what it is. */
static void owner_of(const char *name, const st_move *m, char *out,
                     size_t room) {
    const char *dot = strrchr(name, '.');
    if (dot != NULL)
        snprintf(out, room, "%.*s", (int)(dot - name), name);
    else
        snprintf(out, room, "%s", st_move_about(m->kind)->title);
}

static void row(st_text *t, const char *owner, const char *name,
                const st_mix_recipe *r, const st_move *m) {
    const char *dot = strrchr(name, '.');
    const char *title = st_move_about(m->kind)->title;
    if (m->kind == ST_MOVE_SEND)
        title = dot != NULL ? dot + 1 : title;
    if (m->kind == ST_MOVE_POLARITY || m->kind == ST_MOVE_TRANSIENT ||
        dot == NULL)
        title = "";
    st_text_put(t, "<div class=\"move\"><b>");
    st_text_escape(t, owner);
    st_text_add(t, "</b><div>%s ", title);
    st_page_move_words(t, r, m);
    st_text_put(t, "</div>");
    if (m->reason[0] != '\0') {
        st_text_put(t, "<p>");
        st_page_sentence(t, m->reason);
        st_text_put(t, "</p>");
    }
    st_text_put(t, "</div>\n");
}

/* "threshold1_db" reads "threshold 1 -13.65 dB". */
static void setting(st_text *t, const st_field *f, double value) {
    size_t named = strlen(f->name), unit = f->unit ? strlen(f->unit) : 0;
    if (named > unit && unit > 0 &&
        strcasecmp(f->name + named - unit, f->unit) == 0)
        named -= unit;
    for (size_t i = 0; i < named; i++)
        st_text_add(t, "%s%c", isdigit((unsigned char)f->name[i]) ? " " : "",
                    f->name[i] == '_' ? ' ' : f->name[i]);
    st_text_put(t, " ");
    if (f->kind == ST_FIELD_CHOICE)
        st_text_put(t, f->choices[(int)value]);
    else if (f->kind == ST_FIELD_BOOL)
        st_text_put(t, value != 0.0 ? "yes" : "no");
    else
        st_page_number(t, value,
                       fabs(value) >= 100.0 || value == floor(value) ? 0 : 2);
    st_text_add(t, "%s%s", f->unit ? " " : "", f->unit ? f->unit : "");
}

/* Settings that were moved from where they do nothing, each with its reason. */
static int master_rows(st_text *t, const st_mix_job *job) {
    const st_recipe *r = job->track.recipe;
    const char *section = "";
    int count = 0;
    if (r->mid_count > 0 && r->curve_reason[0]) {
        st_text_put(t, "<div class=\"move\"><b>eq curve</b><div>");
        st_page_sentence(t, r->curve_reason);
        st_text_put(t, "</div></div>\n");
        count++;
    }
    for (int i = 0; i < ST_SET_COUNT; i++) {
        const st_field *f = st_recipe_field((st_setting)i);
        if (!r->reason[i][0] || r->value[i] == f->initial)
            continue;
        st_text_add(t, "<div class=\"move\"><b>%s</b><div>",
                    strcmp(section, f->section) != 0 ? f->section : "");
        setting(t, f, r->value[i]);
        st_text_put(t, "</div><p>");
        st_page_sentence(t, r->reason[i]);
        st_text_put(t, "</p></div>\n");
        section = f->section;
        count++;
    }
    return count;
}

void st_listen_changes(st_text *t, const st_mix_job *job, int step) {
    st_mix_recipe recipe = job->recipe;
    st_move_walk walk = {0};
    char owner[sizeof walk.name], last[sizeof walk.name] = "";
    int count = step == ST_LISTEN_MASTER ? master_rows(t, job) : 0;
    if (step == ST_LISTEN_PLAIN)
        return;
    for (st_move *m; (m = st_mix_recipe_next(&recipe, &walk)) != NULL;) {
        if (!st_move_acts(m) || step_of(&recipe, m, walk.at - 1) != step)
            continue;
        owner_of(walk.name, m, owner, sizeof owner);
        row(t, strcmp(owner, last) == 0 ? "" : owner, walk.name, &recipe, m);
        memcpy(last, owner, sizeof last);
        count++;
    }
    if (count == 0)
        st_text_put(t, "<p class=\"about\">Nothing was done here: it sounds "
                       "like the step before.</p>\n");
}
