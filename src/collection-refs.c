/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/collection-refs.h"

GPtrArray *
collection_refs_parse (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 2) {
    (void)command_usage_error (context, error,
                               "At least one COLLECTION-ID REF pair must be specified");
    return NULL;
  }
  if (argc % 2 != 0) {
    (void)command_usage_error (context, error,
                               "Only complete COLLECTION-ID REF pairs may be specified");
    return NULL;
  }
  GPtrArray *refs = g_ptr_array_new_with_free_func (tree_collection_ref_free);
  for (int i = 0; i < argc; i += 2)
    g_ptr_array_add (refs, tree_collection_ref_new (argv[i], argv[i + 1]));
  return refs;
}
