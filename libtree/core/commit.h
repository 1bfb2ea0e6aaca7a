/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commit object: `(a{sv}aya(say)sstayay)`. */
#pragma once

#include "tree-types.h"

#define COMMIT_TYPE "(a{sv}aya(say)sstayay)"

/* Keys of the metadata dictionary. */
#define COMMIT_KEY_VERSION "version"
#define COMMIT_KEY_REF_BINDING "ostree.ref-binding"
#define COMMIT_KEY_COLLECTION_BINDING "ostree.collection-binding"
#define COMMIT_KEY_SOURCE_TITLE "ostree.source-title"
#define COMMIT_KEY_ENDOFLIFE_REBASE "ostree.endoflife-rebase"
#define COMMIT_KEY_SIZES "ostree.sizes"
#define COMMIT_KEY_BOOTABLE "ostree.bootable"
#define COMMIT_KEY_LINUX "ostree.linux"

typedef struct {
  GVariant *variant;   /* owned: the whole commit */
  GVariant *metadata;  /* owned: `a{sv}` */
  const char *subject; /* in the variant, as is body */
  const char *body;
  guint64 timestamp; /* seconds since 1970, UTC */
  gboolean has_parent;
  TreeChecksum parent;
  TreeChecksum root;      /* dirtree */
  TreeChecksum root_meta; /* dirmeta */
} Commit;

gboolean commit_parse (GBytes *bytes, Commit *out, GError **error);
void commit_clear (Commit *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Commit, commit_clear)

/* @metadata: `a{sv}` or NULL; floating is sunk. @parent: NULL for none. */
GBytes *commit_build (GVariant *metadata, const TreeChecksum *parent, const char *subject,
                      const char *body, guint64 timestamp, const TreeChecksum *root,
                      const TreeChecksum *root_meta);

/* SHA-256 of both root checksums: equal for equal trees. */
void commit_content_checksum (const Commit *self, TreeChecksum *out);

/* The tombstone-commit object that takes the place of a deleted commit. */
GBytes *commit_build_tombstone (const TreeChecksum *commit);
