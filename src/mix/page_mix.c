#include "mix/page_mix.h"

#include "master/html.h"
#include "page/page.h"
#include "page/svg.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- head --- */

/* What all stems' names begin with, up to a separator: the song's name in
 * "Song - Kick", "Song - Bass"; else their number. */
void st_mix_song_name(const st_mix_recipe *r, char *out, size_t room) {
    const char *first = r->stem[0].name;
    size_t same = r->stems > 1 ? strlen(first) : 0;
    for (int i = 1; i < r->stems; i++) {
        size_t n = 0;
        while (n < same && r->stem[i].name[n] == first[n])
            n++;
        same = n;
    }
    while (same > 0 && strchr("_-", first[same - 1]) == NULL &&
           !(same > 1 && first[same - 1] == ' ' && first[same - 2] == '-'))
        same--;
    while (same > 0 && strchr(" _-", first[same - 1]) != NULL)
        same--;
    bool letters = false;
    for (size_t i = 0; i < same; i++)
        letters |= isalpha((unsigned char)first[i]) != 0;
    if (letters && same >= 3)
        snprintf(out, room, "%.*s", (int)same, first);
    else
        snprintf(out, room,
                 r->stems == 1 ? "Mix of one stem" : "Mix of %d stems",
                 r->stems);
}

void st_mix_page_facts(st_text *t, const st_mix_job *job) {
    const st_listen_result *h = st_listen_get(job->heard.listen);
    char length[24];
    st_time_text(job->heard.seconds, length, sizeof length);
    st_text_add(t, "<p class=\"lead\">%d stem%s, %s, %.4g kHz",
                job->recipe.stems, job->recipe.stems == 1 ? "" : "s", length,
                job->recipe.rate_hz / 1000.0);
    if (job->recipe.tempo_bpm > 0.0)
        st_text_add(t, ", %.1f BPM", job->recipe.tempo_bpm);
    if (h->harmony != NULL && h->harmony->has_key)
        st_text_add(t, ", %s", h->harmony->key[0].name);
    st_text_put(t, ". Preset ");
    st_text_escape(t, job->recipe.preset);
    st_text_put(t, ".</p>\n");
}

static int guards_held(const st_mix_job *job) {
    st_guard_line lines[ST_GUARD_LINES];
    int held = 0;
    st_guard_lines(&job->figures, lines);
    for (int i = 0; i < ST_GUARD_LINES; i++)
        held += lines[i].held;
    return held;
}

static void verdict(st_text *t, const st_mix_job *job) {
    int held = guards_held(job);
    int passed = 0, judged = 0;
    for (int i = 0; i < ST_QC_CHECKS; i++) {
        passed += job->track.qc.check[i].state == ST_QC_PASS;
        judged += job->track.qc.check[i].state != ST_QC_NONE;
    }
    bool good = held == ST_GUARD_LINES && job->track.qc.passed;
    if (job->track.in.silent) {
        st_text_put(t, "<p class=\"verdict\"><b class=\"bad\">Nothing to "
                       "hear</b><span>All stems are silent: export them "
                       "again.</span></p>\n");
        return;
    }
    st_text_add(t,
                "<p class=\"verdict\"><b class=\"%s\">%s</b><span>%d of %d "
                "guardrails of the mix hold, %d of %d checks of the master "
                "passed.</span></p>\n",
                good ? "good" : "bad", good ? "Ready to send" : "Needs a look",
                held, (int)ST_GUARD_LINES, passed, judged);
}

static void note(st_text *t, int *count, const char *text) {
    st_text_put(t, (*count)++ == 0 ? "<ul class=\"notes\"><li>" : "<li>");
    st_page_sentence(t, text);
    st_text_put(t, "</li>");
}

