/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refs: files of 64 hexadecimal digits and a line end under refs/heads, refs/remotes/REMOTE and
 * refs/mirrors/COLLECTION. They are read here,
 * written in refs-write.c, listed in refs-list.c; revisions are resolved in rev.c.
 *
 * Names come from the network and the command line: they are checked, and the way to a file is
 * walked one component at a time, so that no link leads out of refs/. An alias is a link within
 * refs/heads; its text is resolved here and never by the kernel.
 */
#pragma once

#include "store/refdir.h"
#include "store/repo.h"

/* One ref, "REF" or "REMOTE:REF", without revision syntax; aliases are followed. *@out_found is
 * FALSE when there is none here; parent repositories are not asked. */
gboolean refs_read (const TreeRepo *repo, const char *refspec, gboolean *out_found,
                    TreeChecksum *out, GError **error);
/* The same in a namespace. *@out_final (nullable): the name behind all aliases. */
gboolean refs_read_in (const TreeRepo *repo, RefKind kind, const char *owner, const char *ref,
                       gboolean *out_found, TreeChecksum *out, char **out_final, GError **error);
