#include "mix/stage_mix.h"

#include "core/alloc.h"
#include "master/report.h"
#include "mix/group.h"
#include "mix/page_mix.h"
#include "mix/recipe_json.h"

#include <math.h>
#include <string.h>

static void set(json_t *object, const char *name, double value, int decimals) {
    json_object_set_new(object, name, st_report_number(value, decimals));
}

static void text(json_t *object, const char *name, const char *value) {
    json_t *string = json_string(value);
    json_object_set_new(object, name, string != NULL ? string : json_null());
}

/* --- what came in --- */

static const char *said(const st_session_file *f) {
    static const char *const words[] = {"nobody", "name", "sound", "user"};
    return words[f->said];
}

static json_t *stem_json(const st_mix_job *job, int i) {
    const st_stem_facts *f = &job->heard.stem[i];
    const st_session_file *file = &job->session.file[job->heard.file[i]];
    json_t *stem = json_object();
    text(stem, "name", file->label);
    text(stem, "role", st_role_name(job->recipe.stem[i].role));
    text(stem, "role_from", said(file));
    set(stem, "role_confidence", file->confidence, 3);
    set(stem, "lufs", f->meter.loudness.integrated_lufs, 2);
    set(stem, "true_peak", f->meter.true_peak_dbtp, 2);
    set(stem, "crest_factor", f->meter.crest_db, 2);
    json_object_set_new(stem, "channels", json_integer(file->file_channels));
    json_object_set_new(stem, "sample_rate", json_integer(file->file_rate_hz));
    set(stem, "offset_seconds",
        (double)file->offset_frames / job->session.rate_hz, 6);
    json_object_set_new(stem, "silent", json_boolean(f->silent));
    json_object_set_new(stem, "clipped_runs",
                        json_integer(file->scan.flat_runs));
    json_object_set_new(stem, "wild_samples",
                        json_integer(file->scan.wild_samples));
    set(stem, "masked_share",
        st_masking_share(st_stems_masking(job->heard.stems), i), 4);
    return stem;
}

static json_t *member_json(const st_mix_job *job, const st_session_group *g,
                           int i) {
    const st_session_file *file = &job->session.file[g->file[i]];
    json_t *row = json_object();
    text(row, "file", file->label);
    text(row, "role", st_role_name(file->role));
    text(row, "role_from", said(file));
    set(row, "gain_db", g->gain_db[i], 2);
    json_object_set_new(row, "invert_right", json_boolean(g->invert_right[i]));
    if (job->files != NULL)
        set(row, "lufs",
            job->files[g->file[i]].facts.meter.loudness.integrated_lufs, 2);
    return row;
}

