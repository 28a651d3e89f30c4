/* Each handshake asks here for the certificate, so that a reload needs no
 * restart. */
#include "server/http_impl.h"

#include "server/cert.h"

static int retrieve(gnutls_session_t session, const gnutls_datum_t *names,
                    int name_count, const gnutls_pk_algorithm_t *algorithms,
                    int algorithm_count, gnutls_pcert_st **chain,
                    unsigned *chain_length, gnutls_privkey_t *key) {
    (void)names;
    (void)name_count;
    (void)algorithms;
    (void)algorithm_count;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        gnutls_session_get_ptr(session), MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    if (info == NULL || info->socket_context == NULL)
        return -1;
    const st_conn *conn = info->socket_context;
    return st_cert_current(conn->cert, chain, chain_length, key) ? 0 : -1;
}

void *st_tls_callback(void) {
    union {
        gnutls_certificate_retrieve_function2 *function;
        void *pointer;
    } cast = {.function = retrieve};
    return cast.pointer;
}
