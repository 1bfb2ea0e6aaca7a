/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys of the system that a repository belongs to: usr/share/ostree, which moves with the tree,
 * and etc/ostree, which is the administrator's. A repository outside of any sysroot goes by those
 * of the running system. */
#pragma once

#include "sign/keys.h"
#include "store/repo.h"

gboolean trust_add_system_keys (const TreeRepo *repo, SignKeys *keys, SignKeysKind kinds,
                                GError **error);
