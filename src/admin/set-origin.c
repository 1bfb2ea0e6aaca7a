/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando admin set-origin`: adds a remote, and lets a deployment follow it. */
#include "config.h"

#include <string.h>

#include "src/sysroot.h"
#include "tree-error.h"

static char **opt_set;
static int opt_index = -1;

static const GOptionEntry options[] = {
    {"set", 's', 0, G_OPTION_ARG_STRING_ARRAY, &opt_set,
     "Set an option of the remote (may be repeated)", "KEY=VALUE"},
    {"index", 0, 0, G_OPTION_ARG_INT, &opt_index,
     "The deployment, as `admin status` lists them (default: the booted one)", "INDEX"},
    {NULL},
};

static gboolean
choose_index (const TreeSysroot *sysroot, guint *out, GError **error)
{
  if (opt_index >= 0) {
    g_autofree char *text = g_strdup_printf ("%d", opt_index);
    return sysroot_parse_index (sysroot, text, out, error);
  }
  const TreeDeployment *booted = tree_sysroot_get_booted (sysroot);
  if (booted == NULL) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "Not currently booted into an OSTree system; --index=INDEX names a deployment");
    return FALSE;
  }
  *out = (guint)booted->index;
  return TRUE;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 2, 3, error))
    return FALSE;
  g_autoptr (TreeSysroot) sysroot = sysroot_open_locked (context, error);
  guint index = 0;
  if (sysroot == NULL || !choose_index (sysroot, &index, error))
    return FALSE;
  const char *old = tree_sysroot_get_deployment (sysroot, index)->refspec;
  const char *colon = old != NULL ? strchr (old, ':') : NULL;
  const char *branch = argc > 2 ? argv[2] : colon != NULL ? colon + 1 : old;
  if (branch == NULL) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "deployment %u follows no branch yet: name one behind the URL", index);
    return FALSE;
  }
  g_autofree char *refspec = g_strdup_printf ("%s:%s", argv[0], branch);
  return tree_repo_remote_add (tree_sysroot_get_repo (sysroot), argv[0], argv[1],
                               (const char *const *)opt_set, TREE_REMOTE_ADD_IF_NOT_EXISTS,
                               error) &&
         tree_sysroot_set_refspec (sysroot, index, refspec, error);
}

const Command cmd_admin_set_origin = {
    .name = "set-origin",
    .arguments = "REMOTE URL [BRANCH]",
    .summary = "Add a remote and let a deployment follow it",
    .examples = "  $ pando admin set-origin --index=0 origin https://example.com/repo os/stable\n",
    .needs = NEEDS_SYSROOT,
    .options = options,
    .run = run,
};
