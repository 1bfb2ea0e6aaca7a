/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "net/tls-time.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "base/lazylib.h"

/* The one that libcurl has loaded, if it was built with what we were built with. */
#ifdef OPENSSL_SHLIB_VERSION
#define SONAME "libssl.so." G_STRINGIFY (OPENSSL_SHLIB_VERSION)
#define BACKEND "OpenSSL/" G_STRINGIFY (OPENSSL_VERSION_MAJOR) "."
#else
#define SONAME "libssl.so." SHLIB_VERSION_NUMBER
#define BACKEND "OpenSSL/1.1."
#endif

static struct {
  __typeof__ (SSL_CTX_set_cert_verify_callback) *set_cert_verify_callback;
} ssl;

static const LazySymbol symbols[] = {
    {"SSL_CTX_set_cert_verify_callback", &ssl.set_cert_verify_callback},
    {NULL, NULL},
};

gboolean
tls_time_is_behind (gint64 floor_s)
{
  return g_get_real_time () / G_USEC_PER_SEC < floor_s;
}

gboolean
tls_time_can_help (const CurlApi *curl)
{
  static GMutex lock;
  static gboolean loaded;
  const curl_version_info_data *info = curl->version_info (CURLVERSION_NOW);
  /* A libcurl with several names in brackets those that it does not use. */
  if (info->ssl_version == NULL || !g_str_has_prefix (info->ssl_version, BACKEND))
    return FALSE;
  g_mutex_lock (&lock);
  loaded = loaded || lazylib_load (SONAME, symbols, NULL);
  gboolean ok = loaded;
  g_mutex_unlock (&lock);
  return ok;
}

/* Where a verification under way has its floor. */
static int
floor_index (void)
{
  static gsize once;
  static int found;
  if (g_once_init_enter (&once)) {
    found = X509_STORE_CTX_get_ex_new_index (0, NULL, NULL, NULL, NULL);
    g_once_init_leave (&once, 1);
  }
  return found;
}

/* Called for each certificate of a chain, and each that is wrong with it. */
static int
judge (int ok, X509_STORE_CTX *verification)
{
  if (ok || X509_STORE_CTX_get_error (verification) != X509_V_ERR_CERT_NOT_YET_VALID)
    return ok;
  const gint64 *floor_s = X509_STORE_CTX_get_ex_data (verification, floor_index ());
  const X509 *certificate = X509_STORE_CTX_get_current_cert (verification);
  time_t time_s = floor_s != NULL ? (time_t)*floor_s : 0;
  /* -1: earlier, or the same; 0: no time at all. */
  if (certificate == NULL || X509_cmp_time (X509_get0_notBefore (certificate), &time_s) != -1)
    return ok;
  X509_STORE_CTX_set_error (verification, X509_V_OK);
  return 1;
}

static int
verify (X509_STORE_CTX *verification, void *floor_s)
{
  if (X509_STORE_CTX_set_ex_data (verification, floor_index (), floor_s) != 1)
    return 0;
  X509_STORE_CTX_set_verify_cb (verification, judge);
  return X509_verify_cert (verification);
}

CURLcode
tls_time_help (CURL *easy, void *ssl_ctx, void *floor_s)
{
  ssl.set_cert_verify_callback (ssl_ctx, verify, floor_s);
  return CURLE_OK;
}
