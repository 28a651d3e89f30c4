#include "server/cert_make.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/x509.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DAY_S = 86400, DAYS = 397, RENEW_DAYS = 30 };

bool st_cert_fresh(const char *chain_path, const char *key_path) {
    gnutls_datum_t pem = {NULL, 0};
    gnutls_x509_crt_t cert;
    bool fresh = false;
    if (access(key_path, R_OK) != 0 || gnutls_load_file(chain_path, &pem) != 0)
        return false;
    if (gnutls_x509_crt_init(&cert) == 0) {
        fresh = gnutls_x509_crt_import(cert, &pem, GNUTLS_X509_FMT_PEM) == 0 &&
                gnutls_x509_crt_get_expiration_time(cert) >
                    time(NULL) + (time_t)RENEW_DAYS * DAY_S;
        gnutls_x509_crt_deinit(cert);
    }
    gnutls_free(pem.data);
    return fresh;
}

static int add_name(gnutls_x509_crt_t cert, const char *name) {
    unsigned char address[16];
    if (inet_pton(AF_INET, name, address) == 1)
        return gnutls_x509_crt_set_subject_alt_name(
            cert, GNUTLS_SAN_IPADDRESS, address, 4, GNUTLS_FSAN_APPEND);
    if (inet_pton(AF_INET6, name, address) == 1)
        return gnutls_x509_crt_set_subject_alt_name(
            cert, GNUTLS_SAN_IPADDRESS, address, 16, GNUTLS_FSAN_APPEND);
    return gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_DNSNAME, name,
                                                (unsigned)strlen(name),
                                                GNUTLS_FSAN_APPEND);
}

static bool add_names(gnutls_x509_crt_t cert, const char *const *names) {
    char host[256] = "";
    bool ok = add_name(cert, "localhost") == 0 &&
              add_name(cert, "127.0.0.1") == 0 && add_name(cert, "::1") == 0;
    if (gethostname(host, sizeof host - 1) == 0 && host[0] != '\0')
        ok = ok && add_name(cert, host) == 0;
    for (; ok && names != NULL && *names != NULL; names++)
        ok = add_name(cert, *names) == 0;
    return ok;
}

static bool fill(gnutls_x509_crt_t cert, gnutls_x509_privkey_t key,
                 const char *const *names) {
    unsigned char serial[16];
    unsigned char id[32];
    size_t id_bytes = sizeof id;
    time_t now = time(NULL);
    randombytes_buf(serial, sizeof serial);
    serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40); /* positive */
    return gnutls_x509_crt_set_version(cert, 3) == 0 &&
           gnutls_x509_crt_set_serial(cert, serial, sizeof serial) == 0 &&
           gnutls_x509_crt_set_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0,
                                         "Stemma studio", 13) == 0 &&
           gnutls_x509_crt_set_activation_time(cert, now - 3600) == 0 &&
           gnutls_x509_crt_set_expiration_time(cert, now + (time_t)DAYS *
                                                               DAY_S) == 0 &&
           gnutls_x509_crt_set_key(cert, key) == 0 &&
           gnutls_x509_crt_set_basic_constraints(cert, 0, -1) == 0 &&
           gnutls_x509_crt_set_key_usage(cert, GNUTLS_KEY_DIGITAL_SIGNATURE) ==
               0 &&
           gnutls_x509_crt_set_key_purpose_oid(cert, GNUTLS_KP_TLS_WWW_SERVER,
                                               0) == 0 &&
           gnutls_x509_crt_get_key_id(cert, 0, id, &id_bytes) == 0 &&
           gnutls_x509_crt_set_subject_key_id(cert, id, id_bytes) == 0 &&
           add_names(cert, names) &&
           gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0) == 0;
}

/* Whole or not at all: a new file, then a rename. */
static bool write_file(const char *path, const gnutls_datum_t *text) {
    char fresh[PATH_MAX];
    int n = snprintf(fresh, sizeof fresh, "%s.new", path);
    if (n < 0 || n >= PATH_MAX)
        return false;
    (void)unlink(fresh);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool ok = write(fd, text->data, text->size) == (ssize_t)text->size &&
              fsync(fd) == 0;
    ok = close(fd) == 0 && ok && rename(fresh, path) == 0;
    if (!ok)
        (void)unlink(fresh);
    return ok;
}

static st_status save(gnutls_x509_crt_t cert, gnutls_x509_privkey_t key,
                      const char *chain_path, const char *key_path,
                      st_err *err) {
    gnutls_datum_t c = {NULL, 0};
    gnutls_datum_t k = {NULL, 0};
    bool ok = gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &c) == 0 &&
              gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &k) == 0 &&
              write_file(key_path, &k) && write_file(chain_path, &c);
    if (k.data != NULL)
        gnutls_memset(k.data, 0, k.size);
    gnutls_free(c.data);
    gnutls_free(k.data);
    return ok ? ST_OK
              : st_err_set(err, ST_IO,
                           "The certificate could not be written to %s (%s): "
                           "see that there is room and that the folder is "
                           "this user's.",
                           chain_path, strerror(errno));
}

st_status st_cert_make(const char *folder, const char *chain_path,
                       const char *key_path, const char *const *names,
                       st_err *err) {
    gnutls_x509_crt_t cert = NULL;
    gnutls_x509_privkey_t key = NULL;
    st_status status = ST_OK;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return st_err_set(err, ST_IO,
                          "The folder %s for the certificate cannot be made "
                          "(%s).",
                          folder, strerror(errno));
    if (gnutls_x509_crt_init(&cert) != 0 ||
        gnutls_x509_privkey_init(&key) != 0 ||
        gnutls_x509_privkey_generate(
            key, GNUTLS_PK_EC, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
            0) != 0 ||
        !fill(cert, key, names))
        status = st_err_set(err, ST_INTERNAL,
                            "The certificate could not be made: give names "
                            "without spaces, or your own PEM files.");
    if (status == ST_OK)
        status = save(cert, key, chain_path, key_path, err);
    if (cert != NULL)
        gnutls_x509_crt_deinit(cert);
    if (key != NULL)
        gnutls_x509_privkey_deinit(key);
    return status;
}
