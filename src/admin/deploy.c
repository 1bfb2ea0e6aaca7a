/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando admin deploy`: makes a commit the next system to boot. */
#include "config.h"

#include "src/sysroot.h"
#include "tree-error.h"

static char *opt_stateroot;
static char *opt_origin_file;
static gboolean opt_no_merge;
static gboolean opt_no_prune;
static gboolean opt_retain;
static gboolean opt_retain_pending;
static gboolean opt_retain_rollback;
static gboolean opt_not_as_default;
static gboolean opt_stage;
static gboolean opt_karg_none;
static gboolean opt_karg_running;
static char **opt_karg;
static char **opt_karg_append;
static char **opt_karg_delete;

static const GOptionEntry options[] = {
    {"os", 0, 0, G_OPTION_ARG_STRING, &opt_stateroot,
     "Deploy to this stateroot (default: the booted one)", "STATEROOT"},
    {"stateroot", 0, 0, G_OPTION_ARG_STRING, &opt_stateroot, "The same as --os", "STATEROOT"},
    {"origin-file", 0, 0, G_OPTION_ARG_FILENAME, &opt_origin_file,
     "Take this file as the origin, which says where upgrades come from", "FILE"},
    {"no-merge", 0, 0, G_OPTION_ARG_NONE, &opt_no_merge,
     "Begin with a fresh /etc and without kernel arguments", NULL},
    {"no-prune", 0, 0, G_OPTION_ARG_NONE, &opt_no_prune, "Keep objects that nothing needs any more",
     NULL},
    {"retain", 0, 0, G_OPTION_ARG_NONE, &opt_retain, "Keep all other deployments", NULL},
    {"retain-pending", 0, 0, G_OPTION_ARG_NONE, &opt_retain_pending,
     "Keep those that come before the booted one", NULL},
    {"retain-rollback", 0, 0, G_OPTION_ARG_NONE, &opt_retain_rollback,
     "Keep those that come behind the booted one", NULL},
    {"not-as-default", 0, 0, G_OPTION_ARG_NONE, &opt_not_as_default,
     "Put it behind the booted one instead of first", NULL},
    {"stage", 0, 0, G_OPTION_ARG_NONE, &opt_stage,
     "Fail: finishing at shutdown is not built in yet", NULL},
    {"karg", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_karg,
     "Set a kernel argument, replacing all with its name (may be repeated)", "NAME=VALUE"},
    {"karg-append", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_karg_append,
     "Append a kernel argument (may be repeated)", "NAME=VALUE"},
    {"karg-delete", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_karg_delete,
     "Delete a kernel argument (may be repeated)", "NAME=VALUE"},
    {"karg-none", 0, 0, G_OPTION_ARG_NONE, &opt_karg_none, "Begin without kernel arguments", NULL},
    {"karg-proc-cmdline", 0, 0, G_OPTION_ARG_NONE, &opt_karg_running,
     "Begin with the arguments of the running kernel", NULL},
    {NULL},
};

static gboolean
check_options (const CommandContext *context, GError **error)
{
  if (opt_karg_none && opt_karg_running)
    return command_usage_error (context, error,
                                "--karg-none and --karg-proc-cmdline exclude each other");
  return TRUE;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 1, 1, error) || !check_options (context, error))
    return FALSE;
  g_autofree char *origin = NULL;
  if (opt_origin_file != NULL && !g_file_get_contents (opt_origin_file, &origin, NULL, error))
    return FALSE;
  g_autoptr (TreeSysroot) sysroot = sysroot_open_locked (context, error);
  if (sysroot == NULL || (opt_stage && !tree_sysroot_check_stage (sysroot, error)))
    return FALSE;
  TreeDeployOptions deploy = {
      .stateroot = opt_stateroot,
      .origin = origin,
      .no_merge = opt_no_merge,
      .no_prune = opt_no_prune,
      .retain = opt_retain,
      .retain_pending = opt_retain_pending,
      .retain_rollback = opt_retain_rollback,
      .not_as_default = opt_not_as_default,
      .kargs_none = opt_karg_none,
      .kargs_running = opt_karg_running,
      .kargs_replace = (const char *const *)opt_karg,
      .kargs_append = (const char *const *)opt_karg_append,
      .kargs_delete = (const char *const *)opt_karg_delete,
  };
  return tree_sysroot_deploy (sysroot, argv[0], &deploy, error);
}

const Command cmd_admin_deploy = {
    .name = "deploy",
    .arguments = "REFSPEC",
    .summary = "Make a commit the next system to boot",
    .examples = "  $ pando admin deploy --os=debian --karg=root=LABEL=root origin:os/stable\n"
                "  $ pando admin deploy --karg-append=console=ttyS0 origin:os/stable\n",
    .needs = NEEDS_SYSROOT,
    .options = options,
    .run = run,
};
