/* Pictures read back with libpng: what is drawn where. */
#include "support/cases.h"

#include "analysis/axis.h"
#include "analysis/colours.h"
#include "analysis/grid.h"
#include "analysis/picture.h"
#include "core/alloc.h"

#include <math.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

/* Plot of an 800 x 400 picture. */
enum { WIDTH = 800, HEIGHT = 400, X = 92, Y = 46, W = 592, H = 290 };

typedef struct {
    int width, height;
    st_rgb *pixel;
} image;

static image decode(const unsigned char *bytes, size_t size) {
    png_image png = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_memory(&png, bytes, size));
    png.format = PNG_FORMAT_RGB;
    image out = {(int)png.width, (int)png.height, malloc(PNG_IMAGE_SIZE(png))};
    assert_true(png_image_finish_read(&png, NULL, out.pixel, 0, NULL));
    return out;
}

static image draw(const st_grid *grid, st_picture_spec spec) {
    unsigned char *bytes = NULL;
    size_t size = 0;
    spec.width = WIDTH;
    spec.height = HEIGHT;
    assert_int_equal(st_picture_png(grid, &spec, &bytes, &size), ST_OK);
    image out = decode(bytes, size);
    st_free(bytes);
    assert_int_equal(out.width, WIDTH);
    assert_int_equal(out.height, HEIGHT);
    return out;
}

/* Lightness in the plot; u, v 0..1 from the left bottom. */
static double light(const image *p, double u, double v) {
    int x = X + (int)(u * (W - 1)), y = Y + (int)((1 - v) * (H - 1));
    double lab[3];
    st_colours_oklab(p->pixel[y * p->width + x], lab);
    return lab[0];
}

/* The lightest within 2 pixels of a height: a bin is half a pixel high. */
static double light_near(const image *p, double u, double v) {
    double best = 0.0;
    for (int d = -2; d <= 2; d++)
        best = fmax(best, light(p, u, v + (double)d / H));
    return best;
}

/* One row of a grid is 1 in the second half of the time, the rest 1e-4. */
static st_grid *half_lit(int rows, int row) {
    st_grid *g = NULL;
    float values[1025];
    assert_int_equal(st_grid_new(&g, rows, 256), ST_OK);
    for (int t = 0; t < 200; t++) {
        for (int r = 0; r < rows; r++)
            values[r] = 1e-4f;
        if (t >= 100)
            values[row] = 1.0f;
        st_grid_add(g, values);
    }
    return g;
}

/* Each kind puts its row at the height of its axis, its time to the right. */
static void test_picture_places(void **state) {
    (void)state;
    static const struct {
        st_picture_kind kind;
        int rows, row;
        double height;
    } cases[] = {
        /* bin 100 is 1076.7 Hz: log(1076.7/30) / log(11025/30) */
        {ST_PICTURE_STFT, 1025, 100, 0.606},
        {ST_PICTURE_MEL, 128, 64, 64.5 / 128},
        {ST_PICTURE_CQT, 84, 21, 21.5 / 84},
        {ST_PICTURE_CHROMA, 12, 9, 9.5 / 12},
        {ST_PICTURE_MULTIRES, 512, 200, 200.5 / 512},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        st_grid *g = half_lit(cases[i].rows, cases[i].row);
        image p = draw(g, st_picture_defaults(cases[i].kind, 22050));
        assert_true(light_near(&p, 0.75, cases[i].height) > 0.9);
        assert_true(light_near(&p, 0.25, cases[i].height) < 0.65);
        assert_true(light_near(&p, 0.75, cases[i].height + 0.1) < 0.65);
        assert_true(light_near(&p, 0.75, cases[i].height - 0.1) < 0.65);
        free(p.pixel);
        st_grid_free(g);
    }
}

static void test_picture_has_labels(void **state) {
    (void)state;
    st_grid *g = half_lit(128, 3);
    st_picture_spec spec = st_picture_defaults(ST_PICTURE_MEL, 22050);
    image bare = draw(g, spec);
    spec.title = "a title far longer than the picture is wide, which must be "
                 "cut with dots, \xC3\xA9 and all";
    image titled = draw(g, spec);
    /* dark pixels: of the title, left labels, time labels, bar labels */
    static const int box[4][4] = {{X, 0, X + W, Y - 2},
                                  {30, Y, X - 8, Y + H},
                                  {X, Y + H + 8, X + W, HEIGHT},
                                  {X + W + 50, Y, WIDTH, Y + H}};
    for (int i = 0; i < 4; i++) {
        int bare_dark = 0, dark = 0;
        for (int y = box[i][1]; y < box[i][3]; y++)
            for (int x = box[i][0]; x < box[i][2]; x++) {
                dark += titled.pixel[y * WIDTH + x].r < 100;
                bare_dark += bare.pixel[y * WIDTH + x].r < 100;
            }
        assert_true(dark > 100);
        assert_true(i > 0 || bare_dark == 0);
    }
    free(bare.pixel);
    free(titled.pixel);
    st_grid_free(g);
}

