/* cert_make: a self-made certificate, for cert.c alone.
 * Source: RFC 5280; GnuTLS X.509 functions. [main] */
#ifndef ST_SERVER_CERT_MAKE_H
#define ST_SERVER_CERT_MAKE_H

#include "core/attr.h"
#include "core/err.h"

#include <stdbool.h>

/* Are both files there, and is the certificate good for 30 days more? */
bool st_cert_fresh(const char *chain_path, const char *key_path);
/* Write both into `folder` (made with mode 0700 if it is not there). */
ST_MUST_USE st_status st_cert_make(const char *folder, const char *chain_path,
                                   const char *key_path,
                                   const char *const *names, st_err *err);

#endif
