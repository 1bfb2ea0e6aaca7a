/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* etc/ostree/remotes.d: remotes of a system's repository, one or more in each *.conf. Only a
 * repository that lies in a sysroot has it: the running system's in /etc, one that was opened
 * through a deployment in that one's etc, another's in the etc of the sysroot. */
#pragma once

#include "store/repo.h"

typedef struct {
  char *name; /* in remotes.d */
  GKeyFile *keys;
} RemotesFile;

/* RemotesFile, sorted by name; empty for a repository without. */
gboolean remotes_dir_load (const TreeRepo *repo, GPtrArray **out, GError **error);
/* A file in that directory; *@out is NULL when it is not there. */
gboolean remotes_dir_read (const TreeRepo *repo, const char *name, gsize max_bytes, GBytes **out,
                           GError **error);
/* Puts the group of @keys into NAME.conf. The caller holds the lock of the configuration. */
gboolean remotes_dir_write (const TreeRepo *repo, const char *name, const char *group,
                            GKeyFile *keys, GError **error);
/* Replaces @group of @to by that of @from. */
void remotes_copy_group (GKeyFile *from, GKeyFile *to, const char *group);
/* Removes a group, and the file with the last one; under the same lock. */
gboolean remotes_dir_remove_group (const TreeRepo *repo, const char *file, const char *group,
                                   GError **error);
