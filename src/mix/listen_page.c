#include "mix/listening.h"

#include "mix/page_mix.h"
#include "page/page.h"
#include "page/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const css[] = {
    "#player{position:sticky;top:0;z-index:1;padding:14px 20px}#player>div{"
    "display:flex;flex-wrap:wrap;gap:10px;align-items:center}"
    "button{font:inherit;color:inherit;cursor:pointer}"
    "#player button{border:1px solid var(--line);border-radius:8px;background:"
    "var(--ground);padding:7px 16px}#player #play{background:var(--after);"
    "border-color:var(--after);color:var(--sheet);font-weight:600;min-width:"
    "92px}#player #play:disabled{opacity:.5;cursor:default}"
    "#player button[aria-pressed=true]{border-color:var(--after);box-shadow:"
    "inset 0 0 0 1px var(--after)}#time{color:var(--soft);font-size:14px}"
    "#state{color:var(--soft);font-size:14px;margin-left:auto}"
    "#wave{display:block;width:100%;height:56px;margin-top:12px;cursor:pointer}"
    "button:focus-visible,#wave:focus-visible{outline:2px solid var(--after);"
    "outline-offset:2px}",
    ".steps{display:grid;gap:8px;margin:0 0 34px}.step{display:grid;"
    "grid-template-columns:34px minmax(0,190px) minmax(0,1fr);gap:0 12px;"
    "align-items:baseline;text-align:left;width:100%;background:var(--sheet);"
    "border:1px solid var(--line);border-radius:10px;padding:11px 18px}"
    ".step i{font-style:normal;color:var(--soft);font-size:13px}"
    ".step b{font-weight:600}.step span{color:var(--soft);font-size:14px}"
    ".step[aria-pressed=true]{border-color:var(--after);background:linear-"
    "gradient(var(--wash),var(--wash)),var(--sheet);box-shadow:inset 3px 0 0 "
    "var(--after)}.step[aria-pressed=true] i{color:var(--after)}"
    "[hidden]{display:none!important}kbd{font:12px ui-monospace,Menlo,monospace"
    ";border:1px solid var(--line);border-bottom-width:2px;border-radius:4px;"
    "padding:0 5px;background:var(--ground)}.hint{color:var(--soft);font-size:"
    "13px;margin:-22px 0 30px}body:not(.ready) #player{display:none}"
    "@media(max-width:700px){.step{grid-template-columns:22px minmax(0,1fr);"
    "padding:10px 12px}.step span{grid-column:2}#player{padding:12px 14px}"
    ".hint{display:none}}@media print{#player,.hint{display:none}}",
};

static void head(st_text *t, const st_listening *l) {
    char name[ST_MIX_NAME], from[24], to[24];
    double rate = l->job->recipe.rate_hz;
    const char *sheet[16];
    int count = 0;
    for (int i = 0; i < st_mix_page_styles; i++)
        sheet[count++] = st_mix_page_style[i];
    for (size_t i = 0; i < sizeof css / sizeof css[0]; i++)
        sheet[count++] = css[i];
    st_mix_song_name(&l->job->recipe, name, sizeof name);
    st_page_begin_styled(t, name, "step by step", sheet, count);
    st_text_put(t, "<p class=\"kind\">Step by step</p><h1>");
    st_text_escape(t, name);
    st_text_put(t, "</h1>\n");
    st_mix_page_facts(t, l->job);
    st_time_text((double)l->first / rate, from, sizeof from);
    st_time_text((double)(l->first + l->frames) / rate, to, sizeof to);
    st_text_add(t,
                "<p class=\"lead\">From the plain sum of the stems to the "
                "master, %s to %s of the song. Every step is at ",
                from, to);
    st_page_number(t, l->level_lufs, 1);
    st_text_put(t, " LUFS, so that louder does not win.</p><br>\n");
}

