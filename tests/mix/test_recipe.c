#include "support/cases.h"

#include "core/alloc.h"
#include "core/json.h"
#include "mix/match_recipe.h"
#include "mix/recipe_json.h"
#include "mix/recipe_parts.h"
#include "mix/rich.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Through text, as a recipe goes to a file and back. */
static st_status reread(json_t *document, st_mix_recipe *out, bool *complete,
                        st_err *err) {
    char *text = NULL;
    json_t *again = NULL;
    assert_int_equal(st_json_pretty(document, &text, err), ST_OK);
    assert_int_equal(st_json_load(&again, text, strlen(text), NULL, err),
                     ST_OK);
    st_status status = st_mix_recipe_parse(out, complete, again, err);
    json_decref(again);
    st_free(text);
    return status;
}

static void assert_same_move(const st_move *a, const st_move *b,
                             const char *name) {
    int count = st_move_about(a->kind)->count;
    if (a->on != b->on || a->source != b->source || a->target != b->target ||
        memcmp(&a->amount, &b->amount, sizeof a->amount) != 0 ||
        memcmp(a->value, b->value, (size_t)count * sizeof *a->value) != 0)
        fail_msg("%s came back changed (amount %.17g, %.17g)", name, a->amount,
                 b->amount);
    if (a->on)
        assert_string_equal(a->reason, b->reason);
}

static void assert_same(st_mix_recipe *a, st_mix_recipe *b) {
    st_move_walk walk = {0}, other = {0};
    assert_int_equal(a->stems, b->stems);
    assert_int_equal(a->ducks, b->ducks);
    assert_int_equal(a->rate_hz, b->rate_hz);
    assert_true(a->tempo_bpm == b->tempo_bpm);
    assert_string_equal(a->preset, b->preset);
    for (int i = 0; i < a->stems; i++) {
        assert_string_equal(a->stem[i].name, b->stem[i].name);
        assert_string_equal(a->stem[i].hash, b->stem[i].hash);
        assert_int_equal(a->stem[i].role, b->stem[i].role);
        assert_int_equal(a->stem[i].bus, b->stem[i].bus);
        assert_int_equal(a->stem[i].channels, b->stem[i].channels);
    }
    for (st_move *m; (m = st_mix_recipe_next(a, &walk)) != NULL;) {
        const st_move *n = st_mix_recipe_next(b, &other);
        assert_string_equal(walk.name, other.name);
        assert_same_move(m, n, walk.name);
    }
}

static void test_recipe_round_trip_is_exact(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        st_mix_recipe a, b;
        bool complete = false;
        rich_random(&a, seed);
        for (int i = 0; i < a.stems; i++)
            a.stem[i].bus = (st_bus)((i + (int)seed) % ST_BUS_COUNT);
        json_t *doc = st_mix_recipe_json(&a, NULL);
        assert_non_null(doc);
        st_err err = {0};
        if (reread(doc, &b, &complete, &err) != ST_OK)
            fail_msg("%s", err.text);
        assert_true(complete);
        assert_same(&a, &b);
        json_decref(doc);
    }
}

/* What --accept can ask for comes back as it was, and reads as it was said. */
static void test_recipe_keeps_percentages(void **state) {
    (void)state;
    for (int tenths = 0; tenths <= 1000; tenths++) {
        st_mix_recipe a, b;
        bool complete;
        double pct = tenths / 10.0;
        st_mix_recipe_init(&a);
        (void)st_mix_recipe_add(&a, "x", ST_ROLE_KEYS, 1);
        st_move *m = &a.stem[0].move[ST_STRIP_FADER];
        st_move_set(m, ST_FADER_GAIN, -3);
        m->amount = pct / 100.0;
        json_t *doc = st_mix_recipe_json(&a, NULL);
        json_t *stem = json_array_get(json_object_get(doc, "stems"), 0);
        double said = json_number_value(
            json_object_get(json_object_get(stem, "fader"), "amount_pct"));
        if (said != pct)
            fail_msg("%.17g %% was written as %.17g", pct, said);
        assert_int_equal(reread(doc, &b, &complete, NULL), ST_OK);
        assert_true(b.stem[0].move[ST_STRIP_FADER].amount == m->amount);
        json_decref(doc);
    }
}

