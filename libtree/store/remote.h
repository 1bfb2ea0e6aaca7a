/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where content is pulled from: groups `[remote "NAME"]` of the repository's config and, for the
 * repository of a system, of the files in etc/ostree/remotes.d. A remote that is in neither is
 * looked for in the parent repository. Adding, deleting and listing are in tree-repo.h.
 */
#pragma once

#include "store/repo.h"

/* Options that pull asks for; the defaults are in remote.c. Others may be set and are kept. */
#define REMOTE_URL "url"
#define REMOTE_METALINK "metalink"
#define REMOTE_METALINK_PREFIX REMOTE_METALINK "=" /* of a URL that is the one of a metalink */
#define REMOTE_CONTENT_URL "contenturl"
#define REMOTE_BRANCHES "branches"
#define REMOTE_PROXY "proxy"
#define REMOTE_GPG_VERIFY "gpg-verify"
#define REMOTE_GPG_VERIFY_SUMMARY "gpg-verify-summary"
#define REMOTE_GPG_KEY_PATH "gpgkeypath"
#define REMOTE_SIGN_VERIFY "sign-verify"
#define REMOTE_SIGN_VERIFY_SUMMARY "sign-verify-summary"
#define REMOTE_TLS_PERMISSIVE "tls-permissive"
#define REMOTE_TLS_CLIENT_CERT "tls-client-cert-path"
#define REMOTE_TLS_CLIENT_KEY "tls-client-key-path"
#define REMOTE_TLS_CA "tls-ca-path"
#define REMOTE_HTTP2 "http2"
#define REMOTE_MAX_RATE "max-rate"
#define REMOTE_MAX_REQUESTS "max-requests"
#define REMOTE_UNCONFIGURED_STATE "unconfigured-state"
#define REMOTE_CUSTOM_BACKEND "custom-backend"
#define REMOTE_COLLECTION_ID "collection-id"

/* Beside the repository's config: what belongs to one remote. */
#define REMOTE_KEYRING_SUFFIX ".trustedkeys.gpg"
#define REMOTE_COOKIES_SUFFIX ".cookies.txt"

/* Beside tree_repo_remote_option(). Errors: TREE_ERROR_NOT_FOUND for the remote, TREE_ERROR_INVALID
 * for a value that is none. An option that is not set has its default: FALSE or no elements unless
 * remote.c says otherwise. */
gboolean remote_option_boolean (const TreeRepo *repo, const char *name, const char *key,
                                gboolean *out, GError **error);
/* Elements separated by ';' or ','; *@out is never NULL. */
gboolean remote_option_list (const TreeRepo *repo, const char *name, const char *key, char ***out,
                             GError **error);
/* true, 1, yes, or false, 0, no and nothing at all; FALSE for any other text. */
gboolean remote_parse_boolean (const char *text, gboolean *out);

/* The remote's own ring of OpenPGP keys, NAME.trustedkeys.gpg: in the repository, beside remotes.d,
 * or in the parent repository. *@out is NULL when there is none. */
gboolean remote_keyring_read (const TreeRepo *repo, const char *name, GBytes **out, GError **error);
/* Replaces it, in the repository. */
gboolean remote_keyring_write (TreeRepo *repo, const char *name, GBytes *keyring, GError **error);

/* Deletes cached summaries of remotes that are no more. */
gboolean remote_prune_cache (const TreeRepo *repo, GError **error);
