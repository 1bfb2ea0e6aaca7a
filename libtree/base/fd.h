/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files and directories by descriptor. A place on disk is always the pair (dfd, path), in that
 * order. */
#pragma once

#include <fcntl.h>
#include <glib.h>
#include <sys/stat.h>
#include <unistd.h>

void fd_cleanup (int *fd);
/* Closes at the end of the scope: `autofd int fd = -1;` */
#define autofd __attribute__ ((cleanup (fd_cleanup)))

static inline int
fd_steal (int *fd)
{
  int stolen = *fd;
  *fd = -1;
  return stolen;
}

gboolean fd_write_all (int fd, const void *data, gsize len, GError **error);
/* Writes @a and @b (which may be empty) in one call. For much data that nobody reads again soon:
 * where the kernel can, it goes to the disk at once and leaves the page cache to others. */
gboolean fd_write_bulk (int fd, const void *a, gsize a_len, const void *b, gsize b_len,
                        GError **error);
/* Reads to the end of the file; more than @max_bytes is an error, so that a hostile file cannot
 * fill the memory. */
gboolean fd_read_all (int fd, gsize max_bytes, GBytes **out, GError **error);

/* Has the file not been touched between the two? Size, mtime and ctime. */
gboolean stat_is_same (const struct stat *a, const struct stat *b);

/* Opens a directory without following a link in the last component. */
int dir_open_at (int dfd, const char *path, GError **error);
/* mkdir -p. A component that exists must be a directory. */
gboolean dir_ensure_at (int dfd, const char *path, mode_t mode, GError **error);

/* One entry of a directory listing. */
typedef struct {
  unsigned char type; /* DT_*; never DT_UNKNOWN */
  char name[];
} DirEntry;
/* All entries but . and .., sorted by strcmp. Owned by the array. */
gboolean dir_list (int dfd, GPtrArray **out, GError **error);

/* *@out is NULL when the file is not there. */
gboolean file_read_at (int dfd, const char *path, gsize max_bytes, GBytes **out, GError **error);
/* Replaces the file by a temporary one and rename: readers see the old or the new content, whole.
 */
gboolean file_replace_at (int dfd, const char *path, const void *data, gsize len, mode_t mode,
                          GError **error);
/* The same, and after a power cut too: the file before the rename, the directory after it, are
 * synced. */
gboolean file_replace_durable_at (int dfd, const char *path, const void *data, gsize len,
                                  mode_t mode, GError **error);
/* Opens "PREFIX.XXXXXX" (exclusive, 0600) in @dfd. */
int file_open_temp (int dfd, const char *prefix, char **out_name, GError **error);
/* The same with no name, to read and write: it goes when it is closed. */
int file_open_unlinked (int dfd, const char *prefix, GError **error);
/* Copies what is left of @in to @out: reflink, copy_file_range, else by a buffer. */
gboolean file_copy_content (int in, int out, GError **error);
/* *@out is NULL when there is no such link. */
gboolean link_read_at (int dfd, const char *path, char **out, GError **error);
/* A symbolic link that replaces what is at @path in one rename. */
gboolean link_replace_at (int dfd, const char *path, const char *target, GError **error);