/* Stems that nobody can name, and whole mixes, are in a mix too. */
static void test_recipe_round_trip_of_every_role(void **state) {
    (void)state;
    for (int role = ST_ROLE_NONE; role < ST_ROLE_COUNT; role++) {
        st_mix_recipe a, b;
        bool complete;
        st_err err = {0};
        st_mix_recipe_init(&a);
        (void)st_mix_recipe_add(&a, "x", (st_role)role, 2);
        json_t *doc = st_mix_recipe_json(&a, NULL);
        if (reread(doc, &b, &complete, &err) != ST_OK)
            fail_msg("%s: %s", st_role_name((st_role)role), err.text);
        assert_same(&a, &b);
        json_decref(doc);
    }
}

/* A veto in the middle of a list leaves the others where and what they are. */
static void test_recipe_round_trip_with_gaps(void **state) {
    (void)state;
    st_mix_recipe a, b;
    bool complete;
    rich_make(&a, 48000);
    a.stem[0].move[ST_STRIP_EQ + 1].on = false;
    json_t *doc = st_mix_recipe_json(&a, NULL);
    assert_int_equal(reread(doc, &b, &complete, NULL), ST_OK);
    const st_move *was = a.stem[0].move, *is = b.stem[0].move;
    int at = 0;
    for (int i = 0; i < ST_MIX_EQS; i++)
        if (was[ST_STRIP_EQ + i].on)
            assert_same_move(&was[ST_STRIP_EQ + i], &is[ST_STRIP_EQ + at++],
                             "eq");
    assert_int_equal(at, ST_MIX_EQS - 1);
    assert_false(is[ST_STRIP_EQ + at].on);
    json_decref(doc);
}

/* --- unknown fields --- */

static json_t *at_place(json_t *doc, const char *path) {
    char text[96], *save = NULL;
    snprintf(text, sizeof text, "%s", path);
    for (char *w = strtok_r(text, "/", &save); w != NULL && doc != NULL;
         w = strtok_r(NULL, "/", &save))
        doc = json_is_array(doc) ? json_array_get(doc, (size_t)(w[0] - '0'))
                                 : json_object_get(doc, w);
    return doc;
}

static void test_recipe_keeps_unknown_fields(void **state) {
    (void)state;
    static const char *const places[] = {"",
                                         "stems/1",
                                         "stems/1/fader",
                                         "stems/2/eq/3",
                                         "buses",
                                         "buses/music",
                                         "buses/drums/compressor",
                                         "buses/vocals/eq/0",
                                         "sidechain/1",
                                         "returns",
                                         "returns/reverb",
                                         "mix",
                                         "mix/place",
                                         "mix/eq/5",
                                         "stems/4/dynamic_eq/1"};
    static const char *const names[] = {"x_note", "preset_of"};
    st_mix_recipe a, b;
    bool complete;
    rich_make(&a, 48000);
    json_t *doc = st_mix_recipe_json(&a, NULL);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (int k = 0; k < 2; k++)
            json_object_set_new(at_place(doc, places[i]), names[k],
                                json_integer((int)i));
    assert_int_equal(st_mix_recipe_parse(&b, &complete, doc, NULL), ST_OK);
    json_t *again = st_mix_recipe_json(&b, doc);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (int k = 0; k < 2; k++) {
            json_t *kept =
                json_object_get(at_place(again, places[i]), names[k]);
            if (!json_is_integer(kept) ||
                json_integer_value(kept) != (json_int_t)i)
                fail_msg("%s of \"%s\" was lost", names[k], places[i]);
        }
    json_decref(again);
    json_decref(doc);
}

typedef struct {
    char said[512];
} unknown_list;

static void note_unknown(void *ctx, const char *path, const char *near) {
    unknown_list *l = ctx;
    size_t used = strlen(l->said);
    snprintf(l->said + used, sizeof l->said - used, "%s>%s ", path,
             near != NULL ? near : "");
}

