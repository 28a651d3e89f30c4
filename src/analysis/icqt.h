/* icqt: sound back from the coefficients of the constant-Q transform.
 * Source: the frame theory of Daubechies 1990; octaves as Schoerkhuber &
 * Klapuri 2010; own dual kernels.
 *
 * The transform of cqt.h filters a sound with kernels H_b and keeps each
 * hop-th sample. Where the hop is short against a kernel (no aliases), the
 * whole is the sum over bins of p_b |H_b|^2 in frequency, any weights p_b;
 * divided by that sum, the kernels turned round in time lead back. Those dual
 * kernels are made once, twice as long as the kernels, and applied at the
 * rate of their octave; octaves rise to the full rate through the half-band
 * filter they came down by.
 *
 * What comes back is the band the transform covers: from low_hz to the
 * frequency of the last bin, half a bin over at both ends. What lies outside
 * is lost. For 40 dB and more in that band, for any sound, the hop must be a
 * quarter of the shortest kernel or less (st_icqt_hop); the figures are in
 * bench/RESULTS-spectra.md. At 12 bins an octave that is a redundancy (real
 * coefficients a second over twice the highest frequency) of about 14. Octaves
 * whose kernels are longer than the hop needs are read from each second,
 * fourth, ... frame only: eight a kernel. */
#ifndef ST_ANALYSIS_ICQT_H
#define ST_ANALYSIS_ICQT_H

#include "analysis/cqt.h"

typedef struct st_icqt st_icqt;

/* The longest hop, a power of two, that gives 40 dB for such bins (the hop in
 * `params` is not looked at); 1 at least. [any] */
int st_icqt_hop(const st_cqt_params *params);

/* The parameters the coefficients were made with; `complex` must be set. The
 * sink gets block t of the sound, [hop] samples from t * hop, full scale as
 * that of the sound the coefficients came from. ST_BAD_ARG (a scale over 2
 * leaves gaps between bins: refused, too), ST_NO_MEM. [main] */
ST_MUST_USE st_status st_icqt_new(st_icqt **out, const st_cqt_params *params,
                                  st_frame_sink sink);
void st_icqt_free(st_icqt *c);  /* NULL is fine [main] */
void st_icqt_reset(st_icqt *c); /* as new [rt] */
/* The next frame, re[bins] and im[bins]; values that are not finite, or beyond
 * 1e10, are read as 0. Blocks come when all that touches them is there:
 * st_icqt_latency frames later. [rt] */
void st_icqt_process(st_icqt *c, const float *frame);
/* For use as the sink of a transform: ctx is the st_icqt. [rt] */
void st_icqt_sink(void *ctx, int64_t frame, const float *values);
/* Nothing follows: the blocks that are left, so that there are as many as
 * there were frames. Of n samples the last block has n % hop good ones. [rt]
 */
void st_icqt_finish(st_icqt *c);
/* Frames from a block's own to the one with which it comes. [any] */
int st_icqt_latency(const st_icqt *c);

#endif
