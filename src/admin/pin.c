/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando admin pin`: protects deployments from being dropped by later ones. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "src/sysroot.h"
#include "tree-error.h"

static gboolean opt_unpin;

static const GOptionEntry options[] = {
    {"unpin", 'u', 0, G_OPTION_ARG_NONE, &opt_unpin, "Take the protection away", NULL},
    {NULL},
};

/* An index, or the role of a deployment in the running system. */
static gboolean
find_index (const TreeSysroot *sysroot, const char *word, guint *out, GError **error)
{
  gboolean booted = strcmp (word, "booted") == 0;
  gboolean pending = strcmp (word, "pending") == 0;
  gboolean rollback = strcmp (word, "rollback") == 0;
  if (!booted && !pending && !rollback)
    return sysroot_parse_index (sysroot, word, out, error);
  for (guint i = 0; i < tree_sysroot_n_deployments (sysroot); i++) {
    const TreeDeployment *deployment = tree_sysroot_get_deployment (sysroot, i);
    if ((booted && deployment->is_booted) || (pending && deployment->is_pending) ||
        (rollback && deployment->is_rollback)) {
      *out = i;
      return TRUE;
    }
  }
  g_set_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND, "No %s deployment", word);
  return FALSE;
}

static gboolean
pin (TreeSysroot *sysroot, const char *word, GError **error)
{
  guint index = 0;
  if (!find_index (sysroot, word, &index, error))
    return FALSE;
  const char *state = opt_unpin ? "unpinned" : "pinned";
  if (tree_sysroot_get_deployment (sysroot, index)->is_pinned == !opt_unpin) {
    printf ("Deployment %u is already %s\n", index, state);
    return TRUE;
  }
  if (!tree_sysroot_set_pinned (sysroot, index, !opt_unpin, error))
    return FALSE;
  printf ("Deployment %u is now %s\n", index, state);
  return TRUE;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 1, -1, error))
    return FALSE;
  g_autoptr (TreeSysroot) sysroot = sysroot_open_locked (context, error);
  if (sysroot == NULL)
    return FALSE;
  for (int i = 0; i < argc; i++)
    if (!pin (sysroot, argv[i], error))
      return FALSE;
  return TRUE;
}

const Command cmd_admin_pin = {
    .name = "pin",
    .arguments = "INDEX|booted|pending|rollback…",
    .summary = "Protect deployments from being dropped by later ones",
    .examples = "  $ pando admin pin booted\n"
                "  $ pando admin pin --unpin 2\n",
    .needs = NEEDS_SYSROOT,
    .options = options,
    .run = run,
};
