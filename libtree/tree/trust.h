/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys of the system that a repository belongs to: usr/share/ostree, which moves with the tree,
 * and etc/ostree, which is the administrator's. A repository outside of any sysroot goes by those
 * of the running system. */
#pragma once

#include "sign/keys.h"
#include "store/repo.h"

/* Adds the keyrings (GBytes) by which the OpenPGP signatures of a remote are checked: its own
 * REMOTE.trustedkeys.gpg and what its gpgkeypath names; where it has neither,
 * usr/share/ostree/trusted.gpg.d, or $OSTREE_GPG_HOME instead of that. @remote NULL: those of all
 * remotes, and the latter. */
gboolean trust_add_keyrings (const TreeRepo *repo, const char *remote, GPtrArray *keyrings,
                             GError **error);
/* The former, and the latter. */
gboolean trust_add_own_keyrings (const TreeRepo *repo, const char *remote, GPtrArray *keyrings,
                                 gboolean *out_any, GError **error);
gboolean trust_add_system_keyrings (const TreeRepo *repo, GPtrArray *keyrings, GError **error);

/* With those that are revoked: who signs lists of revoked keys signs nothing else. */
gboolean trust_add_system_keys (const TreeRepo *repo, SignKeys *keys, SignKeysKind kinds,
                                GError **error);

/* The keys that sign lists of revoked keys, usr/share/ostree/revoker.ed25519, and those that count
 * no more themselves; *@out is NULL where there is no such file. */
gboolean trust_load_revokers (const TreeRepo *repo, SignKeys **out, GError **error);