/* Warnings of the run: of stems, guards and the master. */
static void warnings(st_text *t, const st_mix_job *job) {
    json_t *list = st_ctx_warnings(job->ctx), *one;
    int count = 0;
    size_t i;
    json_array_foreach(list, i, one) {
        const char *text = json_string_value(json_object_get(one, "message"));
        note(t, &count, text != NULL ? text : "");
    }
    if (count > 0)
        st_text_put(t, "</ul>\n");
    json_decref(list);
}

static void figure(st_text *t, const char *name, double value, int decimals,
                   const char *unit, const char *was, double before) {
    st_text_add(t, "<div><span>%s</span><b>", name);
    st_page_number(t, value, decimals);
    st_text_add(t, "</b><small>%s</small><span>%s ", unit, was);
    st_page_number(t, before, decimals);
    st_text_put(t, "</span></div>\n");
}

static void figures(st_text *t, const st_mix_job *job,
                    const st_masking *after) {
    static const char *const pre = "before mastering";
    const st_meter_result *a = &job->track.in.meter;
    const st_meter_result *b = &job->track.result.after.meter;
    st_text_put(t, "<div class=\"figures\">\n");
    figure(t, "Loudness", b->loudness.integrated_lufs, 1, "LUFS", pre,
           a->loudness.integrated_lufs);
    figure(t, "True peak", b->true_peak_dbtp, 2, "dBTP", pre,
           a->true_peak_dbtp);
    figure(t, "Loudness range", b->loudness.range_lu, 1, "LU", pre,
           a->loudness.range_lu);
    figure(t, "Peak to loudness", b->plr_db, 1, "dB", pre, a->plr_db);
    figure(t, "Correlation", b->correlation, 2, "", pre, a->correlation);
    figure(t, "Hidden of a stem, estimated",
           100 * st_mix_masking_mean(job, after), 0, "%", "files as they came",
           100 * st_mix_masking_mean(job, st_stems_masking(job->heard.stems)));
    st_text_put(t, "</div>\n");
}

/* --- guardrails --- */

static void guard(st_text *t, const st_guard_line *l) {
    const char *space = l->unit[0] != '\0' ? " " : "";
    st_text_add(t, "<tr><td>%s</td><td class=\"why\">", l->title);
    st_page_sentence(t, l->rule);
    st_text_put(t, "</td><td class=\"n\">");
    st_page_number(t, l->measured, l->decimals);
    st_text_add(t, "%s%s</td><td class=\"n %s\">", space, l->unit,
                l->held ? "good" : "bad");
    if (l->held) {
        st_text_put(t, "holds");
    } else {
        st_text_put(t, "broken by ");
        st_page_number(t, l->by, l->decimals);
    }
    st_text_put(t, "</td></tr>\n");
}

static void guards(st_text *t, const st_mix_job *job) {
    st_guard_line lines[ST_GUARD_LINES];
    st_guard_lines(&job->figures, lines);
    st_text_put(t, "<section><h2>Guardrails</h2>");
    if (guards_held(job) < ST_GUARD_LINES) {
        st_text_put(t, "<p>");
        st_page_sentence(t, st_mix_broken_why(job));
        st_text_put(t, "</p>");
    }
    st_text_put(t, "<table>\n");
    for (int i = 0; i < ST_GUARD_LINES; i++)
        guard(t, &lines[i]);
    st_text_put(t, "</table></section>\n");
}

/* --- buses and returns --- */

static int on_bus(const st_mix_recipe *r, int bus, st_text *t) {
    int count = 0;
    for (int i = 0; i < r->stems; i++) {
        if ((int)r->stem[i].bus != bus)
            continue;
        if (t != NULL) {
            st_text_put(t, count > 0 ? ", " : "");
            st_text_escape(t, r->stem[i].name);
        }
        count++;
    }
    return count;
}

