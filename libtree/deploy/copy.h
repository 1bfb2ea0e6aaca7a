/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copying files with owner, mode, xattrs and times. Nothing is synced: one barrier comes before the
 * switch. */
#pragma once

#include "tree-error.h"

#include <sys/stat.h>

/* A regular file or link; the destination must not exist. Sockets, fifos and devices are skipped:
 * they are made by whoever uses them. */
gboolean copy_file_at (int src_dfd, const char *src, int dst_dfd, const char *dst, GError **error);
/* Owner, mode and xattrs of an open directory. */
gboolean copy_directory_meta (int src_fd, int dst_fd, GError **error);
/* A directory and all in it; the destination may exist and then gets what is in the source besides.
 */
gboolean copy_directory_at (int src_dfd, const char *src, int dst_dfd, const char *dst,
                            GError **error);
