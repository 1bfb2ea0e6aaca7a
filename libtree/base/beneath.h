/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories of a file system that somebody else has written, such as a stick: links in it may
 * lead anywhere. */
#pragma once

#include <glib.h>

/* Opens a directory below @dfd; links are followed as long as they stay below it and on its file
 * system. Returns -1 with errno set: ENOENT, EXDEV, … */
int dir_open_beneath (int dfd, const char *path);
/* The same after mkdir -p, and without following any link. */
int dir_make_beneath (int dfd, const char *path, GError **error);