static void bus_row(st_text *t, const st_mix_job *job, int bus) {
    const st_mix_recipe *r = &job->recipe;
    const st_bus_meter *m = &job->premix.bus[bus];
    double gain = st_move_value(&r->mix[ST_MIXMOVE_FADER], ST_FADER_GAIN);
    if (on_bus(r, bus, NULL) == 0)
        return;
    st_text_add(t, "<div class=\"move\"><b>Bus %s</b><div>",
                st_bus_name((st_bus)bus));
    (void)on_bus(r, bus, t);
    st_text_put(t, "</div><p>Fader ");
    st_page_db(t, st_move_value(&r->bus[bus][ST_BUSMOVE_FADER], ST_FADER_GAIN),
               1, true);
    st_text_put(t, ", mean reduction ");
    st_page_db(t, m->compressor.mean_db + m->parallel.mean_db, 2, false);
    st_text_put(t, ", highest peak ");
    st_page_number(t, job->figures.bus_peak_dbfs[bus] + gain, 1);
    st_text_put(t, " dBFS in the mix.</p></div>\n");
}

static void return_row(st_text *t, const st_mix_job *job, int slot,
                       const char *name, const st_move *about) {
    const st_mix_recipe *r = &job->recipe;
    int count = 0;
    for (int i = 0; i < r->stems; i++)
        count += st_move_acts(&r->stem[i].move[slot]);
    st_text_add(t, "<div class=\"move\"><b>%s</b><div>", name);
    if (count > 0)
        st_page_move_words(t, r, about);
    else
        st_text_put(t, "Nothing is sent to it");
    st_text_put(t, "</div>");
    for (int i = 0, n = 0; i < r->stems; i++) {
        const st_move *send = &r->stem[i].move[slot];
        if (!st_move_acts(send))
            continue;
        st_text_put(t, n++ > 0 ? ", " : "<p>From ");
        st_text_escape(t, r->stem[i].name);
        st_text_put(t, " at ");
        st_page_db(t, st_move_value(send, ST_SEND_LEVEL), 1, false);
    }
    st_text_put(t, count > 0 ? ".</p></div>\n" : "</div>\n");
}

static void buses(st_text *t, const st_mix_job *job) {
    st_text_put(t, "<section><h2>Buses and returns</h2><div>\n");
    for (int b = 0; b < ST_BUS_COUNT; b++)
        bus_row(t, job, b);
    return_row(t, job, ST_STRIP_REVERB, "Reverb", &job->recipe.reverb);
    return_row(t, job, ST_STRIP_DELAY, "Delay", &job->recipe.delay);
    st_text_put(t, "</div></section>\n");
}

/* Who is in each group, and how loud. */
static void groups(st_text *t, const st_mix_job *job) {
    if (job->session.groups == 0)
        return;
    st_text_put(t, "<section><h2>Groups</h2><div>\n");
    for (int i = 0; i < job->session.count; i++) {
        const st_session_file *f = &job->session.file[i];
        if (f->group == 0)
            continue;
        const st_session_group *g = &job->session.group[f->group - 1];
        st_text_put(t, "<div class=\"move\"><b>");
        st_text_escape(t, f->name);
        st_text_add(t, "</b><div>%d stems added up</div><p>", g->count);
        for (int k = 0; k < g->count; k++) {
            st_text_put(t, k > 0 ? ", " : "");
            st_text_escape(t, job->session.file[g->file[k]].label);
            st_text_put(t, " at ");
            st_page_db(t, g->gain_db[k], 1, true);
            if (g->invert_right[k])
                st_text_put(t, " (right channel turned over)");
        }
        st_text_put(t, ".</p></div>\n");
    }
    st_text_put(t, "</div></section>\n");
}

static const st_reduction *ducked(const st_mix_job *job, int i) {
    int target = job->recipe.duck[i].target;
    return target >= ST_TARGET_BUS
               ? &job->premix.bus[target - ST_TARGET_BUS].duck[i]
               : &job->prints[target].meter.duck;
}

