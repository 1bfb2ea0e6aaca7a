/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `show --print-sizes` prints. */
#pragma once

#include "tree-repo.h"

/* What of a commit is here, and what a pull would bring. */
gboolean show_sizes (const TreeRepo *repo, const TreeChecksum *commit, GError **error);
