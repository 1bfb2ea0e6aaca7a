/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando admin status`: what is deployed. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/show/json.h"
#include "src/sysroot.h"
#include "tree-error.h"
#include "tree-pull.h"
#include "tree-sign.h"

static gboolean opt_json;
static gboolean opt_skip_signatures;
static gboolean opt_verify;
static gboolean opt_is_default;

static const GOptionEntry options[] = {
    {"json", 'J', 0, G_OPTION_ARG_NONE, &opt_json, "Print JSON", NULL},
    {"skip-signatures", 'S', 0, G_OPTION_ARG_NONE, &opt_skip_signatures,
     "Say nothing about OpenPGP signatures", NULL},
    {"verify", 'V', 0, G_OPTION_ARG_NONE, &opt_verify,
     "Fail unless each commit has the signatures that its remote demands", NULL},
    {"is-default", 'D', 0, G_OPTION_ARG_NONE, &opt_is_default,
     "Print whether the running system is what boots next: default or not-default", NULL},
    {NULL},
};

/* What the commit says about itself. */
typedef struct {
  char *version;
  char *source_title;
} CommitWords;

static void
commit_words_clear (CommitWords *self)
{
  g_free (self->version);
  g_free (self->source_title);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CommitWords, commit_words_clear)

/* The commit may have been deleted by hand; its deployment is there all the same. */
static void
load_words (TreeSysroot *sysroot, const TreeDeployment *deployment, CommitWords *out)
{
  g_autoptr (TreeCommitInfo)
      info = tree_repo_load_commit (tree_sysroot_get_repo (sysroot), &deployment->checksum, NULL);
  if (info == NULL)
    return;
  out->version = g_strdup (info->version);
  (void)g_variant_lookup (info->metadata, "ostree.source-title", "s", &out->source_title);
}

/* The remote whose keys count; NULL when there is none. */
static char *
remote_of (const TreeDeployment *deployment)
{
  const char *colon = deployment->refspec != NULL ? strchr (deployment->refspec, ':') : NULL;
  return colon != NULL ? g_strndup (deployment->refspec, (gsize)(colon - deployment->refspec))
                       : NULL;
}

/* A list does not fail because gpg is not there. */
static void
print_signatures (const TreeRepo *repo, const TreeDeployment *deployment)
{
  g_autofree char *remote = remote_of (deployment);
  g_autofree char *gpg_verify = NULL;
  g_autoptr (GPtrArray) texts = NULL;
  g_autoptr (GError) error = NULL;
  if (opt_skip_signatures || remote == NULL ||
      !tree_repo_remote_option (repo, remote, "gpg-verify", &gpg_verify, NULL) ||
      (gpg_verify != NULL && strcmp (gpg_verify, "true") != 0))
    return;
  if (!tree_repo_gpg_describe_commit (repo, &deployment->checksum, remote, NULL, &texts, &error)) {
    printf ("    GPG: not checked: %s\n", error->message);
    return;
  }
  for (guint i = 0; i < texts->len; i++) {
    g_auto (GStrv) lines = g_strsplit (texts->pdata[i], "\n", -1);
    for (char **line = lines; *line != NULL; line++)
      printf ("    GPG: %s\n", *line);
  }
}

/* Local commits have nobody who should have signed them. */
static gboolean
verify (const TreeRepo *repo, const TreeDeployment *deployment, GError **error)
{
  g_autofree char *remote = remote_of (deployment);
  if (remote == NULL ||
      tree_repo_verify_commit_of_remote (repo, remote, &deployment->checksum, error))
    return TRUE;
  g_prefix_error (error, "deployment %d: ", deployment->index);
  return FALSE;
}

static void
print_text (TreeSysroot *sysroot, const TreeDeployment *deployment)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&deployment->checksum, hex);
  g_auto (CommitWords) words = {NULL};
  load_words (sysroot, deployment, &words);
  const char *role = deployment->is_pending    ? " (pending)"
                     : deployment->is_rollback ? " (rollback)"
                                               : "";
  printf ("%c %s %s.%d%s\n", deployment->is_booted ? '*' : ' ', deployment->stateroot, hex,
          deployment->serial, role);
  if (words.version != NULL)
    printf ("    Version: %s\n", words.version);
  if (deployment->unlocked != NULL) {
    gboolean color = isatty (STDOUT_FILENO) && getenv ("NO_COLOR") == NULL;
    printf ("    %sUnlocked: %s%s\n", color ? "\033[31m\033[1m" : "", deployment->unlocked,
            color ? "\033[0m" : "");
  }
  if (deployment->is_pinned)
    printf ("    Pinned: yes\n");
  if (deployment->refspec != NULL)
    printf ("    origin refspec: %s\n", deployment->refspec);
  else
    printf ("    origin: %s\n", deployment->has_origin ? "<unknown origin type>" : "none");
  if (words.source_title != NULL)
    printf ("    `- %s\n", words.source_title);
  print_signatures (tree_sysroot_get_repo (sysroot), deployment);
}