static void player(st_text *t, const st_listening *l) {
    st_text_add(t,
                "<section id=\"player\" data-rate=\"%d\"><div><button "
                "id=\"play\" disabled>Play</button><button id=\"blind\" "
                "aria-pressed=\"false\">Blind</button><button id=\"reveal\" "
                "hidden>Reveal</button><span id=\"time\"></span><span "
                "id=\"state\" role=\"status\"></span></div><canvas id=\"wave\" "
                "role=\"slider\" aria-label=\"Place in the song\" "
                "aria-valuemin=\"0\" aria-valuemax=\"%.0f\" "
                "aria-valuenow=\"0\"></canvas></section>\n",
                l->rate_hz, (double)l->frames / l->job->recipe.rate_hz);
}

static void steps(st_text *t) {
    st_text_put(t, "<div class=\"steps\">\n");
    for (int i = 0; i < ST_LISTEN_STEPS; i++)
        st_text_add(t,
                    "<button class=\"step\" aria-pressed=\"false\"><i>%d</i>"
                    "<b>%s</b><span>%s</span></button>\n",
                    i + 1, st_listen_title(i), st_listen_about(i));
    st_text_put(t, "</div>\n<p class=\"hint\"><kbd>1</kbd> to <kbd>9</kbd> "
                   "step, <kbd>0</kbd> the one before, <kbd>space</kbd> play "
                   "and pause, <kbd>\xE2\x86\x90</kbd> <kbd>\xE2\x86\x92</kbd> "
                   "5 s, <kbd>B</kbd> blind, <kbd>R</kbd> reveal</p>\n"
                   "<noscript><p class=\"lead\">Changing steps while they play "
                   "needs a script; the steps are also MP3 files beside this "
                   "page.</p></noscript>\n");
}

static void changes(st_text *t, const st_listening *l) {
    for (int i = 0; i < ST_LISTEN_STEPS; i++) {
        st_text_add(t, "<section id=\"c%d\"><h2>%s</h2><p>%s</p><div>\n", i,
                    st_listen_title(i), st_listen_about(i));
        st_listen_changes(t, l->job, i);
        st_text_put(t, "</div></section>\n");
    }
}

static void files(st_text *t, const st_listening *l) {
    st_text_put(t, "<section id=\"files\"><h2>Files</h2><table><tr><th></th>"
                   "<th class=\"n\">turned</th><th class=\"n\">loudness</th>"
                   "<th class=\"n\">true peak</th></tr>\n");
    for (int i = 0; i < ST_LISTEN_STEPS; i++) {
        const st_listen_step *s = &l->step[i];
        st_text_add(t, "<tr><td><a href=\"%s.mp3\">%s</a></td><td class=\"n\">",
                    st_listen_file(i), st_listen_file(i));
        st_page_db(t, s->gain_db, 1, true);
        st_text_put(t, "</td><td class=\"n\">");
        st_page_number(t, s->file_lufs, 2);
        st_text_put(t, " LUFS</td><td class=\"n\">");
        st_page_number(t, s->file_dbtp, 2);
        st_text_put(t, " dBTP</td></tr>\n");
    }
    st_text_put(t, "</table></section>\n");
}

static void sound(st_text *t, const st_listening *l) {
    for (int i = 0; i < ST_LISTEN_STEPS; i++) {
        st_text_add(t, "<script type=\"text/plain\" id=\"s%d\">", i);
        st_page_base64(t, l->step[i].mp3, l->step[i].bytes);
        st_text_put(t, "</script>\n");
    }
    st_text_put(t, "<script>\n");
    for (int i = 0; i < st_listen_script_lines; i++)
        st_text_put(t, st_listen_script[i]);
    st_text_put(t, "</script>\n");
}

void st_listen_page(st_text *t, const st_listening *l) {
    head(t, l);
    player(t, l);
    steps(t);
    changes(t, l);
    files(t, l);
    st_text_put(t, "<footer>Made by Stemma. Loudness by BS.1770, of the steps "
                   "as they decode.</footer>\n");
    sound(t, l);
    st_page_end(t);
}
