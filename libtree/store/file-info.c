/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a file object is, without its content (tree_repo_load_file_info). */
#include "config.h"

#include "store/object-read.h"

void
tree_file_info_free (TreeFileInfo *info)
{
  if (info == NULL)
    return;
  g_free (info->target);
  g_clear_pointer (&info->xattrs, g_variant_unref);
  g_free (info);
}

TreeFileInfo *
tree_repo_load_file_info (const TreeRepo *self, const TreeChecksum *checksum, GError **error)
{
  g_auto (StoreFile) file = {.fd = -1};
  if (!object_open_file (self, NULL, checksum, &file, error))
    return NULL;
  TreeFileInfo *info = g_new0 (TreeFileInfo, 1);
  info->uid = file.meta.uid;
  info->gid = file.meta.gid;
  info->mode = file.meta.mode;
  info->size = file.size;
  info->target = g_strdup (file.meta.target);
  info->xattrs = file.meta.xattrs != NULL ? g_variant_ref (file.meta.xattrs) : NULL;
  return info;
}
