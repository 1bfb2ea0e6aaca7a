/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando admin instutil set-kargs`: for installers. */
#include "config.h"

#include "src/sysroot.h"
#include "tree-error.h"

static gboolean opt_merge;
static gboolean opt_proc_cmdline;
static char **opt_replace;
static char **opt_append;

static const GOptionEntry options[] = {
    {"merge", 0, 0, G_OPTION_ARG_NONE, &opt_merge, "Begin with the arguments that are there", NULL},
    {"import-proc-cmdline", 0, 0, G_OPTION_ARG_NONE, &opt_proc_cmdline,
     "Begin with the arguments of the running kernel", NULL},
    {"replace", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_replace,
     "Set a kernel argument, replacing all with its name (may be repeated)", "NAME=VALUE"},
    {"append", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_append,
     "Append a kernel argument (may be repeated)", "NAME=VALUE"},
    {NULL},
};

static char *
make_kargs (const TreeDeployment *deployment, char **words, GError **error)
{
  g_autofree char *base = NULL;
  if (opt_proc_cmdline)
    base = tree_kargs_running (error);
  else
    base = g_strdup (opt_merge ? deployment->kargs : "");
  if (base == NULL)
    return NULL;
  g_autofree char *edited = tree_kargs_edit (base, (const char *const *)opt_replace,
                                             (const char *const *)opt_append, NULL, error);
  return edited == NULL ? NULL
                        : tree_kargs_edit (edited, NULL, (const char *const *)words, NULL, error);
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (opt_merge && opt_proc_cmdline)
    return command_usage_error (context, error,
                                "--merge and --import-proc-cmdline exclude each other");
  g_autoptr (TreeSysroot) sysroot = sysroot_open_locked (context, error);
  if (sysroot == NULL)
    return FALSE;
  if (tree_sysroot_n_deployments (sysroot) == 0) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND,
                 "Unable to find a deployment in sysroot '%s'", tree_sysroot_get_path (sysroot));
    return FALSE;
  }
  const TreeDeployment *deployment = tree_sysroot_get_deployment (sysroot, 0);
  g_autofree char *kargs = make_kargs (deployment, argv, error);
  return kargs != NULL && tree_sysroot_set_kargs (sysroot, 0, kargs, error);
}

static const Command set_kargs = {
    .name = "set-kargs",
    .arguments = "[NAME=VALUE…]",
    .summary = "Set the kernel arguments of the first deployment",
    .examples = "  $ pando admin instutil set-kargs --merge console=ttyS0\n",
    .needs = NEEDS_SYSROOT,
    .options = options,
    .run = run,
};

static const Command *const subcommands[] = {&set_kargs, NULL};

const Command cmd_admin_instutil = {
    .name = "instutil",
    .summary = "For programs that install systems",
    .subcommands = subcommands,
};