static json_t *groups_json(const st_mix_job *job) {
    json_t *list = json_array();
    for (int i = 0; i < job->session.count; i++) {
        const st_session_file *f = &job->session.file[i];
        if (f->group == 0)
            continue;
        const st_session_group *g = &job->session.group[f->group - 1];
        json_t *row = json_object(), *members = json_array();
        for (int k = 0; k < g->count; k++)
            json_array_append_new(members, member_json(job, g, k));
        text(row, "name", f->name);
        text(row, "role", st_role_name(f->role));
        json_object_set_new(row, "members", members);
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *left_out_json(const st_mix_job *job) {
    json_t *list = json_array();
    for (int i = 0; i < job->session.count; i++)
        if (job->session.file[i].left_out)
            json_array_append_new(list,
                                  json_pack("{s:s, s:s}", "name",
                                            job->session.file[i].label, "why",
                                            job->session.file[i].why));
    return list;
}

static json_t *input_json(const st_mix_job *job) {
    const st_listen_result *h = st_listen_get(job->heard.listen);
    json_t *input = json_object(), *stems = json_array();
    int bits = 0;
    for (int i = 0; i < job->heard.count; i++) {
        json_array_append_new(stems, stem_json(job, i));
        if (job->heard.stem[i].meter.bits > bits)
            bits = job->heard.stem[i].meter.bits;
    }
    json_object_set_new(input, "total_stems", json_integer(job->heard.count));
    json_object_set_new(input, "sample_rate",
                        json_integer(job->session.rate_hz));
    json_object_set_new(input, "bit_depth", json_integer(bits));
    set(input, "duration_seconds", job->heard.seconds, 3);
    bool tempo = h->rhythm != NULL && h->rhythm->has_tempo;
    bool key = h->harmony != NULL && h->harmony->has_key;
    set(input, "detected_bpm", tempo ? h->rhythm->bpm : NAN, 2);
    json_object_set_new(input, "detected_key",
                        key ? json_string(h->harmony->key[0].name)
                            : json_null());
    json_object_set_new(input, "stems", stems);
    json_object_set_new(input, "groups", groups_json(job));
    json_object_set_new(input, "left_out", left_out_json(job));
    return input;
}

/* --- the mix --- */

static double bus_reduction(const st_mix_job *job, int bus) {
    const st_bus_meter *m = &job->premix.bus[bus];
    return m->compressor.mean_db + m->parallel.mean_db;
}

static json_t *sidechain_json(const st_mix_job *job) {
    json_t *list = json_array();
    const st_mix_recipe *r = &job->recipe;
    for (int i = 0; i < r->ducks; i++) {
        const st_move *m = &r->duck[i];
        bool bus = m->target >= ST_TARGET_BUS;
        json_t *row = json_object();
        int source = 0;
        while (source < r->stems && (m->source >> source & 1) == 0)
            source++;
        if (!st_move_acts(m) || source == r->stems) {
            json_decref(row);
            continue;
        }
        const st_reduction *did =
            bus ? &job->premix.bus[m->target - ST_TARGET_BUS].duck[i]
                : &job->prints[m->target].meter.duck;
        text(row, "source", r->stem[source].name);
        text(row, "target",
             bus ? st_bus_name((st_bus)(m->target - ST_TARGET_BUS))
                 : r->stem[m->target].name);
        set(row, "avg_gr_db", did->mean_db, 2);
        set(row, "max_gr_db", did->max_db, 2);
        json_array_append_new(list, row);
    }
    return list;
}

/* Limits that are not kept: which, by how much, and why so. */
static json_t *broken_json(const st_mix_job *job) {
    st_guard_line lines[ST_GUARD_LINES];
    json_t *list = json_array();
    st_guard_lines(&job->figures, lines);
    for (int i = 0; i < ST_GUARD_LINES; i++) {
        json_t *row = lines[i].held ? NULL : json_object();
        if (row == NULL)
            continue;
        text(row, "guard", lines[i].name);
        text(row, "rule", lines[i].rule);
        set(row, "limit", lines[i].limit, 4);
        set(row, "measured", lines[i].measured, 4);
        set(row, "by", lines[i].by, 4);
        text(row, "unit", lines[i].unit);
        text(row, "why", st_mix_broken_why(job));
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *guards_json(const st_mix_job *job) {
    const st_guard_figures *f = &job->figures;
    json_t *g = json_object();
    set(g, "premaster_peak_dbfs", f->peak_dbfs, 2);
    set(g, "correlation", f->correlation, 4);
    set(g, "mono_loss_db", f->fold_loss_db, 2);
    set(g, "width_pct_max", f->width_pct, 1);
    set(g, "gain_reduction_max_avg_db", f->most_reduction_db, 2);
    set(g, "eq_gain_max_db", f->most_eq_db, 2);
    json_object_set_new(g, "eq", json_boolean(f->eq));
    json_object_set_new(g, "headroom", json_boolean(f->headroom));
    json_object_set_new(g, "mono_compatible",
                        json_boolean(f->correlated && f->folds));
    json_object_set_new(g, "width", json_boolean(f->width));
    json_object_set_new(g, "gain_reduction", json_boolean(f->reduction));
    json_object_set_new(g, "limits", json_integer(ST_GUARD_LINES));
    json_object_set_new(g, "broken", broken_json(job));
    return g;
}

static json_t *moves_json(const st_mix_job *job) {
    json_t *list = json_array();
    st_mix_recipe recipe = job->recipe;
    st_move_walk walk = {0};
    for (st_move *m; (m = st_mix_recipe_next(&recipe, &walk)) != NULL;)
        if (m->on)
            json_array_append_new(list, json_pack("{s:s, s:f, s:s}", "move",
                                                  walk.name, "amount_pct",
                                                  100.0 * m->amount, "reason",
                                                  m->reason));
    return list;
}

static json_t *strips_json(const st_mix_job *job) {
    json_t *list = json_array();
    for (int i = 0; i < job->recipe.stems; i++) {
        const st_mix_stem *s = &job->recipe.stem[i];
        const st_move *place = &s->move[ST_STRIP_PLACE];
        json_t *row = json_object();
        text(row, "name", s->name);
        text(row, "role", st_role_name(s->role));
        text(row, "bus", st_bus_name(s->bus));
        set(row, "gain_db",
            st_move_value(&s->move[ST_STRIP_FADER], ST_FADER_GAIN), 2);
        set(row, "pan", st_move_value(place, ST_PLACE_PAN), 2);
        set(row, "width_pct", st_move_value(place, ST_PLACE_WIDTH), 1);
        set(row, "avg_gr_db", job->prints[i].meter.compressor.mean_db, 2);
        set(row, "max_gr_db", job->prints[i].meter.compressor.max_db, 2);
        json_array_append_new(list, row);
    }
    return list;
}

static double width_mean(const st_mix_recipe *r) {
    double sum = 0.0;
    for (int i = 0; i < r->stems; i++)
        sum += st_move_value(&r->stem[i].move[ST_STRIP_PLACE], ST_PLACE_WIDTH);
    return r->stems > 0 ? sum / r->stems : 100.0;
}

static json_t *mixing_json(const st_mix_job *job) {
    json_t *mix = json_object(), *gr = json_object();
    set(gr, "drum_bus", bus_reduction(job, ST_BUS_DRUM), 2);
    set(gr, "music_bus", bus_reduction(job, ST_BUS_MUSIC), 2);
    set(gr, "vocal_bus", bus_reduction(job, ST_BUS_VOCAL), 2);
    json_object_set_new(mix, "avg_gain_reduction_db", gr);
    json_object_set_new(mix, "sidechain_applied", sidechain_json(job));
    set(mix, "stereo_width_avg", width_mean(&job->recipe), 1);
    text(mix, "policy", st_mix_rules.name);
    text(mix, "preset", job->recipe.preset);
    json_object_set_new(mix, "rendered_as_given", json_boolean(job->complete));
    json_object_set_new(mix, "guards", guards_json(job));
    json_object_set_new(mix, "strips", strips_json(job));
    json_object_set_new(mix, "moves", moves_json(job));
    json_object_set_new(mix, "warnings", st_ctx_warnings(job->ctx));
    return mix;
}

/* Mastering alone says which sections it leaves empty; here they are filled. */
static void drop_warnings_of(json_t *report, const char *section) {
    json_t *list = json_object_get(report, "warnings");
    for (size_t i = json_array_size(list); i-- > 0;) {
        const char *line = json_string_value(json_array_get(list, i));
        if (line != NULL && strncmp(line, section, strlen(section)) == 0)
            json_array_remove(list, i);
    }
}

json_t *st_mix_report(const st_mix_job *job) {
    json_t *phases = st_ctx_phases(job->ctx);
    const st_report_facts facts = {.options = &job->options,
                                   .seconds = st_ctx_seconds(job->ctx),
                                   .phases = phases,
                                   .previews = job->previews};
    json_t *report = st_report_json(&job->track, &facts);
    json_decref(phases);
    if (report == NULL)
        return NULL;
    json_object_set_new(report, "input_analysis", input_json(job));
    json_object_set_new(report, "mixing_report", mixing_json(job));
    drop_warnings_of(report, "mixing_report");
    drop_warnings_of(report, "detected_bpm");
    return report;
}

static st_status give(st_mix_job *job, const char *name, json_t *document,
                      st_err *err) {
    st_status status = document != NULL
                           ? st_out_json(job->out, name, 0, document, err)
                           : st_err_set(err, ST_NO_MEM, "Out of memory.");
    json_decref(document);
    return status;
}

static json_t *recipe_json(const st_mix_job *job) {
    json_t *document = st_mix_recipe_json(&job->recipe, job->given);
    json_t *master =
        job->track.recipe != NULL ? st_recipe_json(job->track.recipe) : NULL;
    if (document != NULL && master != NULL)
        json_object_set(document, "master", master);
    if (document != NULL && job->session.groups > 0)
        json_object_set_new(document, "groups", st_group_json(&job->session));
    json_decref(master);
    return document;
}

st_status st_mix_publish_recipe(st_mix_job *job, st_err *err) {
    return give(job, "recipe_used", recipe_json(job), err);
}

static st_status give_page(st_mix_job *job, st_err *err) {
    st_text text = {0};
    if (!st_out_wanted(job->out, "page"))
        return ST_OK;
    st_status status = st_mix_page(job, &text);
    status = status == ST_OK ? st_out_bytes(job->out, "page", 0, text.data,
                                            text.length, err)
                             : st_err_set(err, status, "Out of memory.");
    st_free(text.data);
    return status;
}

st_status st_mix_publish(st_mix_job *job, st_err *err) {
    st_status status = st_mix_publish_recipe(job, err);
    if (status == ST_OK)
        status = give(job, "report", st_mix_report(job), err);
    if (status == ST_OK)
        status = give_page(job, err);
    return status;
}
