/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando find-remotes`: who has these refs, among the remotes and what is plugged in? */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "src/collection-refs.h"
#include "src/interrupt.h"
#include "src/show/pull-progress.h"
#include "tree-error.h"
#include "tree-find.h"

static char *opt_cache_dir;
static gboolean opt_disable_fsync;
static char *opt_finders;
static char **opt_mounts;
static gboolean opt_pull;
static gboolean opt_mirror;

static const GOptionEntry options[] = {
    {"finders", 0, 0, G_OPTION_ARG_STRING, &opt_finders,
     "Where to look: config (the remotes), mount (mounted media), or both (default)",
     "FINDER[,FINDER]"},
    {"mount", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &opt_mounts,
     "Look here, not at what is mounted below /media, /run/media and /mnt (may be repeated)",
     "PATH"},
    {"pull", 0, 0, G_OPTION_ARG_NONE, &opt_pull, "Pull what was found", NULL},
    {"mirror", 0, 0, G_OPTION_ARG_NONE, &opt_mirror,
     "Write the refs as those of their collections, not of the remotes", NULL},
    {"cache-dir", 0, 0, G_OPTION_ARG_FILENAME, &opt_cache_dir,
     "Keep the remotes' summaries here, not in the repository", "FOLDER"},
    {"disable-fsync", 0, 0, G_OPTION_ARG_NONE, &opt_disable_fsync,
     "Do not wait until the data is on disk: a power cut may lose it", NULL},
    {NULL},
};

static void
warn (const char *what, const GError *why, gpointer user_data)
{
  fprintf (stderr, "warning: %s: %s\n", what, why->message);
}

/* What was found of a ref there; NULL for nothing. */
static const TreeCollectionRef *
ref_of (const GPtrArray *refs, const TreeCollectionRef *wanted)
{
  return tree_collection_refs_find (refs, wanted->collection, wanted->name);
}

/* The names by which scripts know the finders, and their distance. */
static void
print_result (guint number, const TreeFoundRepo *found, const GPtrArray *wanted)
{
  gboolean medium = found->finder == TREE_FIND_MOUNT;
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc ((gint64)found->summary_time);
  g_autofree char *time = found->summary_time > 0 && date != NULL
                              ? g_date_time_format (date, "%Y-%m-%dT%H:%M:%SZ")
                              : g_strdup ("unknown");
  printf ("Result %u: %s\n", number, found->uri);
  printf (" - Finder: %s\n", medium ? "OstreeRepoFinderMount" : "OstreeRepoFinderConfig");
  printf (" - Keyring: %s.trustedkeys.gpg\n", found->remote);
  printf (" - Priority: %d\n", medium ? 50 : 100);
  printf (" - Summary last modified: %s\n", time);
  printf (" - Refs:\n");
  for (guint i = 0; i < wanted->len; i++) {
    const TreeCollectionRef *ref = wanted->pdata[i];
    const TreeCollectionRef *has = ref_of (found->refs, ref);
    char hex[TREE_CHECKSUM_HEX_LEN + 1] = "(not found)";
    if (has != NULL)
      tree_checksum_to_hex (&has->checksum, hex);
    printf ("    - (%s, %s) = %s\n", ref->collection, ref->name, hex);
  }
  putchar ('\n');
}

static gboolean
is_found (const GPtrArray *found, const TreeCollectionRef *wanted)
{
  for (guint i = 0; i < found->len; i++)
    if (ref_of (((const TreeFoundRepo *)found->pdata[i])->refs, wanted) != NULL)
      return TRUE;
  return FALSE;
}

static void
print_found (const GPtrArray *found, const GPtrArray *wanted)
{
  guint n_found = 0;
  for (guint i = 0; i < found->len; i++)
    print_result (i, found->pdata[i], wanted);
  for (guint i = 0; i < wanted->len; i++)
    n_found += is_found (found, wanted->pdata[i]);
  printf ("%u/%u refs were found.\n", n_found, wanted->len);
  if (n_found < wanted->len)
    printf ("Refs not found in any remote:\n");
  for (guint i = 0; i < wanted->len; i++) {
    const TreeCollectionRef *ref = wanted->pdata[i];
    if (!is_found (found, ref))
      printf (" - (%s, %s)\n", ref->collection, ref->name);
  }
}

/* Those that were not found were told already, and are no failure. */
static gboolean
pull_found (const CommandContext *context, GPtrArray *found, const GPtrArray *wanted,
            GError **error)
{
  g_autoptr (GPtrArray) pulled = NULL;
  g_autoptr (GString) failed = g_string_new (NULL);
  ShowPullProgress progress;
  TreePullOptions pull = TREE_PULL_OPTIONS_INIT;
  (void)show_pull_progress_init (&progress, -1, NULL); /* no descriptor, no failure */
  pull.mirror = opt_mirror;
  pull.disable_fsync = opt_disable_fsync;
  pull.cache_dir = opt_cache_dir;
  pull.progress = show_pull_progress;
  pull.warn = show_pull_warning;
  pull.user_data = &progress;
  pull.interrupted = interrupt_catch ();
  fflush (stdout);
  gboolean ok = tree_repo_pull_found (context->repo, found, &pull, warn, NULL, &pulled, error);
  show_pull_progress_end (&progress, ok);
  if (!ok)
    return FALSE;
  for (guint i = 0; i < wanted->len; i++) {
    const TreeCollectionRef *ref = wanted->pdata[i];
    if (is_found (found, ref) && ref_of (pulled, ref) == NULL)
      g_string_append_printf (failed, "%s(%s, %s)", failed->len > 0 ? ", " : "", ref->collection,
                              ref->name);
  }
  printf ("Pulled %u/%u refs successfully.\n", pulled->len, wanted->len);
  if (failed->len == 0)
    return TRUE;
  g_set_error (error, TREE_ERROR, TREE_ERROR_FAILED,
               "Failed to pull some refs from the remotes: %s", failed->str);
  return FALSE;
}

static gboolean
parse_finders (TreeFinders *out, GError **error)
{
  g_auto (GStrv) names = g_strsplit (opt_finders != NULL ? opt_finders : "", ",", -1);
  *out = 0;
  for (char **name = names; *name != NULL; name++)
    if (!tree_finders_add (*name, out, error))
      return FALSE;
  /* Who says where media are wants them to be looked at. */
  if (opt_finders == NULL && opt_mounts != NULL)
    *out = TREE_FIND_MOUNT;
  return TRUE;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  TreeFinders finders;
  if (opt_mirror && !opt_pull)
    return command_usage_error (context, error, "When --mirror is specified, --pull must also be");
  g_autoptr (GPtrArray) wanted = collection_refs_parse (context, argc, argv, error);
  if (wanted == NULL || !parse_finders (&finders, error))
    return FALSE;
  const TreeFindOptions find = {
      .finders = finders,
      .mounts = (const char *const *)opt_mounts,
      .cache_dir = opt_cache_dir,
      .failed = warn,
      .interrupted = interrupt_catch (),
  };
  g_autoptr (GPtrArray) found = tree_repo_find_refs (context->repo, wanted, &find, error);
  if (found == NULL)
    return FALSE;
  if (found->len == 0) {
    puts ("No results.");
    return TRUE;
  }
  print_found (found, wanted);
  return !opt_pull || pull_found (context, found, wanted, error);
}

const Command cmd_repo_find_remotes = {
    .name = "find-remotes",
    .arguments = "COLLECTION-ID REF [COLLECTION-ID REF…]",
    .summary = "Find out which remotes and mounted media have refs",
    .examples = "  $ pando find-remotes org.example.Os os/stable\n"
                "  $ pando find-remotes --finders=mount --pull org.example.Os os/stable\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
