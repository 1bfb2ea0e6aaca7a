/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file system that a repository belongs to, whose etc and usr say how it is used: that of the
 * running system for its own repository, the sysroot around another, none for one that lies
 * anywhere else. */
#pragma once

#include "store/repo.h"

/* What goes before "etc/…", relative to *@out_dfd; NULL for none. */
const char *root_locate (const TreeRepo *repo, int *out_dfd);
/* Is this the repository of the running system? */
gboolean root_is_running (const TreeRepo *repo);
