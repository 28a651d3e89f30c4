/* gate: block energies in fine bins, for gated means and percentiles.
 * Source: BS.1770-5 Annex 1 (gating), EBU Tech 3342 (range).
 *
 * A bin is 2^-10 of an octave wide or less (0.003 dB at its finest, 0.004 at
 * its widest) and keeps the sum and count of the energies in it, so means are
 * those of the blocks themselves; a gate takes or leaves a bin by its mean. */
#ifndef ST_ANALYSIS_GATE_H
#define ST_ANALYSIS_GATE_H

#include <stdint.h>

/* -70 LUFS to beyond +40 LUFS; what is louder goes into the last bin. */
enum { ST_GATE_BINS = 37600 };

typedef struct {
    double sum;
    int64_t count;
} st_gate_bin;

typedef struct {
    st_gate_bin bin[ST_GATE_BINS];
} st_gate;

/* Mean squares (weighted channel sums) to LUFS and back; 0 is -INFINITY. */
double st_gate_lufs(double energy);
double st_gate_energy(double lufs);

/* Count a block; those not above -70 LUFS are dropped. [rt] */
void st_gate_add(st_gate *gate, double energy);
void st_gate_join(st_gate *gate, const st_gate *other);
/* Mean of the blocks above `floor` (an energy); 0 when there is none. */
double st_gate_mean(const st_gate *gate, double floor);
/* The energies below which 10 % and 95 % of the blocks above `floor` lie;
 * false when there is none. */
int st_gate_points(const st_gate *gate, double floor, double *low,
                   double *high);

#endif
