/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file system that a repository belongs to, whose etc and usr say how it is used: the
 * deployment that it was opened through, that of the running system for its own repository, the
 * sysroot around another, none for one that lies anywhere else. */
#pragma once

#include "store/repo.h"

/* What goes before "etc/…", relative to *@out_dfd; NULL for none. */
const char *root_locate (const TreeRepo *repo, int *out_dfd);
/* Is that the root of the running system, or of a deployment? */
gboolean root_is_deployment (const TreeRepo *repo);