/* What is written is known; what is not has its place and the name meant. */
static void test_recipe_unknown_fields_are_told(void **state) {
    (void)state;
    static const struct {
        const char *place, *name, *said;
    } rows[] = {
        {"", "sidechian", "sidechian>sidechain "},
        {"", "zzz", "zzz> "},
        {"", "x-mine", ""},
        {"", "_mine", ""},
        {"stems/1", "chanels", "stems[1].chanels>channels "},
        {"stems/2/eq/3", "gian_db", "stems[2].eq[3].gian_db>gain_db "},
        {"stems/1/fader", "source", "stems[1].fader.source> "},
        {"stems/4/dynamic_eq/1", "treshold_db",
         "stems[4].dynamic_eq[1].treshold_db>threshold_db "},
        {"buses/drums/compressor", "ratoi",
         "buses.drums.compressor.ratoi>ratio "},
        {"buses", "drmus", "buses.drmus>drums "},
        {"sidechain/1", "depht_db", "sidechain[1].depht_db>depth_db "},
        {"returns/reverb", "decay", "returns.reverb.decay>decay_s "},
        {"mix/place", "width", "mix.place.width>width_pct "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unknown_list l = {""};
        st_mix_recipe a;
        rich_make(&a, 48000);
        json_t *doc = st_mix_recipe_json(&a, NULL);
        st_mix_recipe_unknown(doc, note_unknown, &l);
        assert_string_equal(l.said, "");
        json_object_set_new(at_place(doc, rows[i].place), rows[i].name,
                            json_integer(1));
        st_mix_recipe_unknown(doc, note_unknown, &l);
        assert_string_equal(l.said, rows[i].said);
        json_decref(doc);
    }
}

static void test_recipe_refuses_unknown_moves(void **state) {
    (void)state;
    static const struct {
        const char *place, *name, *said;
    } rows[] = {
        {"stems/1", "compresor",
         "stems[1] has no move \"compresor\". Did you "
         "mean compressor?"},
        {"stems/1", "gate", "there are staging, polarity"},
        {"buses/drums", "transients", "Did you mean transient?"},
        {"buses", "drmus", "buses has no bus \"drmus\". Did you mean drums?"},
        {"returns", "revreb", "Did you mean reverb?"},
        {"mix", "fadr", "Did you mean fader?"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int listed = 0; listed < 2; listed++) {
            st_mix_recipe a, b;
            st_err err = {0};
            bool complete;
            rich_make(&a, 48000);
            json_t *doc = st_mix_recipe_json(&a, NULL);
            json_object_set_new(at_place(doc, rows[i].place), rows[i].name,
                                listed ? json_pack("[{}]") : json_object());
            assert_int_equal(st_mix_recipe_parse(&b, &complete, doc, &err),
                             ST_BAD_DATA);
            if (strstr(err.text, rows[i].said) == NULL)
                fail_msg("%s", err.text);
            json_decref(doc);
        }
}

/* A move that was given and is off now does not come back with the fields. */
static void test_recipe_base_brings_no_move_back(void **state) {
    (void)state;
    st_mix_recipe a;
    rich_make(&a, 48000);
    json_t *base = st_mix_recipe_json(&a, NULL);
    a.stem[1].move[ST_STRIP_COMPRESSOR].on = false;
    a.reverb.on = false;
    json_t *doc = st_mix_recipe_json(&a, base);
    assert_null(at_place(doc, "stems/1/compressor"));
    assert_null(at_place(doc, "returns/reverb"));
    json_decref(doc);
    json_decref(base);
}

/* Text that is too long is cut between characters, so it can be written. */
static void test_recipe_cuts_long_text_between_characters(void **state) {
    (void)state;
    char reason[3 * ST_MOVE_REASON] = "", preset[200] = "";
    for (int shift = 0; shift < 3; shift++) {
        st_mix_recipe a, b;
        bool complete;
        snprintf(reason, sizeof reason, "%.*s", shift, "ab");
        snprintf(preset, sizeof preset, "%.*s", shift, "ab");
        while (strlen(reason) < 2 * ST_MOVE_REASON)
            strcat(reason, "\xe2\x82\xac");
        while (strlen(preset) < 150)
            strcat(preset, "\xe2\x82\xac");
        json_t *doc =
            json_pack("{s:s, s:s, s:[{s:s, s:{s:f, s:s}}]}", "schema",
                      "stemma.mix-recipe/1", "preset", preset, "stems", "name",
                      "x", "fader", "gain_db", 1.0, "reason", reason);
        assert_int_equal(st_mix_recipe_parse(&a, &complete, doc, NULL), ST_OK);
        json_t *out = st_mix_recipe_json(&a, NULL);
        assert_non_null(out);
        assert_non_null(at_place(out, "stems/0/fader/reason"));
        assert_int_equal(reread(out, &b, &complete, NULL), ST_OK);
        assert_string_equal(a.preset, b.preset);
        assert_true(strlen(a.preset) > 58);
        json_decref(out);
        json_decref(doc);
    }
}

/* --- bad documents --- */

#define HEAD "\"schema\": \"stemma.mix-recipe/1\""
#define STEM(moves) "{" HEAD ", \"stems\": [{\"name\": \"bass\"" moves "}]}"

static const struct {
    const char *text, *place;
    st_status status;
} bad_rows[] = {
    {"{}", "\"schema\"", ST_BAD_DATA},
    {"[]", "\"schema\"", ST_BAD_DATA},
    {"{\"schema\": 1}", "\"schema\"", ST_BAD_DATA},
    {"{\"schema\": \"stemma.master-recipe/1\"}", "\"schema\"", ST_BAD_DATA},
    {"{\"schema\": \"stemma.mix-recipe/2\"}", "\"2\"", ST_UNSUPPORTED},
    {"{" HEAD ", \"stems\": {}}", "\"stems\" must be a list", ST_BAD_DATA},
    {"{" HEAD ", \"stems\": [7]}", "stems[0]", ST_BAD_DATA},
    {"{" HEAD ", \"stems\": [{\"name\": \"\"}]}", "stems[0]", ST_BAD_DATA},
    {"{" HEAD ", \"stems\": [{\"name\": \"a\"}, {\"name\": \"a\"}]}",
     "stems[1]", ST_BAD_DATA},
    {STEM(", \"role\": \"drummer\""), "role", ST_BAD_DATA},
    {STEM(", \"role\": 3"), "role", ST_BAD_DATA},
    {STEM(", \"bus\": \"strings\""), "bus", ST_BAD_DATA},
    {STEM(", \"bus\": 1"), "bus", ST_BAD_DATA},
    {STEM(", \"channels\": 3"), "channels", ST_BAD_DATA},
    {STEM(", \"channels\": \"2\""), "channels", ST_BAD_DATA},
    {STEM(", \"fader\": 3"), "bass.fader", ST_BAD_DATA},
    {STEM(", \"fader\": {\"gain_db\": \"3\"}"), "bass.fader.gain_db",
     ST_BAD_DATA},
    {STEM(", \"fader\": {\"gain_db\": null}"), "bass.fader.gain_db",
     ST_BAD_DATA},
    {STEM(", \"fader\": {\"gain_db\": 40.01}"), "-150 to 40", ST_BAD_DATA},
    {STEM(", \"compressor\": {\"ratio\": 9}"), "bass.compressor.ratio",
     ST_BAD_DATA},
    {STEM(", \"eq\": [{\"gain_db\": 1}, {\"gain_db\": 6}]"), "bass.eq2.gain_db",
     ST_BAD_DATA},
    {STEM(", \"eq\": {\"gain_db\": 1}"), "bass.eq", ST_BAD_DATA},
    {STEM(", \"eq\": [{}, {}, {}, {}, {}, {}, {}]"), "at most 6", ST_BAD_DATA},
    {STEM(", \"eq\": [{\"type\": \"notch\"}]"), "low_shelf", ST_BAD_DATA},
    {STEM(", \"eq\": [{\"type\": 1}]"), "low_shelf", ST_BAD_DATA},
    {STEM(", \"polarity\": {\"invert_left\": \"yes\"}"), "invert_left",
     ST_BAD_DATA},
    {STEM(", \"place\": {\"width_pct\": 141}"), "width_pct", ST_BAD_DATA},
    {STEM(", \"place\": {\"amount_pct\": 101}"), "amount_pct", ST_BAD_DATA},
    {STEM(", \"place\": {\"amount_pct\": -1}"), "amount_pct", ST_BAD_DATA},
    {STEM(", \"place\": {\"amount_pct\": true}"), "amount_pct", ST_BAD_DATA},
    {STEM(", \"dynamic_eq\": [{\"source\": \"kick\"}]"), "bass.dynamic_eq1",
     ST_BAD_DATA},
    {STEM(", \"dynamic_eq\": [{\"source\": 0}]"), "source", ST_BAD_DATA},
    {STEM(", \"dynamic_eq\": [{\"source\": [\"bass\", 0]}]"), "source",
     ST_BAD_DATA},
    {"{" HEAD ", \"buses\": []}", "buses", ST_BAD_DATA},
    {"{" HEAD ", \"buses\": {\"drums\": 5}}", "drums", ST_BAD_DATA},
    {"{" HEAD ", \"buses\": {\"music\": {\"parallel\": {\"mix\": 0.6}}}}",
     "music.parallel.mix", ST_BAD_DATA},
    {"{" HEAD ", \"returns\": 5}", "returns", ST_BAD_DATA},
    {"{" HEAD ", \"returns\": {\"delay\": {\"feedback\": 1}}}",
     "returns.delay.feedback", ST_BAD_DATA},
    {"{" HEAD ", \"mix\": \"loud\"}", "mix", ST_BAD_DATA},
    {"{" HEAD ", \"complete\": \"yes\"}", "complete", ST_BAD_DATA},
    {"{" HEAD ", \"sidechain\": {}}", "sidechain", ST_BAD_DATA},
    {"{" HEAD ", \"sidechain\": [{}, {}, {}, {}, {}, {}, {}]}", "at most 6",
     ST_BAD_DATA},
    {"{" HEAD ", \"stems\": [{\"name\": \"bass\"}], \"sidechain\": "
     "[{\"source\": \"bass\", \"target\": \"strings\"}]}",
     "sidechain[0]", ST_BAD_DATA},
    {"{" HEAD ", \"stems\": [{\"name\": \"bass\"}], \"sidechain\": "
     "[{\"target\": \"music\"}]}",
     "needs a \"source\"", ST_BAD_DATA},
    {"{" HEAD ", \"stems\": [{\"name\": \"bass\"}], \"sidechain\": "
     "[{\"source\": \"bass\", \"target\": \"music\", \"depth_db\": 4.5}]}",
     "sidechain[0].depth_db", ST_BAD_DATA},
};

static void test_recipe_errors_name_the_place(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_rows / sizeof *bad_rows; i++) {
        st_mix_recipe r;
        bool complete;
        json_t *doc = NULL;
        st_err err = {0};
        const char *text = bad_rows[i].text;
        assert_int_equal(st_json_load(&doc, text, strlen(text), NULL, NULL),
                         ST_OK);
        st_status status = st_mix_recipe_parse(&r, &complete, doc, &err);
        if (status != bad_rows[i].status ||
            strstr(err.text, bad_rows[i].place) == NULL)
            fail_msg("%s: status %d, \"%s\"", text, (int)status, err.text);
        json_decref(doc);
    }
}

static void test_recipe_holds_twelve_stems(void **state) {
    (void)state;
    json_t *stems = json_array();
    json_t *doc = json_pack("{s:s, s:o}", "schema", "stemma.mix-recipe/1",
                            "stems", stems);
    for (int i = 0; i < 13; i++) {
        st_mix_recipe r;
        bool complete;
        st_err err = {0};
        char name[16];
        snprintf(name, sizeof name, "stem %d", i);
        json_array_append_new(stems, json_pack("{s:s}", "name", name));
        st_status status = st_mix_recipe_parse(&r, &complete, doc, &err);
        assert_int_equal(status, i < 12 ? ST_OK : ST_BAD_DATA);
        if (i == 12)
            assert_non_null(strstr(err.text, "at most 12"));
    }
    json_decref(doc);
}

/* What a document does not say is off and open; what it says is given. */
static void test_recipe_partial(void **state) {
    (void)state;
    static const char text[] = STEM(", \"fader\": {\"gain_db\": -7.5}");
    st_mix_recipe r;
    bool complete = true;
    json_t *doc = NULL;
    assert_int_equal(st_json_load(&doc, text, sizeof text - 1, NULL, NULL),
                     ST_OK);
    assert_int_equal(st_mix_recipe_parse(&r, &complete, doc, NULL), ST_OK);
    assert_false(complete);
    assert_int_equal(r.stem[0].role, ST_ROLE_NONE);
    st_move_walk walk = {0};
    for (st_move *m; (m = st_mix_recipe_next(&r, &walk)) != NULL;) {
        bool fader = m == &r.stem[0].move[ST_STRIP_FADER];
        assert_int_equal(m->on, fader);
        assert_int_equal(m->given, fader);
    }
    st_move_set(&r.stem[0].move[ST_STRIP_FADER], ST_FADER_GAIN, 3);
    assert_close(r.stem[0].move[ST_STRIP_FADER].value[0], -7.5, 0, "given");
    json_decref(doc);
}

/* --- matching --- */

static void test_match_reorders_with_sources_and_targets(void **state) {
    (void)state;
    static const char *const names[] = {"voice", "new",  "kit",
                                        "bass",  "keys", "kick"};
    static const st_role roles[] = {ST_ROLE_FX, ST_ROLE_SNARE, ST_ROLE_FX,
                                    ST_ROLE_FX, ST_ROLE_FX,    ST_ROLE_FX};
    static const int channels[] = {1, 2, 2, 1, 2, 1};
    static const int to[] = {5, 3, 4, 0, 2}; /* of kick, bass, ... */
    st_mix_recipe a, b;
    rich_make(&a, 48000);
    b = a;
    b.stem[RICH_DRUMS].role = ST_ROLE_NONE;
    assert_int_equal(st_mix_recipe_match(&b, names, roles, channels, 6, NULL),
                     ST_OK);
    assert_int_equal(b.stems, 6);
    for (int i = 0; i < RICH_STEMS; i++) {
        const st_mix_stem *was = &a.stem[i], *is = &b.stem[to[i]];
        assert_string_equal(is->name, was->name);
        assert_int_equal(is->role, i == RICH_DRUMS ? ST_ROLE_FX : was->role);
        for (int s = 0; s < ST_STRIP_SLOTS; s++) {
            uint64_t want = 0;
            for (int k = 0; k < RICH_STEMS; k++)
                if (was->move[s].source >> k & 1)
                    want |= (uint64_t)1 << to[k];
            assert_int_equal(is->move[s].source, want);
            assert_int_equal(is->move[s].on, was->move[s].on);
        }
    }
    assert_int_equal(b.stem[1].role, ST_ROLE_SNARE);
    assert_int_equal(b.stem[1].bus, ST_BUS_DRUM);
    assert_false(b.stem[1].move[ST_STRIP_FADER].on);
    assert_int_equal(b.duck[0].source, 1u << 5);
    assert_int_equal(b.duck[0].target, 3);
    assert_int_equal(b.duck[1].source, 1u << 5 | 1u << 2);
    assert_int_equal(b.duck[2].target, ST_TARGET_BUS + ST_BUS_MUSIC);
}

static void test_match_refuses_strangers(void **state) {
    (void)state;
    static const char *const names[] = {"kick", "bass"};
    static const st_role roles[] = {ST_ROLE_KICK, ST_ROLE_BASS};
    static const int channels[] = {1, 1};
    st_mix_recipe r;
    st_err err = {0};
    rich_make(&r, 48000);
    assert_int_equal(st_mix_recipe_match(&r, names, roles, channels, 2, &err),
                     ST_NOT_FOUND);
    assert_non_null(strstr(err.text, "\"keys\""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recipe_round_trip_is_exact),
        cmocka_unit_test(test_recipe_keeps_percentages),
        cmocka_unit_test(test_recipe_round_trip_of_every_role),
        cmocka_unit_test(test_recipe_round_trip_with_gaps),
        cmocka_unit_test(test_recipe_keeps_unknown_fields),
        cmocka_unit_test(test_recipe_unknown_fields_are_told),
        cmocka_unit_test(test_recipe_refuses_unknown_moves),
        cmocka_unit_test(test_recipe_base_brings_no_move_back),
        cmocka_unit_test(test_recipe_cuts_long_text_between_characters),
        cmocka_unit_test(test_recipe_errors_name_the_place),
        cmocka_unit_test(test_recipe_holds_twelve_stems),
        cmocka_unit_test(test_recipe_partial),
        cmocka_unit_test(test_match_reorders_with_sources_and_targets),
        cmocka_unit_test(test_match_refuses_strangers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
