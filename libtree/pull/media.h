/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Repositories on media that people plug in. */
#pragma once

#include "store/repo.h"

#define MEDIUM_REPO ".ostree/repo"
#define MEDIUM_LINKS ".ostree/repos.d" /* of repositories that lie elsewhere on the medium */

/* Does a repository at this place of a medium need no link to be found? */
gboolean media_is_known_place (const char *path);

/* Mount points (char *) of file systems below /media, /run/media and /mnt, in the order of the
 * text, which is that of /proc/self/mountinfo. */
GPtrArray *media_parse_mounts (const char *mountinfo);
/* Those of now. */
GPtrArray *media_list_mounts (GError **error);

/* The repositories (TreeRepo) of a medium, each once: those that links in repos.d lead to, by name,
 * then those in the places where one is looked for. Nothing outside of the medium is touched. */
GPtrArray *media_find_repos (const char *mount, GError **error);
