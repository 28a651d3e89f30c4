/* cert: the certificate that TLS is spoken with: self-made on first start, or
 * the user's own.
 * Source: RFC 5280; CA/Browser Forum baseline (398 days); GnuTLS. */
#ifndef ST_SERVER_CERT_H
#define ST_SERVER_CERT_H

#include "core/attr.h"
#include "core/err.h"

#include <gnutls/abstract.h>
#include <stdbool.h>

typedef struct st_cert st_cert;

/* FOLDER/cert.pem and FOLDER/key.pem; made if they are not there or run out
 * within 30 days: EC P-256, 397 days, mode 0600 in a folder of 0700, valid for
 * `names` (NULL-ended: host names and numeric addresses; localhost, 127.0.0.1,
 * ::1 and this machine's host name are added). ST_IO, ST_BAD_DATA, ST_NO_MEM,
 * ST_INTERNAL. [main] */
ST_MUST_USE st_status st_cert_new(st_cert **out, const char *folder,
                                  const char *const *names, st_err *err);
/* The user's PEM files: the chain, its leaf first, and its key. ST_NOT_FOUND,
 * ST_BAD_DATA (unreadable, or the two do not fit). [main] */
ST_MUST_USE st_status st_cert_open(st_cert **out, const char *chain_path,
                                   const char *key_path, st_err *err);
/* Not while a server uses it. NULL is fine. [main] */
void st_cert_free(st_cert *cert);
/* Read the files again: handshakes from now on use them. On an error the old
 * ones stay. What was in use is kept until st_cert_free. [any] */
ST_MUST_USE st_status st_cert_reload(st_cert *cert, st_err *err);

enum { ST_CERT_PRINT_BYTES = 96 };
/* SHA-256 of the leaf, "AB:CD:...": what a person compares. [any] */
bool st_cert_fingerprint(st_cert *cert, char text[ST_CERT_PRINT_BYTES]);
/* What a handshake uses; lives as long as `cert`. [any] */
bool st_cert_current(st_cert *cert, gnutls_pcert_st **chain, unsigned *length,
                     gnutls_privkey_t *key);

#endif
