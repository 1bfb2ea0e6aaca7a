/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/lazylib.h"

#include <dlfcn.h>
#include <string.h>

#include "base/error.h"

gboolean
lazylib_load (const char *soname, const LazySymbol *symbols, GError **error)
{
  void *handle = dlopen (soname, RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL)
    return throw_error (error, TREE_ERROR_UNSUPPORTED,
                        "cannot load %s (%s); install the package that has it", soname, dlerror ());
  for (const LazySymbol *at = symbols; at->name != NULL; at++) {
    void *address = dlsym (handle, at->name);
    if (address == NULL) {
      (void)throw_error (error, TREE_ERROR_UNSUPPORTED, "%s lacks '%s': too old", soname, at->name);
      (void)dlclose (handle);
      return FALSE;
    }
    memcpy (at->slot, &address, sizeof address);
  }
  return TRUE;
}
