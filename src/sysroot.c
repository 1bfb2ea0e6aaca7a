/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/sysroot.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tree-error.h"

static gboolean opt_print_current_dir;

const GOptionEntry sysroot_group_options[] = {
    {"print-current-dir", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &opt_print_current_dir,
     "Print the folder of the current deployment", NULL},
    {NULL},
};

TreeSysroot *
sysroot_open (const CommandContext *context, GError **error)
{
  return tree_sysroot_open (context->sysroot_path, error);
}

static void
print_waiting (void)
{
  fputs ("Waiting for sysroot lock…\n", stderr);
}

static void
print_report (const char *line, gpointer user_data)
{
  puts (line);
  /* Some of the steps take long: those before them should be seen. */
  (void)fflush (stdout);
}

TreeSysroot *
sysroot_open_locked (const CommandContext *context, GError **error)
{
  if (geteuid () != 0 && strcmp (context->sysroot_path, "/") == 0) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_DENIED, "You must be root to perform this command");
    return NULL;
  }
  g_autoptr (TreeSysroot) sysroot = sysroot_open (context, error);
  if (sysroot == NULL || !tree_sysroot_lock (sysroot, print_waiting, error))
    return NULL;
  tree_sysroot_set_report (sysroot, print_report, NULL);
  return g_steal_pointer (&sysroot);
}

gboolean
sysroot_parse_index (const TreeSysroot *sysroot, const char *word, guint *out, GError **error)
{
  guint64 index = 0;
  if (!g_ascii_string_to_unsigned (word, 10, 0, G_MAXINT, &index, NULL)) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID, "Invalid index: '%s'", word);
    return FALSE;
  }
  guint n = tree_sysroot_n_deployments (sysroot);
  if (index >= n) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND,
                 "Out of range deployment index %" G_GUINT64_FORMAT ", expected < %u", index, n);
    return FALSE;
  }
  *out = (guint)index;
  return TRUE;
}

const TreeDeployment *
sysroot_find_current (const TreeSysroot *sysroot, const char *stateroot, GError **error)
{
  const TreeDeployment *found = tree_sysroot_get_merge (sysroot, stateroot);
  if (found == NULL && stateroot == NULL)
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "Not currently booted into an OSTree system and no --os= argument given");
  else if (found == NULL)
    g_set_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND, "No deployments for OS '%s'", stateroot);
  return found;
}

gboolean
sysroot_group_run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!opt_print_current_dir)
    return command_usage_error (context, error, "No \"admin\" subcommand specified");
  g_autoptr (TreeSysroot) sysroot = sysroot_open (context, error);
  if (sysroot == NULL)
    return FALSE;
  const TreeDeployment *current = tree_sysroot_get_booted (sysroot);
  if (current == NULL && tree_sysroot_n_deployments (sysroot) > 0)
    current = tree_sysroot_get_deployment (sysroot, 0);
  if (current == NULL) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND, "No deployments in '%s'",
                 tree_sysroot_get_path (sysroot));
    return FALSE;
  }
  const char *path = tree_sysroot_get_path (sysroot);
  printf ("%s/%s\n", strcmp (path, "/") == 0 ? "" : path, current->path);
  return TRUE;
}
