#include "support/cases.h"

#include "audio/role.h"

#include <string.h>

static void test_role_names_round_trip(void **state) {
    (void)state;
    for (int i = 0; i < ST_ROLE_COUNT; i++) {
        const st_role_info *info = st_role_get((st_role)i);
        assert_non_null(info);
        assert_non_null(info->name);
        assert_true(strlen(info->title) > 0);
        assert_string_equal(st_role_name((st_role)i), info->name);
        assert_int_equal(st_role_find(info->name), i);
    }
}

static void test_role_unknown_names(void **state) {
    (void)state;
    static const char *const wrong[] = {"", "Kick", "kick ", "hihat", "none"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(st_role_find(wrong[i]), ST_ROLE_NONE);
    assert_int_equal(st_role_find(NULL), ST_ROLE_NONE);
    assert_null(st_role_get(ST_ROLE_NONE));
    assert_null(st_role_get(ST_ROLE_COUNT));
    assert_string_equal(st_role_name(ST_ROLE_NONE), "none");
    assert_string_equal(st_role_name(ST_ROLE_COUNT), "none");
}

/* design.md, section 9. */
static void test_role_buses(void **state) {
    (void)state;
    for (int i = 0; i < ST_ROLE_COUNT; i++) {
        st_bus want = i <= ST_ROLE_DRUMS_BUS       ? ST_BUS_DRUM
                      : i == ST_ROLE_LEAD_VOCAL    ? ST_BUS_VOCAL
                      : i == ST_ROLE_BACKING_VOCAL ? ST_BUS_VOCAL
                      : i == ST_ROLE_FULL_MIX      ? ST_BUS_NONE
                                                   : ST_BUS_MUSIC;
        assert_int_equal(st_role_get((st_role)i)->bus, want);
    }
    assert_string_equal(st_bus_name(ST_BUS_DRUM), "drums");
    assert_string_equal(st_bus_name(ST_BUS_NONE), "none");
}

/* A stem goes where its bus goes; the music bus has bass apart. */
static void test_role_splits(void **state) {
    (void)state;
    for (int i = 0; i < ST_ROLE_COUNT; i++) {
        const st_role_info *info = st_role_get((st_role)i);
        st_split want = info->bus == ST_BUS_DRUM    ? ST_SPLIT_DRUMS
                        : info->bus == ST_BUS_VOCAL ? ST_SPLIT_VOCALS
                        : info->bus == ST_BUS_NONE  ? ST_SPLIT_NONE
                        : i == ST_ROLE_BASS         ? ST_SPLIT_BASS
                                                    : ST_SPLIT_OTHER;
        assert_int_equal(info->split, want);
    }
    assert_string_equal(st_split_name(ST_SPLIT_OTHER), "other");
    assert_string_equal(st_split_name(ST_SPLIT_COUNT), "none");
}

static void test_role_of_programs(void **state) {
    (void)state;
    static const struct {
        int program;
        st_role role;
    } known[] = {{-1, ST_ROLE_NONE},    {0, ST_ROLE_KEYS},
                 {25, ST_ROLE_GUITAR},  {33, ST_ROLE_BASS},
                 {40, ST_ROLE_STRINGS}, {52, ST_ROLE_BACKING_VOCAL},
                 {56, ST_ROLE_BRASS},   {73, ST_ROLE_WOODWIND},
                 {81, ST_ROLE_SYNTH},   {110, ST_ROLE_STRINGS},
                 {117, ST_ROLE_TOMS},   {127, ST_ROLE_FX},
                 {128, ST_ROLE_NONE}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(st_role_of_program(known[i].program), known[i].role);
    for (int p = 0; p < 128; p++)
        assert_non_null(st_role_get(st_role_of_program(p)));
}

/* The family that stands for a role holds programs of that role. */
static void test_role_families_agree_with_programs(void **state) {
    (void)state;
    for (int i = ST_ROLE_PERCUSSION; i < ST_ROLE_FULL_MIX; i++) {
        st_gm_family family = st_role_get((st_role)i)->family;
        if (family == ST_GM_DRUM_KIT || i == ST_ROLE_LEAD_VOCAL)
            continue;
        int same = 0;
        for (int p = 0; p < 8; p++)
            same += (int)st_role_of_program(8 * (int)family + p) == i;
        assert_true(same >= 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_role_names_round_trip),
        cmocka_unit_test(test_role_unknown_names),
        cmocka_unit_test(test_role_buses),
        cmocka_unit_test(test_role_splits),
        cmocka_unit_test(test_role_of_programs),
        cmocka_unit_test(test_role_families_agree_with_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
