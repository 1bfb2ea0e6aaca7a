/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A boot loader learns about new entries. It never sees the repository.
 *
 * To add one: a file with a `const Bootloader`, a line in the table of bootloader.c, a test with
 * the text that it writes. */
#pragma once

#include "tree-error.h"

typedef struct {
  int dfd;          /* of the sysroot */
  const char *path; /* for messages */
} BootRoot;

typedef struct {
  int loader_dfd;     /* the directory that the link boot/loader is about to point to */
  GPtrArray *entries; /* borrowed BootEntry, the default first */
  const char
      *default_root; /* of the first entry's deployment, relative to the sysroot; NULL if none */
} BootPlan;

typedef struct {
  const char *name; /* value of [sysroot] bootloader= */
  /* TRUE if the loader reads what it needs through the link boot/loader, so that the switch of the
   * link is all that happens to it. */
  gboolean switches_with_link;
  /* Is the sysroot set up for this loader? NULL: only by configuration. */
  gboolean (*detect) (const BootRoot *root, gboolean *out_found, GError **error);
  /* Writes into @plan->loader_dfd, before the switch; NULL if the entries are all it needs. */
  gboolean (*write) (const BootRoot *root, const BootPlan *plan, GError **error);
} Bootloader;

extern const Bootloader bootloader_none;
extern const Bootloader bootloader_syslinux;
extern const Bootloader bootloader_uboot;

/* @name: value of the configuration; NULL and "auto" ask each loader whether it is there, and fall
 * back to "none": the entries alone, for loaders that read them. */
gboolean bootloader_find (const char *name, const BootRoot *root, const Bootloader **out,
                          GError **error);
/* TRUE for a file beside entries/ that some loader here generates, so that old ones are not carried
 * over. */
gboolean bootloader_is_generated_file (const char *name);
