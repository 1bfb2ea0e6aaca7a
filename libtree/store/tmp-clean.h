/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What killed processes leave in tmp/ of a repository, and caches that nobody asks any more. */
#pragma once

#include "store/repo.h"

/* Removes what is older than `core.tmp-expiry-secs` and not in use. Best effort: what cannot be
 * removed now may be the next time. */
void tmp_clean (const TreeRepo *repo);
