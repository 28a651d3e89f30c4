#include "stage/text.h"

#include "core/alloc.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 63 };

static char plain(char c) {
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c == '_' || c == ' ' ? '-' : c;
}

static int min3(int a, int b, int c) {
    int least = a < b ? a : b;
    return least < c ? least : c;
}

int st_slips(const char *a, const char *b) {
    size_t rows = strlen(a);
    size_t columns = strlen(b);
    if (rows > WORD_MAX || columns > WORD_MAX)
        return WORD_MAX + 1;
    /* d[i][j]: slips between the first i letters of a and j of b; three rows
     * are enough for the swap. */
    int d[3][WORD_MAX + 1] = {{0}};
    for (size_t j = 0; j <= columns; j++)
        d[0][j] = (int)j;
    for (size_t i = 1; i <= rows; i++) {
        int *row = d[i % 3];
        const int *up = d[(i + 2) % 3];
        const int *up2 = d[(i + 1) % 3];
        row[0] = (int)i;
        for (size_t j = 1; j <= columns; j++) {
            char x = plain(a[i - 1]);
            char y = plain(b[j - 1]);
            row[j] = min3(up[j] + 1, row[j - 1] + 1, up[j - 1] + (x != y));
            bool swap =
                i > 1 && j > 1 && x == plain(b[j - 2]) && y == plain(a[i - 2]);
            if (swap && up2[j - 2] + 1 < row[j])
                row[j] = up2[j - 2] + 1;
        }
    }
    return d[rows % 3][columns];
}

bool st_nearer(const char *word, const char *candidate, int *best) {
    size_t length = strlen(word);
    int slips = st_slips(word, candidate);
    /* "elctro" for "Electro House": against the start alone, at a price. */
    for (size_t more = 0; length >= 3 && more < 2; more++) {
        char start[WORD_MAX + 1];
        (void)snprintf(start, sizeof start, "%.*s", (int)(length + more),
                       candidate);
        int dearer = st_slips(word, start) + 1;
        if (dearer < slips)
            slips = dearer;
    }
    /* "Nope" is not "Pop". */
    int allowed = length < 3 ? 0 : length >= 8 ? 3 : (int)(length + 1) / 3;
    if (slips > allowed || slips >= *best)
        return false;
    *best = slips;
    return true;
}

json_t *st_text_json(const char *text) {
    if (text == NULL)
        return json_null();
    json_t *value = json_string(text);
    if (value != NULL)
        return value;
    char *ascii = st_strdup(text);
    if (ascii == NULL)
        return NULL;
    for (char *c = ascii; *c != '\0'; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    value = json_string(ascii);
    st_free(ascii);
    return value;
}

double st_seconds_round(double seconds) {
    return round(seconds * 1e4) / 1e4;
}