static void sidechain(st_text *t, const st_mix_job *job) {
    const st_mix_recipe *r = &job->recipe;
    int count = 0;
    for (int i = 0; i < r->ducks; i++)
        count += st_move_acts(&r->duck[i]);
    if (count == 0)
        return;
    st_text_put(t, "<section><h2>Side-chain</h2><table><tr><th>what</th><th "
                   "class=\"n\">mean</th><th class=\"n\">deepest</th></tr>\n");
    for (int i = 0; i < r->ducks; i++) {
        if (!st_move_acts(&r->duck[i]))
            continue;
        const st_reduction *did = ducked(job, i);
        st_text_put(t, "<tr><td>");
        st_page_move_words(t, r, &r->duck[i]);
        st_text_put(t, "</td><td class=\"n\">");
        st_page_db(t, did->mean_db, 2, false);
        st_text_put(t, "</td><td class=\"n\">");
        st_page_db(t, did->max_db, 2, false);
        st_text_put(t, "</td></tr>\n");
    }
    st_text_put(t, "</table></section>\n");
}

/* --- how to go on --- */

/* The name of the last move that acts, to be the example. */
static void example(const st_mix_job *job, char *out, size_t room) {
    st_mix_recipe recipe = job->recipe;
    st_move_walk walk = {0};
    snprintf(out, room, "mix.fader");
    for (st_move *m; (m = st_mix_recipe_next(&recipe, &walk)) != NULL;)
        if (m->kind == ST_MOVE_EQ && st_move_acts(m)) {
            snprintf(out, room, "%s", walk.name);
            return;
        }
}

static void onward(st_text *t, const st_mix_job *job) {
    char name[ST_MIX_NAME + 32];
    example(job, name, sizeof name);
    st_text_put(t, "<section><h2>To go on from here</h2><ol class=\"steps\">"
                   "<li>Leave a move out, or do half of it:<pre><code>stemma "
                   "mix STEMS -o out --accept \"all,-");
    st_text_escape(t, name);
    st_text_put(t,
                ",reverb=50\"</code></pre></li><li>Change any value: edit "
                "<code>recipe.json</code> beside this page and give it back. "
                "What stands in it is done as written.<pre><code>stemma mix "
                "STEMS -o out --recipe recipe.json</code></pre></li><li>Hear "
                "what each step does, at equal loudness:<pre><code>stemma "
                "mix STEMS -o out --recipe recipe.json --listen steps"
                "</code></pre></li></ol></section>\n");
}

static void body(st_text *t, const st_mix_job *job, const st_masking *after) {
    const st_report_facts about = {.options = &job->options};
    verdict(t, job);
    warnings(t, job);
    figures(t, job, after);
    st_mix_page_balance(t, job);
    st_mix_page_masking(t, job, after);
    st_mix_page_field(t, job);
    st_mix_page_reduction(t, job);
    groups(t, job);
    buses(t, job);
    sidechain(t, job);
    guards(t, job);
    if (!job->track.in.silent) {
        st_text_put(t, "<p class=\"part\">Master</p>\n");
        st_html_charts(t, &job->track, &about);
    }
    st_mix_page_moves(t, job);
    onward(t, job);
}

st_status st_mix_page(const st_mix_job *job, st_text *t) {
    char name[ST_MIX_NAME];
    st_masking *after = NULL;
    st_status status = st_mix_masking_after(job, &after);
    if (status != ST_OK)
        return status;
    st_mix_song_name(&job->recipe, name, sizeof name);
    st_page_begin_styled(t, name, "mix report", st_mix_page_style,
                         st_mix_page_styles);
    st_text_put(t, "<p class=\"kind\">Mix report</p><h1>");
    st_text_escape(t, name);
    st_text_put(t, "</h1>\n");
    st_mix_page_facts(t, job);
    body(t, job, after);
    st_text_add(t,
                "<footer>Made by Stemma in %.2f s. Loudness by BS.1770 and EBU "
                "R 128; the master's figures were measured on the file "
                "written.</footer>\n",
                st_ctx_seconds(job->ctx));
    st_page_end(t);
    st_masking_free(after);
    return t->failed ? ST_NO_MEM : ST_OK;
}
