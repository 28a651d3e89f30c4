/* text: words, near misses and JSON strings for messages and results.
 * Source: Damerau 1964 (one slip: change, drop, add, swap). */
#ifndef ST_STAGE_TEXT_H
#define ST_STAGE_TEXT_H

#include <jansson.h>
#include <stdbool.h>

/* Slips between two words, letter case ignored, '_' ' ' and '-' alike; a word
 * longer than 63 bytes is 64 away from anything. [any] */
int st_slips(const char *a, const char *b);

/* Is `candidate` near enough to `word` to be offered (one slip in a word
 * of 3 or 4 letters, two in 5 to 7, three in longer ones), and nearer than
 * *best slips? Then *best is lowered. Start with *best = INT_MAX. The word is
 * also held against the candidate's start, one slip dearer. [any] */
bool st_nearer(const char *word, const char *candidate, int *best);

/* A new JSON string; bytes that are no UTF-8 read '?'. NULL text gives null.
 * NULL when out of memory. [any] */
json_t *st_text_json(const char *text);

/* Seconds for people and documents: to 0.1 ms. [any] */
double st_seconds_round(double seconds);

#endif
