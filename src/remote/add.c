/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando remote add`: names a repository to pull from. */
#include "config.h"

#include <string.h>

#include "src/command.h"
#include "src/gpg-import.h"
#include "tree-error.h"
#include "tree-sign.h"

static char **opt_set;
static gboolean opt_no_gpg_verify;
static gboolean opt_no_sign_verify;
static char **opt_sign_verify;
static char **opt_gpg_import;
static gboolean opt_if_not_exists;
static gboolean opt_force;
static char *opt_contenturl;
static char *opt_collection_id;
static char *opt_custom_backend;

static const GOptionEntry options[] = {
    {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_set, "Set an option; again for more",
     "KEY=VALUE"},
    {"no-gpg-verify", 0, 0, G_OPTION_ARG_NONE, &opt_no_gpg_verify,
     "Do not ask for OpenPGP signatures (gpg-verify=false)", NULL},
    {"no-sign-verify", 0, 0, G_OPTION_ARG_NONE, &opt_no_sign_verify,
     "Do not ask for any signatures (gpg-verify=false, sign-verify=false)", NULL},
    {"sign-verify", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_sign_verify,
     "Ask for signatures by this public key (TYPE is ed25519 or spki); again for another type",
     "TYPE=inline:KEY|file:PATH"},
    {"gpg-import", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &opt_gpg_import,
     "Ask for OpenPGP signatures by the keys in this file; again for more", "FILE"},
    {"if-not-exists", 0, 0, G_OPTION_ARG_NONE, &opt_if_not_exists,
     "Leave a remote of this name as it is", NULL},
    {"force", 0, 0, G_OPTION_ARG_NONE, &opt_force, "Replace a remote of this name", NULL},
    {"contenturl", 0, 0, G_OPTION_ARG_STRING, &opt_contenturl,
     "Fetch objects here, and only refs and summary from URL", "URL"},
    {"collection-id", 0, 0, G_OPTION_ARG_STRING, &opt_collection_id,
     "The name under which its refs are known everywhere", "ID"},
    {"custom-backend", 0, 0, G_OPTION_ARG_STRING, &opt_custom_backend,
     "This remote is fetched by another program", "NAME"},
    {NULL},
};

/* "TYPE=inline:KEY" or "TYPE=file:PATH" as options of the remote. */
static gboolean
collect_key (GPtrArray *list, GString *types, const char *text, GError **error)
{
  const char *equals = strchr (text, '=');
  const char *colon = equals != NULL ? strchr (equals, ':') : NULL;
  if (colon == NULL) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "Failed to parse KEYTYPE=[inline|file]:DATA in %s", text);
    return FALSE;
  }
  g_autofree char *type = g_strndup (text, (gsize)(equals - text));
  g_autofree char *form = g_strndup (equals + 1, (gsize)(colon - equals - 1));
  gboolean is_inline = strcmp (form, "inline") == 0;
  if (!tree_sign_check_type (type, error))
    return FALSE;
  if (!is_inline && strcmp (form, "file") != 0) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "Invalid key reference %s, expected inline|file", form);
    return FALSE;
  }
  g_string_append_printf (types, "%s%s", types->len > 0 ? ";" : "", type);
  g_ptr_array_add (
      list, g_strdup_printf ("verification-%s-%s=%s", type, is_inline ? "key" : "file", colon + 1));
  return TRUE;
}

static gboolean
collect_keys (GPtrArray *list, GError **error)
{
  g_autoptr (GString) types = g_string_new (NULL);
  for (char **text = opt_sign_verify; text != NULL && *text != NULL; text++)
    if (!collect_key (list, types, *text, error))
      return FALSE;
  if (types->len > 0)
    g_ptr_array_add (list, g_strconcat ("sign-verify=", types->str, NULL));
  return TRUE;
}

/* In the order in which they come into the file. */
static gboolean
collect (GPtrArray *list, char **branches, GError **error)
{
  if (*branches != NULL) {
    g_autofree char *joined = g_strjoinv (";", branches);
    g_ptr_array_add (list, g_strdup_printf ("branches=%s;", joined));
  }
  if (opt_contenturl != NULL)
    g_ptr_array_add (list, g_strconcat ("contenturl=", opt_contenturl, NULL));
  for (char **set = opt_set; set != NULL && *set != NULL; set++) {
    if (strchr (*set, '=') == NULL) {
      g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                   "Missing '=' in KEY=VALUE for --set, '%s'", *set);
      return FALSE;
    }
    g_ptr_array_add (list, g_strdup (*set));
  }
  if (opt_no_gpg_verify || opt_no_sign_verify)
    g_ptr_array_add (list, g_strdup ("gpg-verify=false"));
  if (opt_no_sign_verify)
    g_ptr_array_add (list, g_strdup ("sign-verify=false"));
  if (!collect_keys (list, error))
    return FALSE;
  if (opt_collection_id != NULL)
    g_ptr_array_add (list, g_strconcat ("collection-id=", opt_collection_id, NULL));
  if (opt_custom_backend != NULL)
    g_ptr_array_add (list, g_strconcat ("custom-backend=", opt_custom_backend, NULL));
  g_ptr_array_add (list, NULL);
  return TRUE;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  /* Where the other program fetches from is its own affair. */
  if (argc < (opt_custom_backend != NULL ? 1 : 2))
    return command_usage_error (context, error, "NAME and URL must be specified");
  if (opt_if_not_exists && opt_force)
    return command_usage_error (context, error,
                                "Can only specify one of --if-not-exists and --force");
  if (opt_sign_verify != NULL && opt_no_sign_verify)
    return command_usage_error (context, error,
                                "Cannot specify both --sign-verify and --no-sign-verify");
  for (char **word = argv; *word != NULL; word++)
    if (!g_utf8_validate (*word, -1, NULL))
      return command_usage_error (context, error, "an argument is not UTF-8");
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (g_free);
  if (!collect (list, argc > 2 ? argv + 2 : argv + argc, error))
    return FALSE;
  TreeRemoteAdd how = opt_force           ? TREE_REMOTE_ADD_FORCE
                      : opt_if_not_exists ? TREE_REMOTE_ADD_IF_NOT_EXISTS
                                          : TREE_REMOTE_ADD_NEW;
  if (!tree_repo_remote_add (context->repo, argv[0], argv[1], (const char *const *)list->pdata, how,
                             error))
    return FALSE;
  return opt_gpg_import == NULL ||
         gpg_import_run (context->repo, argv[0], (const char *const *)opt_gpg_import, -1, NULL,
                         error);
}

const Command cmd_remote_add = {
    .name = "add",
    .arguments = "NAME [metalink=|mirrorlist=]URL [BRANCH…]",
    .summary = "Name a repository to pull from",
    .examples = "  $ pando remote add --no-gpg-verify --sign-verify=ed25519=file:key.pub origin "
                "https://example.com/repo os/stable\n",
    .needs = NEEDS_REPO_OR_SYSROOT,
    .options = options,
    .run = run,
};
