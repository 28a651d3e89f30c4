/* stemma: the public C API of libstemma. docs/embedding.md has examples. */
#ifndef STEMMA_STEMMA_H
#define STEMMA_STEMMA_H

#include "stemma/audio.h"
#include "stemma/meter.h"
#include "stemma/plan.h"
#include "stemma/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0"; [any] */
STEMMA_API const char *stemma_version(void);

#ifdef __cplusplus
}
#endif
#endif
