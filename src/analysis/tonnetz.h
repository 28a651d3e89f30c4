/* tonnetz: a chroma frame as a place in tonal space.
 * Source: Harte, Sandler & Gasser, "Detecting harmonic change in musical
 * audio", 2006; the numbers of librosa 0.11 feature.tonnetz. */
#ifndef ST_ANALYSIS_TONNETZ_H
#define ST_ANALYSIS_TONNETZ_H

enum { ST_TONNETZ_DIMS = 6 };

/* chroma[12] from C, any scale (it is divided by its sum), to out[6]: sine
 * and cosine on the circles of fifths (radius 1), minor thirds (1), major
 * thirds (1/2). Silence gives zeros, the centre. [rt] */
void st_tonnetz(const float *chroma, float *out);
/* Distance of two places, 0..3: large where harmony changes. [rt] */
float st_tonnetz_distance(const float *a, const float *b);

#endif
