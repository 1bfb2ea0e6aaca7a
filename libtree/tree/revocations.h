/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of revoked keys that a system keeps once it has seen it, whatever its server has later:
 * etc/ostree/revoked.ed25519.d/revoked-keys-SERIAL, a key a line, beside what the administrator put
 * there. So all that reads revoked keys reads these, be it another program. Which system that is:
 * tree/trust.h.
 *
 * Commit point: the rename of a file that was written, and synced, outside of the folder, in which
 * each file counts and one that cannot be read stops everything. The file of the list before goes
 * then; a power cut in between leaves both, and both count. */
#pragma once

#include "core/revoked-keys.h"
#include "store/repo.h"

/* 0: none is kept. */
gboolean revocations_serial (const TreeRepo *repo, guint64 *out, GError **error);
/* Keeps a list whose signature was checked, and whose serial is higher than that. */
gboolean revocations_keep (const TreeRepo *repo, const RevokedKeys *list, GError **error);
