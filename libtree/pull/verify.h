/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a commit must say before it is stored. */
#pragma once

#include "core/commit.h"

/* Is @commit as new as @current? */
gboolean verify_timestamp (const TreeChecksum *checksum, const Commit *commit,
                           const TreeChecksum *current_checksum, const Commit *current,
                           GError **error);
