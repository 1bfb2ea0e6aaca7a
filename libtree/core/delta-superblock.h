/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The superblock of a static delta: `(a{sv}tayay(a{sv}aya(say)sstayay)aya(uayttay)a(yaytt))`, that
 * is metadata, time, origin, target, the target's commit, prerequisites, parts, fallbacks.
 *
 * The time is big endian, the numbers of parts and fallbacks have the order that the metadata
 * names; old superblocks name none, and then sizes that make no sense tell. Parts lie in files
 * beside the superblock, or in its metadata under their paths as `(yay)`.
 *
 * It comes from servers and from sticks: everything but the bytes of parts is checked here. */
#pragma once

#include "core/delta-name.h"
#include "core/object.h"

#define DELTA_SUPERBLOCK_TYPE "(a{sv}tayay(a{sv}aya(say)sstayay)aya(uayttay)a(yaytt))"
/* A superblock that a server sends is refused when it is larger. */
#define DELTA_SUPERBLOCK_MAX ((gsize)128 * 1024 * 1024)
/* The type byte and the checksum of an object in the list of a part. */
#define DELTA_OBJECT_LEN ((gsize)33)

typedef struct {
  DeltaName name;
  guint64 timestamp;
  GBytes *commit; /* owned: the target's, whose checksum was verified */
  gboolean big_endian;
  gboolean guessed; /* … for it does not say */
  guint n_parts;
  guint n_fallbacks;
  guint64 part_bytes; /* sums of what follows */
  guint64 unpacked_bytes;
  guint64 fallback_bytes;
  guint64 fallback_unpacked_bytes;
  GVariant *metadata; /* owned, as are all below */
  GVariant *parts;
  GVariant *fallbacks;
} DeltaSuperblock;

typedef struct {
  TreeChecksum checksum; /* of the whole file */
  guint64 size;          /* of the file */
  guint64 unpacked;      /* of all its objects together */
  const guint8 *objects; /* n_objects of DELTA_OBJECT_LEN bytes, in the order of the operations */
  guint n_objects;
} DeltaPartInfo;

typedef struct {
  ObjectName name;
  guint64 stored; /* as an archive keeps it */
  guint64 unpacked;
} DeltaFallback;

gboolean delta_superblock_parse (GBytes *bytes, DeltaSuperblock *out, GError **error);
void delta_superblock_clear (DeltaSuperblock *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DeltaSuperblock, delta_superblock_clear)

/* What these give is borrowed from the superblock, but for (transfer full) bytes. */
void delta_superblock_part (const DeltaSuperblock *self, guint i, DeltaPartInfo *out);
void delta_superblock_fallback (const DeltaSuperblock *self, guint i, DeltaFallback *out);
/* An object of a part's list. */
void delta_part_object (const DeltaPartInfo *part, guint i, ObjectName *out);
/* The bytes of a part that the superblock carries, (transfer full); NULL when it is a file. */
GBytes *delta_superblock_inline_part (const DeltaSuperblock *self, guint i);
/* The detached metadata of the commit, (transfer full); NULL when there is none. */
GBytes *delta_superblock_commitmeta (const DeltaSuperblock *self);

/* What goes into a new one. */
typedef struct {
  DeltaName name;
  guint64 timestamp;
  GBytes *commit;
  GBytes *commitmeta; /* or NULL */
  const DeltaPartInfo *parts;
  GBytes *const *inline_parts; /* n_parts of them; NULL: they are files */
  guint n_parts;
  const DeltaFallback *fallbacks;
  guint n_fallbacks;
  gboolean big_endian;
} DeltaDraft;
GBytes *delta_superblock_build (const DeltaDraft *draft);

/* A superblock in a signed container, `(taya{sv})`: magic, superblock, signatures.
 *
 * *@out_superblock (transfer full): @file itself when it is no container. *@out_signatures
 * (transfer full): NULL then. */
gboolean delta_unwrap (GBytes *file, GBytes **out_superblock, GVariant **out_signatures,
                       GError **error);
GBytes *delta_wrap (GBytes *superblock, GVariant *signatures);
