#include "support/cases.h"

#include "master/album.h"

#include <math.h>

static void check(const double *before, const double *most, int n,
                  double lufs) {
    double target[16];
    st_album_targets(before, most, n, lufs, target);
    assert_true(st_album_spread(target, n) <= ST_ALBUM_SPREAD_LU + 1e-9);
    assert_true(st_album_order_kept(before, target, n));
    for (int i = 0; i < n; i++)
        assert_true(!isfinite(before[i]) || target[i] <= most[i] + 1e-9);
}

static void test_album_keeps_order_and_spread(void **state) {
    (void)state;
    const double before[] = {-23, -9, -14, -14.2, -18};
    const double free[] = {INFINITY, INFINITY, INFINITY, INFINITY, INFINITY};
    const double held[] = {INFINITY, INFINITY, -12, INFINITY, -15.5};
    check(before, free, 5, -14);
    check(before, held, 5, -10);
}

static void test_album_small_differences_stay(void **state) {
    (void)state;
    const double before[] = {-14.1, -14, -13.9}, most[] = {0, 0, 0};
    double target[3];
    st_album_targets(before, most, 3, -12, target);
    assert_close(target[2] - target[0], 0.2, 1e-9, "spread");
    assert_close(target[1], -12, 1e-9, "middle");
}

static void test_album_silent_track_does_not_count(void **state) {
    (void)state;
    const double before[] = {-INFINITY, -12, -16}, most[] = {-99, 0, 0};
    double target[3];
    st_album_targets(before, most, 3, -14, target);
    assert_close(st_album_spread(&target[1], 2), 0.4, 1e-9, "spread");
    assert_close(target[0], -14, 1e-9, "silent");
}

static void test_album_order_broken_is_seen(void **state) {
    (void)state;
    const double before[] = {-20, -10}, after[] = {-13.8, -14.2};
    assert_false(st_album_order_kept(before, after, 2));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_album_keeps_order_and_spread),
        cmocka_unit_test(test_album_small_differences_stay),
        cmocka_unit_test(test_album_silent_track_does_not_count),
        cmocka_unit_test(test_album_order_broken_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
