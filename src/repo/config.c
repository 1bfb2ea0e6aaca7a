/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando config`: reads and changes the repository's configuration. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "src/command.h"
#include "tree-error.h"

static char *opt_group;

static const GOptionEntry options[] = {
    {"group", 0, 0, G_OPTION_ARG_STRING, &opt_group,
     "KEY is of this group, such as 'remote \"origin\"'", "GROUP"},
    {NULL},
};

/* "core.mode" is mode of [core], unless --group says which group. */
static gboolean
split_key (const char *text, char **out_group, char **out_key, GError **error)
{
  if (opt_group != NULL) {
    *out_group = g_strdup (opt_group);
    *out_key = g_strdup (text);
    return TRUE;
  }
  const char *dot = strchr (text, '.');
  if (dot == NULL || dot == text || dot[1] == '\0') {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "Key must be of the form \"sectionname.keyname\", not '%s'", text);
    return FALSE;
  }
  *out_group = g_strndup (text, (gsize)(dot - text));
  *out_key = g_strdup (dot + 1);
  return TRUE;
}

static gboolean
get (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "KEY must be specified");
  if (argc > 1)
    return command_usage_error (context, error, "Too many arguments given");
  g_autofree char *group = NULL;
  g_autofree char *key = NULL;
  if (!split_key (argv[0], &group, &key, error))
    return FALSE;
  g_autofree char *value = tree_repo_config_get (context->repo, group, key, error);
  if (value == NULL)
    return FALSE;
  puts (value);
  return TRUE;
}

static gboolean
set (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 2)
    return command_usage_error (context, error, "KEY and VALUE must be specified");
  if (argc > 2)
    return command_usage_error (context, error, "Too many arguments given");
  g_autofree char *group = NULL;
  g_autofree char *key = NULL;
  if (!split_key (argv[0], &group, &key, error))
    return FALSE;
  if (!g_utf8_validate (argv[1], -1, NULL))
    return command_usage_error (context, error, "VALUE is not UTF-8");
  return tree_repo_config_set (context->repo, group, key, argv[1], error);
}

static gboolean
unset (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "KEY must be specified");
  if (argc > 1)
    return command_usage_error (context, error, "Too many arguments given");
  g_autofree char *group = NULL;
  g_autofree char *key = NULL;
  if (!split_key (argv[0], &group, &key, error))
    return FALSE;
  return tree_repo_config_set (context->repo, group, key, NULL, error);
}

static const struct {
  const char *name;
  gboolean (*run) (const CommandContext *context, int argc, char **argv, GError **error);
} operations[] = {{"get", get}, {"set", set}, {"unset", unset}};

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "OPERATION must be specified");
  for (gsize i = 0; i < G_N_ELEMENTS (operations); i++)
    if (strcmp (argv[0], operations[i].name) == 0)
      return operations[i].run (context, argc - 1, argv + 1, error);
  return command_usage_error (context, error, "Unknown operation %s", argv[0]);
}

const Command cmd_repo_config = {
    .name = "config",
    .arguments = "get KEY | set KEY VALUE | unset KEY",
    .summary = "Read or change the configuration of a repository",
    .examples = "  $ pando config get core.mode\n"
                "  $ pando config set core.fsync false\n"
                "  $ pando config --group='remote \"origin\"' get url\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
