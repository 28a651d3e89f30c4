#include "mix/taste.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>

/* In the order of st_role: kick snare hats cymbals toms percussion drums_bus
 * bass keys guitar synth strings brass woodwind lead_vocal backing_vocal fx
 * full_mix */
static const st_taste tastes[] = {
    {"Default",
     {-4.5, -4.5, -13, -11, -9, -12, -2, -3.5, -6.5, -6, -6.5, -8, -7, -7, 0,
      -7, -12, 0},
     0.7,
     0,
     1.5,
     0,
     1.2,
     1.5,
     1.5,
     0.8},
    {"Electro House",
     {-1.5, -4, -11, -11, -9, -11, 0, -2, -6.5, -7, -4.5, -9, -7, -8, 0, -7,
      -10, 0},
     0.85,
     0,
     1.8,
     0,
     1.6,
     2,
     3,
     1},
    {"Pop",
     {-4, -4, -13, -11, -9, -12, -2, -4, -6.5, -7, -6.5, -9, -8, -8, 0, -6.5,
      -12, 0},
     0.75,
     0,
     1.4,
     1,
     1.3,
     1.5,
     1.5,
     1},
    {"Hip-Hop",
     {-2.5, -3.5, -12, -12, -9, -12, -1, -2, -8, -8, -7, -9, -8, -9, 0, -7, -12,
      0},
     0.6,
     -3,
     1.1,
     0,
     1.3,
     2,
     2,
     1},
    {"Rock",
     {-4, -3, -13, -9, -8, -13, -1, -4, -8, -3.5, -8, -9, -8, -8, 0, -7, -13,
      0},
     0.85,
     -1,
     1.3,
     -3,
     1.5,
     2,
     1,
     0.7},
    {"Club",
     {-1, -4, -11, -11, -9, -11, 0.5, -1.5, -7, -8, -4.5, -9, -8, -8, -1, -7,
      -10, 0},
     0.8,
     0,
     1.8,
     0,
     1.6,
     2,
     3,
     1},
};

/* The same letters and digits? */
static bool same(const char *a, const char *b) {
    for (;;) {
        while (*a != '\0' && !isalnum((unsigned char)*a))
            a++;
        while (*b != '\0' && !isalnum((unsigned char)*b))
            b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (*a == '\0')
            return true;
        a++;
        b++;
    }
}

const st_taste *st_taste_find(const char *name) {
    for (size_t i = 0; name != NULL && i < sizeof tastes / sizeof *tastes; i++)
        if (same(tastes[i].name, name))
            return &tastes[i];
    return &tastes[0];
}
