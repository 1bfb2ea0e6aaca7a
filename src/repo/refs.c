/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando refs`: lists, makes and deletes refs. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "src/command.h"
#include "src/rev.h"
#include "src/show/json.h"
#include "tree-error.h"

static gboolean opt_list;
static gboolean opt_revision;
static gboolean opt_alias;
static gboolean opt_collections;
static gboolean opt_delete;
static gboolean opt_force;
static gboolean opt_json;
static char *opt_create;

static const GOptionEntry options[] = {
    {"list", 0, 0, G_OPTION_ARG_NONE, &opt_list, "Print full names, with the PREFIX", NULL},
    {"revision", 'r', 0, G_OPTION_ARG_NONE, &opt_revision, "Print commits, too", NULL},
    {"alias", 'A', 0, G_OPTION_ARG_NONE, &opt_alias,
     "Only aliases and what they stand for; with --create, make one", NULL},
    {"collections", 'c', 0, G_OPTION_ARG_NONE, &opt_collections,
     "Refs of collections; PREFIX is a collection's ID then, and REF is ID:REF", NULL},
    {"json", 0, 0, G_OPTION_ARG_NONE, &opt_json, "An array of objects, one a line", NULL},
    {"create", 0, 0, G_OPTION_ARG_STRING, &opt_create, "Make this ref; PREFIX is its REV then",
     "REF"},
    {"delete", 0, 0, G_OPTION_ARG_NONE, &opt_delete, "Delete the refs at and below each PREFIX",
     NULL},
    {"force", 0, 0, G_OPTION_ARG_NONE, &opt_force, "With --create, replace a ref that exists",
     NULL},
    {NULL},
};

static gboolean
refuse (GError **error, const char *text)
{
  g_set_error_literal (error, TREE_ERROR, TREE_ERROR_INVALID, text);
  return FALSE;
}

/* ---- Listing ---- */

/* "os/x" of prefix "os" is "x"; "R:os/x" of prefix "R:os" is "R:x". A ref that is the prefix itself
 * keeps its name. Returns: (transfer full) */
static char *
shown_name (const TreeRef *ref, const char *prefix)
{
  if (opt_list || opt_alias || prefix == NULL)
    return g_strdup (ref->name);
  gsize len = strlen (prefix);
  while (len > 0 && prefix[len - 1] == '/')
    len--;
  const char *colon = strchr (prefix, ':');
  gsize remote_len = colon != NULL ? (gsize)(colon - prefix) + 1 : 0;
  if (len <= remote_len || strncmp (ref->name, prefix, len) != 0 || ref->name[len] != '/')
    return g_strdup (ref->name);
  return g_strdup_printf ("%.*s%s", (int)remote_len, prefix, ref->name + len + 1);
}

static void
print_ref (const TreeRef *ref, const char *prefix, ShowJson *json)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&ref->checksum, hex);
  if (opt_json) {
    show_json_begin_object (json, NULL);
    show_json_string (json, "name", ref->name);
    show_json_string (json, "checksum", hex);
    if (ref->alias_of != NULL)
      show_json_string (json, "alias-of", ref->alias_of);
    show_json_end_object (json);
    return;
  }
  g_autofree char *name = shown_name (ref, prefix);
  fputs (name, stdout);
  if (opt_alias)
    printf (" -> %s", ref->alias_of);
  if (opt_revision)
    printf ("\t%s", hex);
  putchar ('\n');
}

static gboolean
list_prefix (const TreeRepo *repo, const char *prefix, ShowJson *json, GError **error)
{
  g_autoptr (GPtrArray) refs = tree_repo_list_refs (repo, prefix, error);
  if (refs == NULL)
    return FALSE;
  for (guint i = 0; i < refs->len; i++) {
    const TreeRef *ref = refs->pdata[i];
    if (!opt_alias || ref->alias_of != NULL)
      print_ref (ref, prefix, json);
  }
  return TRUE;
}

static void
print_collection_ref (const TreeCollectionRef *ref, ShowJson *json)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&ref->checksum, hex);
  if (opt_json) {
    show_json_begin_object (json, NULL);
    show_json_string (json, "collection", ref->collection);
    show_json_string (json, "name", ref->name);
    show_json_string (json, "checksum", hex);
    show_json_end_object (json);
    return;
  }
  printf ("(%s, %s)", ref->collection, ref->name);
  if (opt_revision)
    printf ("\t%s", hex);
  putchar ('\n');
}

/* Of all collections, or of those that are named. */
static gboolean
list_collections (const TreeRepo *repo, char **named, ShowJson *json, GError **error)
{
  g_autoptr (GPtrArray) refs = tree_repo_list_collection_refs (repo, error);
  if (refs == NULL)
    return FALSE;
  for (guint i = 0; i < refs->len; i++) {
    const TreeCollectionRef *ref = refs->pdata[i];
    if (*named == NULL || g_strv_contains ((const char *const *)named, ref->collection))
      print_collection_ref (ref, json);
  }
  return TRUE;
}

static gboolean
list_prefixes (const TreeRepo *repo, char **prefixes, ShowJson *json, GError **error)
{
  if (*prefixes == NULL)
    return list_prefix (repo, NULL, json, error);
  for (; *prefixes != NULL; prefixes++)
    if (!list_prefix (repo, *prefixes, json, error))
      return FALSE;
  return TRUE;
}

static gboolean
list (const TreeRepo *repo, char **words, GError **error)
{
  if (opt_collections && opt_alias)
    return refuse (error, "--collections does not go with --alias");
  g_auto (ShowJson) json = {0};
  show_json_init (&json);
  if (opt_json)
    show_json_begin_array (&json, NULL);
  if (!(opt_collections ? list_collections : list_prefixes) (repo, words, &json, error))
    return FALSE;
  if (opt_json) {
    show_json_end_array (&json);
    show_json_flush (&json);
  }
  return TRUE;
}

/* ---- Changing ---- */

/* The ref of exactly this name; *@out is NULL when there is none. It belongs to @refs. */
static gboolean
find_ref (const TreeRepo *repo, const char *name, GPtrArray **refs, const TreeRef **out,
          GError **error)
{
  *out = NULL;
  if ((*refs = tree_repo_list_refs (repo, name, error)) == NULL)
    return FALSE;
  for (guint i = 0; i < (*refs)->len; i++) {
    const TreeRef *ref = (*refs)->pdata[i];
    if (strcmp (ref->name, name) == 0)
      *out = ref;
  }
  return TRUE;
}

static gboolean
create_alias (TreeRepo *repo, const char *name, const char *target, GError **error)
{
  g_autoptr (GPtrArray) refs = NULL;
  const TreeRef *ref;
  if (!find_ref (repo, target, &refs, &ref, error))
    return FALSE;
  if (ref == NULL) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND,
                 "Cannot create alias to non-existent ref: %s", target);
    return FALSE;
  }
  return tree_repo_set_alias (repo, name, target, error);
}

/* An alias may take another's place; nothing else may. */
static gboolean
check_new (const TreeRepo *repo, GError **error)
{
  g_autoptr (GPtrArray) refs = NULL;
  const TreeRef *old;
  if (!find_ref (repo, opt_create, &refs, &old, error))
    return FALSE;
  if (old == NULL || (opt_alias && old->alias_of != NULL))
    return TRUE;
  g_set_error (error, TREE_ERROR, TREE_ERROR_EXISTS,
               "--create specified but ref %s already exists; --force replaces it", opt_create);
  return FALSE;
}

static gboolean
create (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error,
                                "You must specify a revision when creating a new ref");
  if (argc > 1)
    return command_usage_error (context, error,
                                "You must specify only 1 existing ref when creating a new ref");
  if (!opt_force && !check_new (context->repo, error))
    return FALSE;
  if (opt_alias)
    return create_alias (context->repo, opt_create, argv[0], error);
  TreeChecksum checksum;
  return rev_resolve (context->repo, argv[0], &checksum, error) &&
         tree_repo_set_ref (context->repo, opt_create, &checksum, error);
}

/* --create=COLLECTION:REF REV. Those of the own collection are local refs, which nothing replaces;
 * of others there may be a newer commit any time. */
static gboolean
create_in_collection (TreeRepo *repo, const char *rev, GError **error)
{
  const char *colon = strchr (opt_create, ':');
  if (colon == NULL)
    return refuse (error, "--create with --collections needs COLLECTION-ID:REF");
  g_autofree char *collection = g_strndup (opt_create, (gsize)(colon - opt_create));
  gboolean own = g_strcmp0 (collection, tree_repo_get_collection_id (repo)) == 0;
  gboolean exists = FALSE;
  if (own && !opt_force && !tree_repo_has_ref (repo, colon + 1, &exists, error))
    return FALSE;
  if (exists) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_EXISTS,
                 "--create specified but ref %s already exists; --force replaces it", opt_create);
    return FALSE;
  }
  TreeChecksum checksum;
  return rev_resolve (repo, rev, &checksum, error) &&
         tree_repo_set_collection_ref (repo, collection, colon + 1, &checksum, error);
}

static gboolean
delete_collection (TreeRepo *repo, const char *collection, GError **error)
{
  g_autoptr (GPtrArray) refs = tree_repo_list_collection_refs (repo, error);
  if (refs == NULL)
    return FALSE;
  for (guint i = 0; i < refs->len; i++) {
    const TreeCollectionRef *ref = refs->pdata[i];
    if (strcmp (ref->collection, collection) == 0 &&
        !tree_repo_set_collection_ref (repo, collection, ref->name, NULL, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
change (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (opt_create != NULL && opt_delete)
    return refuse (error, "Cannot specify both --create and --delete");
  if (opt_collections && opt_alias)
    return refuse (error, "--collections does not go with --alias");
  if (opt_create != NULL && opt_collections && argc == 1)
    return create_in_collection (context->repo, argv[0], error);
  if (opt_create != NULL)
    return create (context, argc, argv, error);
  if (argc == 0)
    return command_usage_error (context, error,
                                "At least one PREFIX is required when deleting refs");
  for (int i = 0; i < argc; i++)
    if (!(opt_collections ? delete_collection (context->repo, argv[i], error)
                          : tree_repo_delete_refs (context->repo, argv[i], error)))
      return FALSE;
  return TRUE;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (opt_create != NULL || opt_delete)
    return change (context, argc, argv, error);
  if (opt_force)
    return refuse (error, "--force goes with --create");
  return list (context->repo, argv, error);
}

const Command cmd_repo_refs = {
    .name = "refs",
    .arguments = "[PREFIX…]",
    .summary = "List, make and delete refs",
    .examples = "  $ pando refs -r\n"
                "  $ pando refs --create=os/stable os/testing\n"
                "  $ pando refs --delete os/old\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
