/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Boot loader specification entries: /boot/loader/entries/ostree-N-STATEROOT.conf.
 *
 * One "key value" a line; blank lines and lines that begin with '#' are comments. Keys may repeat
 * (initrd). Keys that nobody here knows are kept, and so are the order and the comments: a loader
 * or an administrator may rely on them. */
#pragma once

#include "tree-error.h"

/* An entry is a few hundred bytes; this leaves room for absurd kernel arguments. */
#define BOOTENTRY_MAX_BYTES (256 * 1024)

typedef struct BootEntry BootEntry;

BootEntry *bootentry_new (void);
BootEntry *bootentry_copy (const BootEntry *self);
void bootentry_free (BootEntry *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BootEntry, bootentry_free)

gboolean bootentry_parse (const char *data, gsize len, BootEntry **out, GError **error);
char *bootentry_to_text (const BootEntry *self);

/* The value of the first line with this key, or NULL. */
const char *bootentry_get (const BootEntry *self, const char *key);
/* Replaces the first line with this key and drops the others; appends a line if there is none. NULL
 * drops all. */
void bootentry_set (BootEntry *self, const char *key, const char *value);
/* Appends a line, whether or not the key is there. */
void bootentry_add (BootEntry *self, const char *key, const char *value);
/* All values of a key, in order; borrowed strings. */
GPtrArray *bootentry_list (const BootEntry *self, const char *key);

/* What a file name says: "ostree-N.conf", "ostree-N-STATEROOT.conf", and before ".conf" the counter
 * of automatic boot assessment, "+LEFT" or "+LEFT-DONE". */
typedef struct {
  int number;      /* N */
  char *stateroot; /* owned; NULL if the name has none */
  int tries_left;  /* -1: not counted */
  int tries_done;  /* 0 unless given */
} BootEntryName;

/* FALSE for a name that is not one of ours: such files belong to somebody else and are left alone.
 */
gboolean bootentry_name_parse (const char *name, BootEntryName *out);
void bootentry_name_clear (BootEntryName *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BootEntryName, bootentry_name_clear)
char *bootentry_name_format (int number, const char *stateroot);
