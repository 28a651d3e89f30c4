#include "server/cert.h"

#include "core/alloc.h"
#include "server/cert_make.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { MAX_CHAIN = 8 };

typedef struct loaded {
    struct loaded *older;
    gnutls_pcert_st chain[MAX_CHAIN];
    unsigned length;
    gnutls_privkey_t key;
} loaded;

struct st_cert {
    pthread_mutex_t lock; /* of `now` */
    loaded *now;
    char chain_path[PATH_MAX], key_path[PATH_MAX];
};

static void free_loaded(loaded *l) {
    for (unsigned i = 0; i < l->length; i++)
        gnutls_pcert_deinit(&l->chain[i]);
    if (l->key != NULL)
        gnutls_privkey_deinit(l->key);
    st_free(l);
}

static st_status read_file(const char *path, gnutls_datum_t *out, st_err *err) {
    if (gnutls_load_file(path, out) == 0)
        return ST_OK;
    return st_err_set(err, ST_NOT_FOUND,
                      "%s cannot be read: give the PEM file of the "
                      "certificate or key, readable for this user.",
                      path);
}

static bool fits(const loaded *l) {
    gnutls_pubkey_t public;
    unsigned char a[64];
    unsigned char b[64];
    size_t an = sizeof a;
    size_t bn = sizeof b;
    if (gnutls_pubkey_init(&public) != 0)
        return false;
    bool same = gnutls_pubkey_import_privkey(public, l->key, 0, 0) == 0 &&
                gnutls_pubkey_get_key_id(public, 0, a, &an) == 0 &&
                gnutls_pubkey_get_key_id(l->chain[0].pubkey, 0, b, &bn) == 0 &&
                an == bn && memcmp(a, b, an) == 0;
    gnutls_pubkey_deinit(public);
    return same;
}

static st_status parse(const st_cert *cert, loaded *l,
                       const gnutls_datum_t *chain, const gnutls_datum_t *key,
                       st_err *err) {
    unsigned count = MAX_CHAIN;
    if (gnutls_pcert_list_import_x509_raw(l->chain, &count, chain,
                                          GNUTLS_X509_FMT_PEM, 0) != 0 ||
        count == 0)
        return st_err_set(err, ST_BAD_DATA,
                          "%s holds no certificates in PEM form (at most %d).",
                          cert->chain_path, (int)MAX_CHAIN);
    l->length = count;
    if (gnutls_privkey_init(&l->key) != 0 ||
        gnutls_privkey_import_x509_raw(l->key, key, GNUTLS_X509_FMT_PEM, NULL,
                                       0) != 0)
        return st_err_set(err, ST_BAD_DATA,
                          "%s holds no private key in PEM form without a "
                          "password.",
                          cert->key_path);
    if (!fits(l))
        return st_err_set(err, ST_BAD_DATA, "The key in %s is not that of %s.",
                          cert->key_path, cert->chain_path);
    return ST_OK;
}

static st_status load(st_cert *cert, loaded *l, st_err *err) {
    gnutls_datum_t chain = {NULL, 0};
    gnutls_datum_t key = {NULL, 0};
    st_status status = read_file(cert->chain_path, &chain, err);
    if (status == ST_OK)
        status = read_file(cert->key_path, &key, err);
    if (status == ST_OK)
        status = parse(cert, l, &chain, &key, err);
    if (key.data != NULL)
        gnutls_memset(key.data, 0, key.size);
    gnutls_free(chain.data);
    gnutls_free(key.data);
    return status;
}

st_status st_cert_reload(st_cert *cert, st_err *err) {
    loaded *l = st_calloc(1, sizeof *l);
    if (l == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    st_status status = load(cert, l, err);
    if (status != ST_OK) {
        free_loaded(l);
        return status;
    }
    pthread_mutex_lock(&cert->lock);
    l->older = cert->now;
    cert->now = l;
    pthread_mutex_unlock(&cert->lock);
    return ST_OK;
}

st_status st_cert_open(st_cert **out, const char *chain_path,
                       const char *key_path, st_err *err) {
    st_cert *cert = st_calloc(1, sizeof *cert);
    if (cert == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    pthread_mutex_init(&cert->lock, NULL);
    (void)snprintf(cert->chain_path, sizeof cert->chain_path, "%s", chain_path);
    (void)snprintf(cert->key_path, sizeof cert->key_path, "%s", key_path);
    st_status status = st_cert_reload(cert, err);
    if (status != ST_OK)
        st_cert_free(cert);
    else
        *out = cert;
    return status;
}

st_status st_cert_new(st_cert **out, const char *folder,
                      const char *const *names, st_err *err) {
    char chain[PATH_MAX];
    char key[PATH_MAX];
    int a = snprintf(chain, sizeof chain, "%s/cert.pem", folder);
    int b = snprintf(key, sizeof key, "%s/key.pem", folder);
    if (a < 0 || a >= PATH_MAX || b < 0 || b >= PATH_MAX)
        return st_err_set(err, ST_BAD_ARG, "The folder's name is too long.");
    if (!st_cert_fresh(chain, key)) {
        st_status status = st_cert_make(folder, chain, key, names, err);
        if (status != ST_OK)
            return status;
    }
    return st_cert_open(out, chain, key, err);
}

void st_cert_free(st_cert *cert) {
    if (cert == NULL)
        return;
    for (loaded *l = cert->now, *older; l != NULL; l = older) {
        older = l->older;
        free_loaded(l);
    }
    pthread_mutex_destroy(&cert->lock);
    st_free(cert);
}

bool st_cert_current(st_cert *cert, gnutls_pcert_st **chain, unsigned *length,
                     gnutls_privkey_t *key) {
    pthread_mutex_lock(&cert->lock);
    loaded *l = cert->now;
    pthread_mutex_unlock(&cert->lock);
    if (l == NULL)
        return false;
    *chain = l->chain;
    *length = l->length;
    *key = l->key;
    return true;
}

bool st_cert_fingerprint(st_cert *cert, char text[ST_CERT_PRINT_BYTES]) {
    gnutls_pcert_st *chain;
    unsigned length;
    gnutls_privkey_t key;
    unsigned char hash[32];
    size_t bytes = sizeof hash;
    if (!st_cert_current(cert, &chain, &length, &key) ||
        gnutls_fingerprint(GNUTLS_DIG_SHA256, &chain[0].cert, hash, &bytes) !=
            0)
        return false;
    for (size_t i = 0; i < bytes; i++)
        (void)snprintf(text + 3 * i, 4, "%02X%s", hash[i],
                       i + 1 < bytes ? ":" : "");
    return true;
}