static void test_picture_of_nothing(void **state) {
    (void)state;
    for (int kind = 0; kind <= ST_PICTURE_MULTIRES; kind++) {
        static const int rows[] = {1025, 128, 84, 12, 512};
        static const float zeros[1025];
        st_grid *g = NULL;
        assert_int_equal(st_grid_new(&g, rows[kind], 64), ST_OK);
        image p = draw(g, st_picture_defaults((st_picture_kind)kind, 22050));
        assert_true(light(&p, 0.2, 0.2) < 0.15);
        free(p.pixel);
        st_grid_add(g, zeros);
        p = draw(g, st_picture_defaults((st_picture_kind)kind, 22050));
        assert_true(light(&p, 0.2, 0.2) < 0.15);
        free(p.pixel);
        st_grid_free(g);
    }
}

static void test_picture_refuses(void **state) {
    (void)state;
    unsigned char *bytes = NULL;
    size_t size = 0;
    st_grid *g = half_lit(84, 1);
    for (int i = 0; i < 6; i++) {
        st_picture_spec s = st_picture_defaults(ST_PICTURE_CQT, 22050);
        s.kind = i == 0 ? ST_PICTURE_CHROMA : s.kind; /* 84 rows */
        s.width = i == 1 ? 399 : s.width;
        s.height = i == 2 ? 5000 : s.height;
        s.range_db = i == 3 ? NAN : s.range_db;
        s.rate_hz = i == 4 ? 100.0 : s.rate_hz;
        s.low_hz = i == 5 ? 20000.0 : s.low_hz;
        assert_int_equal(st_picture_png(g, &s, &bytes, &size), ST_BAD_ARG);
    }
    assert_null(bytes);
    st_grid_free(g);
}

/* Equal steps to the eye: lightness always rises, and each of the 255 steps
 * is within a third of their mean (8-bit colours round them). */
static void test_colours_are_even(void **state) {
    (void)state;
    st_rgb c[ST_COLOURS];
    double lab[ST_COLOURS][3], mean = 0.0;
    st_colours_fill(c);
    for (int i = 0; i < ST_COLOURS; i++)
        st_colours_oklab(c[i], lab[i]);
    for (int i = 8; i < ST_COLOURS; i += 8)
        mean += sqrt(pow(lab[i][0] - lab[i - 8][0], 2) +
                     pow(lab[i][1] - lab[i - 8][1], 2) +
                     pow(lab[i][2] - lab[i - 8][2], 2)) /
                31;
    for (int i = 8; i < ST_COLOURS; i += 8) {
        double step = sqrt(pow(lab[i][0] - lab[i - 8][0], 2) +
                           pow(lab[i][1] - lab[i - 8][1], 2) +
                           pow(lab[i][2] - lab[i - 8][2], 2));
        assert_close(step / mean, 1.0, 0.34, "even");
        assert_true(lab[i][0] > lab[i - 8][0]);
    }
    assert_true(lab[0][0] < 0.15 && lab[255][0] > 0.95);
}

static void test_grid_joins_to_means(void **state) {
    (void)state;
    st_grid *g = NULL;
    float v[2];
    assert_int_equal(st_grid_new(&g, 2, 8), ST_OK);
    assert_int_equal(st_grid_columns(g), 0);
    for (int t = 0; t < 37; t++) {
        v[0] = (float)t;
        v[1] = 5.0f;
        st_grid_add(g, v);
    }
    assert_int_equal(st_grid_step(g), 8);
    assert_int_equal(st_grid_columns(g), 5);
    for (int c = 0; c < 5; c++) {
        st_grid_column(g, c, v);
        assert_close((double)v[0], c < 4 ? c * 8 + 3.5 : 34.0, 1e-6, "mean");
        assert_close((double)v[1], 5.0, 1e-6, "level");
    }
    st_grid_free(g);
    assert_int_equal(st_grid_new(&g, 2, 7), ST_BAD_ARG);
    assert_int_equal(st_grid_new(&g, 0, 8), ST_BAD_ARG);
}

static void test_axis_ticks(void **state) {
    (void)state;
    st_tick t[ST_AXIS_TICKS];
    assert_int_equal(st_axis_time(60.0, 8, t), 7);
    assert_string_equal(t[1].text, "10");
    assert_int_equal(st_axis_time(240.0, 9, t), 9);
    assert_string_equal(t[3].text, "1:30");
    assert_int_equal(st_axis_time(3600.0, 8, t), 7);
    assert_string_equal(t[6].text, "1:00:00");
    assert_int_equal(st_axis_time(0.02, 8, t), 5);
    assert_string_equal(t[1].text, "0.005");
    assert_int_equal(st_axis_hz(30.0, 11025.0, t), 8);
    assert_string_equal(t[0].text, "50");
    assert_string_equal(t[7].text, "10k");
    assert_int_equal(st_axis_notes(32.703, 3951.07, t), 7);
    assert_string_equal(t[3].text, "C4");
    assert_close(t[3].value, 261.6256, 1e-3, "C4");
    assert_int_equal(st_axis_db(-80.0, 0.0, t), 9);
    assert_string_equal(t[0].text, "-80");
    assert_true(st_axis_time(1e9, 60, t) <= ST_AXIS_TICKS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_picture_places),
        cmocka_unit_test(test_picture_has_labels),
        cmocka_unit_test(test_picture_of_nothing),
        cmocka_unit_test(test_picture_refuses),
        cmocka_unit_test(test_colours_are_even),
        cmocka_unit_test(test_grid_joins_to_means),
        cmocka_unit_test(test_axis_ticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
