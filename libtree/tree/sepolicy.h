/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The SELinux labels that the policy of a root filesystem gives its files, through libselinux,
 * which is loaded when it is first needed. What runs on this machine does not matter.
 *
 *   DIR/etc/selinux/config, else DIR/usr/etc/selinux/config: SELINUX=, SELINUXTYPE=NAME
 *   …/NAME/contexts/files/file_contexts, and those beside it: which label for which path
 *
 * Labels are attributes of the tree like others: the kernel is not asked.
 */
#pragma once

#include "core/filemeta.h"

typedef struct SePolicy SePolicy;

/* The policy of the root filesystem @dfd. One that its own configuration disables labels nothing;
 * none at all is TREE_ERROR_NOT_FOUND. */
SePolicy *sepolicy_open (int dfd, GError **error);
void sepolicy_free (SePolicy *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SePolicy, sepolicy_free)

/* Gives the file at @path (absolute in the root filesystem) its label instead of the one that it
 * has. What the policy does not know is an error. Any thread. */
gboolean sepolicy_label (SePolicy *self, const char *path, FileMeta *meta, GError **error);
