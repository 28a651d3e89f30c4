#include "support/cases.h"

#include "core/hash.h"

#include <string.h>

static void test_hash_known_answers(void **state) {
    (void)state;
    char text[ST_HASH_TEXT_BYTES];
    st_hash_text("", 0, text);
    assert_string_equal(text, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787"
                              "faab45cdf12fe3a8");
    st_hash_text("abc", 3, text);
    assert_string_equal(text, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e42"
                              "7262c8c068d52319");
}

static void test_hash_in_pieces_is_the_same(void **state) {
    (void)state;
    unsigned char data[1000];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 7);
    char whole[ST_HASH_TEXT_BYTES], parts[ST_HASH_TEXT_BYTES];
    st_hash_text(data, sizeof data, whole);
    for (size_t step = 1; step < sizeof data; step = step * 2 + 1) {
        st_hash hash;
        st_hash_init(&hash);
        for (size_t at = 0; at < sizeof data; at += step)
            st_hash_update(&hash, data + at,
                           step < sizeof data - at ? step : sizeof data - at);
        st_hash_update(&hash, NULL, 0);
        st_hash_final(&hash, parts);
        assert_string_equal(whole, parts);
    }
    assert_true(st_hash_valid(whole));
    assert_false(st_hash_valid(whole + 1));
    whole[3] = 'A';
    assert_false(st_hash_valid(whole));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_known_answers),
        cmocka_unit_test(test_hash_in_pieces_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
