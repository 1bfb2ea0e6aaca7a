/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernel arguments: an ordered list of "key" or "key=value", where a key may occur more than once
 * (console=). Split at blanks outside double quotes; quotes are kept. */
#pragma once

#include "tree-error.h"

typedef struct Kargs Kargs;

Kargs *kargs_new (void);
Kargs *kargs_parse (const char *text);
Kargs *kargs_copy (const Kargs *self);
void kargs_free (Kargs *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Kargs, kargs_free)

char *kargs_to_text (const Kargs *self);
gsize kargs_count (const Kargs *self);
/* TRUE if the argument, key and value, is there. */
gboolean kargs_contains (const Kargs *self, const char *argument);
/* The value of the last argument with this key, "" if it has none; NULL if there is no such key. */
const char *kargs_get (const Kargs *self, const char *key);

/* Puts an argument at the end. */
void kargs_append (Kargs *self, const char *argument);
/* All arguments with its key become this one, where the first of them was; at the end if there is
 * none. */
void kargs_replace (Kargs *self, const char *argument);
/* "KEY=VALUE" drops the first argument that is just that; "KEY" drops the one with that key,
 * whatever its value, and is an error if there are several. An argument that is not there is an
 * error. */
gboolean kargs_delete (Kargs *self, const char *argument, GError **error);
/* Drops all arguments with this key. */
void kargs_remove_key (Kargs *self, const char *key);
/* Appends what the running kernel was started with, but what the boot loader had put there itself
 * (BOOT_IMAGE, initrd) and `ostree`, which each entry gets anew. */
void kargs_append_cmdline (Kargs *self, const char *text);
