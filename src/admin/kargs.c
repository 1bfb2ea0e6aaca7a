/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando admin kargs edit-in-place`: kernel arguments of the deployments that are there. */
#include "config.h"

#include "src/sysroot.h"

static char **opt_append_if_missing;

static const GOptionEntry options[] = {
    {"append-if-missing", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_append_if_missing,
     "Append a kernel argument to each deployment that has not just this one (may be repeated)",
     "NAME=VALUE"},
    {NULL},
};

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  /* The words are for OSTree's sake, whose command takes and ignores them. */
  if (opt_append_if_missing == NULL)
    return command_usage_error (context, error, "--append-if-missing is missing");
  const char *const *wanted = (const char *const *)opt_append_if_missing;
  /* Checks them one by one. */
  g_autofree char *checked = tree_kargs_edit ("", NULL, wanted, NULL, error);
  if (checked == NULL)
    return FALSE;
  g_autoptr (TreeSysroot) sysroot = sysroot_open_locked (context, error);
  return sysroot != NULL && tree_sysroot_append_kargs (sysroot, wanted, error);
}

static const Command edit_in_place = {
    .name = "edit-in-place",
    .arguments = "",
    .summary = "Add kernel arguments to all deployments, making no new one",
    .examples = "  $ pando admin kargs edit-in-place --append-if-missing=quiet\n",
    .needs = NEEDS_SYSROOT,
    .options = options,
    .run = run,
};

static const Command *const subcommands[] = {&edit_in_place, NULL};

const Command cmd_admin_kargs = {
    .name = "kargs",
    .summary = "Kernel arguments",
    .subcommands = subcommands,
};
