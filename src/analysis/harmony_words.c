#include "analysis/harmony.h"

#include <stdio.h>

/* Place on the line of fifths, C = 0, of a major key with the fewest
 * accidentals: Db -5 .. F# 6. */
static int fifths_of_major(int tonic) {
    int place = 7 * tonic % 12;
    return place > 6 ? place - 12 : place;
}

/* The signature's major key; minor keys: Eb minor (-6) .. G# minor (5). */
static int signature(int tonic, bool minor) {
    if (!minor)
        return fifths_of_major(tonic);
    int place = fifths_of_major((tonic + 3) % 12);
    return place == 6 ? -6 : place;
}

/* "F#" of a place on the line of fifths, -7 .. 12. */
static void spell(int place, char name[4]) {
    static const char letters[] = "FCGDAEB";
    int at = place + 8; /* Fb: 0 */
    const char *accidental = at / 7 == 0 ? "b" : at / 7 == 1 ? "" : "#";
    snprintf(name, 4, "%c%s", letters[at % 7], accidental);
}

void st_key_words(st_key *key) {
    char note[4];
    int place = signature(key->tonic, key->minor);
    /* C major is 8B; a fifth up is one more */
    int number = (place + 7 + 12) % 12 + 1;
    snprintf(key->camelot, sizeof key->camelot, "%d%c", number,
             key->minor ? 'A' : 'B');
    spell(place + (key->minor ? 3 : 0), note);
    snprintf(key->name, sizeof key->name, "%s %s", note,
             key->minor ? "minor" : "major");
}

/* Roots are spelled from 5 fifths under the signature's key to 6 over it. */
void st_chord_name(const st_chord *chord, int tonic, bool minor, char name[8]) {
    char note[4];
    if (chord->root < 0) {
        snprintf(name, 8, "N");
        return;
    }
    int low = signature(tonic, minor) - 5;
    low = low < -7 ? -7 : low;
    int place = 7 * chord->root % 12 - 24;
    while (place < low)
        place += 12;
    spell(place, note);
    snprintf(name, 8, "%s:%s", note, st_chord_quality_name(chord->quality));
}

const char *st_chord_quality_name(st_chord_quality quality) {
    static const char *const names[ST_CHORD_COUNT] = {
        "maj", "min", "dim", "aug", "sus4", "7", "maj7", "min7"};
    return (unsigned)quality < ST_CHORD_COUNT ? names[quality] : "";
}
