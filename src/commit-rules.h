/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files that `commit --statoverride` and `--skip-list` read. */
#pragma once

#include "tree-commit.h"

/* Lines "MODE PATH" or "+MODE PATH" (bits that are added) and "=MODE PATH" (instead of what the
 * file has). MODE is a decimal number, as in OSTree. Returns: (transfer full): TreeModeRule with
 * owned paths, or NULL */
GArray *commit_rules_read_modes (const char *file, GError **error);
/* Lines of absolute paths. Returns: (transfer full): or NULL */
char **commit_rules_read_skips (const char *file, GError **error);
