#include "analysis/gate.h"

#include "core/math.h"

#include <math.h>
#include <string.h>

static const double OFFSET = 0.691;
static const double ABSOLUTE_LUFS = -70.0;

double st_gate_lufs(double energy) {
    return energy > 0.0 ? 10.0 * st_log10(energy) - OFFSET : -INFINITY;
}

double st_gate_energy(double lufs) {
    return st_pow(10.0, (lufs + OFFSET) / 10.0);
}

/* Exponent and 10 bits of the fraction: equal steps within an octave. */
static int64_t key(double energy) {
    int64_t bits;
    memcpy(&bits, &energy, sizeof bits);
    return bits >> 42;
}

void st_gate_add(st_gate *gate, double energy) {
    double least = st_gate_energy(ABSOLUTE_LUFS);
    if (!(energy > least))
        return;
    int64_t at = key(energy) - key(least);
    at = at < ST_GATE_BINS ? at : ST_GATE_BINS - 1;
    gate->bin[at].sum += energy;
    gate->bin[at].count++;
}

void st_gate_join(st_gate *gate, const st_gate *other) {
    for (int i = 0; i < ST_GATE_BINS; i++) {
        gate->bin[i].sum += other->bin[i].sum;
        gate->bin[i].count += other->bin[i].count;
    }
}

static int passes(const st_gate_bin *bin, double floor) {
    return bin->count > 0 && bin->sum > floor * (double)bin->count;
}

double st_gate_mean(const st_gate *gate, double floor) {
    double sum = 0.0;
    int64_t count = 0;
    for (int i = 0; i < ST_GATE_BINS; i++)
        if (passes(&gate->bin[i], floor)) {
            sum += gate->bin[i].sum;
            count += gate->bin[i].count;
        }
    return count > 0 ? sum / (double)count : 0.0;
}

/* Energy of the block that is number `rank` from the quietest. */
static double ranked(const st_gate *gate, double floor, int64_t rank) {
    for (int i = 0; i < ST_GATE_BINS; i++) {
        const st_gate_bin *bin = &gate->bin[i];
        if (!passes(bin, floor))
            continue;
        if (rank < bin->count)
            return bin->sum / (double)bin->count;
        rank -= bin->count;
    }
    return 0.0;
}

int st_gate_points(const st_gate *gate, double floor, double *low,
                   double *high) {
    int64_t count = 0;
    for (int i = 0; i < ST_GATE_BINS; i++)
        if (passes(&gate->bin[i], floor))
            count += gate->bin[i].count;
    if (count == 0)
        return 0;
    double last = (double)(count - 1);
    *low = ranked(gate, floor, (int64_t)(last * 0.10 + 0.5));
    *high = ranked(gate, floor, (int64_t)(last * 0.95 + 0.5));
    return 1;
}
