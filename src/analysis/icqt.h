/* icqt: sound back from the coefficients of the constant-Q transform.
 * Source: the frame theory of Daubechies 1990; octaves as Schoerkhuber &
 * Klapuri 2010; own dual kernels.
 *
 * The transform of cqt.h filters a sound with kernels H_b and keeps each
 * hop-th sample. Where the hop is short against a kernel (no aliases), what
 * all bins hold of a frequency is the sum of p_b |H_b|^2 there, any weights
 * p_b; the kernels turned round in time, divided by that sum, lead back. These
 * dual kernels are made once, about four windows long, and applied at the rate
 * of their octave; octaves rise to the full rate through the half-band filter
 * they came down by. No iteration, no look at the sound.
 *
 * What comes back is the band the bins cover, from low_hz to the frequency of
 * the last one; the rest is lost. In that band the sound stands 40 dB and more
 * over the error (noise 52 to 65 dB, sweeps 72 to 77 dB, music 45 to 80 dB:
 * bench/RESULTS-spectra.md) where the hop is a quarter of the shortest kernel
 * or less: st_icqt_hop. With 12 bins an octave over seven octaves that is 19
 * to 39 real numbers for one of the sound (twice the highest frequency a
 * second); eight frames a kernel are read, of the others only those of the
 * highest octaves. Longer hops leave aliases, then gaps, as the 512 of the
 * features do.
 *
 * The transform gives no frames before the start and after the end: within two
 * windows of them, 1.1 s for C1, the sound is faded and coloured. Put silence
 * around it where that matters. */
#ifndef ST_ANALYSIS_ICQT_H
#define ST_ANALYSIS_ICQT_H

#include "analysis/cqt.h"

typedef struct st_icqt st_icqt;

/* The longest hop, a power of two, that gives 40 dB for such bins (the hop in
 * `params` is not looked at); 1 at least. [any] */
int st_icqt_hop(const st_cqt_params *params);

/* The parameters the coefficients were made with; `complex` must be set. The
 * sink gets block t of the sound, [hop] samples from t * hop, full scale as
 * that of the sound the coefficients came from. ST_BAD_ARG (also: a scale
 * over 2, which leaves gaps between bins; kernels over 2^19 samples at their
 * octave's rate), ST_NO_MEM. [main] */
ST_MUST_USE st_status st_icqt_new(st_icqt **out, const st_cqt_params *params,
                                  st_frame_sink sink);
void st_icqt_free(st_icqt *c);  /* NULL is fine [main] */
void st_icqt_reset(st_icqt *c); /* as new [rt] */
/* The next frame, re[bins] and im[bins]; values that are not finite, or beyond
 * 1e10, are read as 0. Blocks come when all that touches them is there:
 * at most st_icqt_latency frames later. [rt] */
void st_icqt_process(st_icqt *c, const float *frame);
/* For use as the sink of a transform: ctx is the st_icqt. [rt] */
void st_icqt_sink(void *ctx, int64_t frame, const float *values);
/* Nothing follows: the blocks that are left, so that there are as many as
 * there were frames. Of n samples the last block has n % hop good ones. [rt]
 */
void st_icqt_finish(st_icqt *c);
/* Frames from a block's own to the one with which it comes, at most. [any] */
int st_icqt_latency(const st_icqt *c);

#endif
