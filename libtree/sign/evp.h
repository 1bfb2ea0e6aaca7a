/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signing and verifying by libcrypto, in one call, with the digest that the kind of key implies. */
#pragma once

#include <glib.h>
#include <openssl/evp.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EVP_PKEY, EVP_PKEY_free)

GBytes *evp_sign (EVP_PKEY *key, GBytes *data, GError **error);
gboolean evp_verify (EVP_PKEY *key, GBytes *data, GBytes *signature);
/* What libcrypto says about its last failure, and forgets then. */
const char *evp_error (void);
