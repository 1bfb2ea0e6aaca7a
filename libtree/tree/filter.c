/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/filter.h"

#include <sys/stat.h>

#include "store/repo.h"

void
filter_init (Filter *self, const TreeRepo *repo, const TreeCommitOptions *options)
{
  *self = (Filter){
      .owner_uid = options->owner_uid,
      .owner_gid = options->owner_gid,
      .canonical_permissions = options->canonical_permissions || repo->mode->canonical_only,
      .no_xattrs = options->no_xattrs || repo->disable_xattrs || repo->mode->canonical_only};
}

void
filter_apply (const Filter *self, FileMeta *meta)
{
  if (self->canonical_permissions) {
    meta->uid = meta->gid = 0;
    if (!S_ISLNK (meta->mode))
      meta->mode &= S_IFMT | 0755;
  }
  if (self->owner_uid >= 0)
    meta->uid = (guint32)self->owner_uid;
  if (self->owner_gid >= 0)
    meta->gid = (guint32)self->owner_gid;
}

void
filter_hash (const Filter *self, Hasher *hasher)
{
  gint64 words[] = {self->owner_uid, self->owner_gid, self->canonical_permissions, self->no_xattrs};
  hasher_update (hasher, words, sizeof words);
}
