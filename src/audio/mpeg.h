/* mpeg: frames of MPEG audio, as far as a file must be known before a decoder
 * reads it.
 * Source: ISO 11172-3, 2.4.2.3; Xing and LAME headers as LAME writes them. */
#ifndef ST_AUDIO_MPEG_H
#define ST_AUDIO_MPEG_H

#include "audio/bytes.h"

#include <stdbool.h>

/* Bytes of the frame that begins with head[4], or 0; *layer 1..3. [any] */
size_t st_mpeg_frame(const uint8_t *head, int *layer);

/* Does MP3 sound follow behind the end that the first frame (Xing, Info)
 * states? Decoders stop at that end: files glued together lose all but the
 * first. [any] */
bool st_mpeg_goes_on(const st_bytes *bytes);

#endif
