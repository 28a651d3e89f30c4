/* pcm: stored sample formats to planar float32 and back.
 * Source: WAVEFORMATEX, AIFF 1.3. Full scale is 1.0.
 *
 * Integers n become n / 2^(bits-1), exactly up to 24 bits; 32 bits and
 * doubles are rounded to float. Back: x * 2^(bits-1), to nearest with ties to
 * even, clamped, NaN to 0. */
#ifndef ST_AUDIO_PCM_H
#define ST_AUDIO_PCM_H

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    ST_PCM_U8,
    ST_PCM_S16,
    ST_PCM_S24,
    ST_PCM_S32,
    ST_PCM_F32,
    ST_PCM_F64,
    ST_PCM_KIND_COUNT
} st_pcm_kind;

/* Bytes of one stored sample: 1 2 3 4 4 8. [any] */
int st_pcm_bytes(st_pcm_kind kind);

/* Interleaved `in` of frames x channels samples to out[c][at..at+frames).
 * `in` needs 8 readable bytes after its last sample. big: big-endian. [rt] */
void st_pcm_unpack(st_pcm_kind kind, bool big, const uint8_t *in, int channels,
                   int64_t frames, float *const *out, int64_t at);

/* in[c][at..at+frames) to interleaved S16, S24 or F32; `out` needs 8 writable
 * bytes after its last sample. [rt] */
void st_pcm_pack(st_pcm_kind kind, bool big, const float *const *in, int64_t at,
                 int channels, int64_t frames, uint8_t *out);

/* in[c][at..) to left-justified interleaved int32 of `bits` bits. [rt] */
void st_pcm_to_int32(const float *const *in, int64_t at, int channels,
                     int64_t frames, int bits, int32_t *out);

/* Replace NaN and infinities by 0; how many there were. [rt] */
int64_t st_pcm_scrub(float *x, int64_t count);

#endif