static void
print_json_deployment (TreeSysroot *sysroot, const TreeDeployment *deployment, ShowJson *json)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&deployment->checksum, hex);
  g_auto (CommitWords) words = {NULL};
  load_words (sysroot, deployment, &words);
  show_json_begin_object (json, NULL);
  show_json_string (json, "checksum", hex);
  show_json_string (json, "stateroot", deployment->stateroot);
  show_json_string (json, "refspec", deployment->refspec);
  show_json_int (json, "serial", deployment->serial);
  show_json_int (json, "index", deployment->index);
  show_json_boolean (json, "booted", deployment->is_booted);
  show_json_boolean (json, "pending", deployment->is_pending);
  show_json_boolean (json, "rollback", deployment->is_rollback);
  show_json_boolean (json, "finalization-locked", FALSE);
  show_json_boolean (json, "soft-reboot-target", FALSE);
  show_json_boolean (json, "staged", FALSE);
  show_json_boolean (json, "pinned", deployment->is_pinned);
  show_json_string (json, "unlocked", deployment->unlocked != NULL ? deployment->unlocked : "none");
  if (words.version != NULL)
    show_json_string (json, "version", words.version);
  if (words.source_title != NULL)
    show_json_string (json, "source-title", words.source_title);
  show_json_end_object (json);
}

static void
print_json (TreeSysroot *sysroot)
{
  g_auto (ShowJson) json;
  show_json_init (&json);
  show_json_begin_object (&json, NULL);
  show_json_begin_array (&json, "deployments");
  for (guint i = 0; i < tree_sysroot_n_deployments (sysroot); i++)
    print_json_deployment (sysroot, tree_sysroot_get_deployment (sysroot, i), &json);
  show_json_end_array (&json);
  show_json_end_object (&json);
  puts (json.text->str);
}

static gboolean
print_is_default (TreeSysroot *sysroot, GError **error)
{
  const TreeDeployment *booted = tree_sysroot_get_booted (sysroot);
  if (booted == NULL) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "Not currently booted into an OSTree system");
    return FALSE;
  }
  puts (booted->index == 0 ? "default" : "not-default");
  return TRUE;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 0, 0, error))
    return FALSE;
  g_autoptr (TreeSysroot) sysroot = sysroot_open (context, error);
  if (sysroot == NULL)
    return FALSE;
  if (opt_is_default)
    return print_is_default (sysroot, error);
  if (opt_json) {
    print_json (sysroot);
    return TRUE;
  }
  if (tree_sysroot_n_deployments (sysroot) == 0)
    puts ("No deployments.");
  for (guint i = 0; i < tree_sysroot_n_deployments (sysroot); i++) {
    const TreeDeployment *deployment = tree_sysroot_get_deployment (sysroot, i);
    print_text (sysroot, deployment);
    if (opt_verify && !verify (tree_sysroot_get_repo (sysroot), deployment, error))
      return FALSE;
  }
  return TRUE;
}

const Command cmd_admin_status = {
    .name = "status",
    .arguments = "",
    .summary = "List the deployments, the next to boot first; * marks the running one",
    .examples = "  $ pando admin status\n"
                "  $ pando admin status --json\n",
    .needs = NEEDS_SYSROOT,
    .options = options,
    .run = run,
};
