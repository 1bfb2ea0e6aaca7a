/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared libraries that are loaded when first needed, so that commands which never need them start
 * fast. */
#pragma once

#include <glib.h>

typedef struct {
  const char *name; /* of the function */
  void *slot;       /* address of the function pointer to fill */
} LazySymbol;

/* Loads @soname and fills the slots; @symbols ends with a NULL name. The library stays loaded.
 * Thread-safe when each caller guards its own table with g_once_init_enter(). */
gboolean lazylib_load (const char *soname, const LazySymbol *symbols, GError **error);
