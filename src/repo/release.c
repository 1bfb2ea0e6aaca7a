/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando release`: signs a commit, makes the static deltas to it, points a branch at it, and writes
 * the summary. */
#include "config.h"

#include <stdio.h>

#include "src/command.h"
#include "src/rev.h"
#include "src/show/json.h"
#include "src/show/progress.h"
#include "src/signers.h"
#include "tree-error.h"
#include "tree-release.h"

static char *opt_branch;
static gboolean opt_no_deltas;
static gboolean opt_json;
static SignOptions opt_sign;

static const GOptionEntry options[] = {
    {"branch", 'b', 0, G_OPTION_ARG_STRING, &opt_branch, "The branch that gets the commit", "REF"},
    {"no-deltas", 0, 0, G_OPTION_ARG_NONE, &opt_no_deltas,
     "Leave the static deltas to `static-delta policy`", NULL},
    {"json", 0, 0, G_OPTION_ARG_NONE, &opt_json, "Print one JSON object", NULL},
    SIGN_OPTIONS (opt_sign, "commit, the deltas and the summary"),
    {NULL},
};

/* What was made and deleted while it ran. */
typedef struct {
  ShowProgress progress;
  GPtrArray *made; /* owned texts */
  GPtrArray *deleted;
} Report;

static void
report_delta (const char *delta, gboolean made, gpointer user_data)
{
  Report *self = user_data;
  g_ptr_array_add (made ? self->made : self->deleted, g_strdup (delta));
}

static gboolean
has_changed (const TreeReleaseResult *result)
{
  return result->moved || result->added_signatures || result->deltas.n_made > 0 ||
         result->deltas.n_deleted > 0 || result->wrote_summary;
}

static void
print_names (ShowJson *json, const char *key, const GPtrArray *names)
{
  show_json_begin_array (json, key);
  for (guint i = 0; i < names->len; i++)
    show_json_string (json, NULL, names->pdata[i]);
  show_json_end_array (json);
}

static void
print_json (const TreeReleaseResult *result, const Report *report)
{
  char commit[TREE_CHECKSUM_HEX_LEN + 1];
  char previous[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&result->commit, commit);
  tree_checksum_to_hex (&result->previous, previous);
  g_auto (ShowJson) json = {0};
  show_json_init (&json);
  show_json_begin_object (&json, NULL);
  show_json_string (&json, "branch", opt_branch);
  show_json_string (&json, "commit", commit);
  show_json_boolean (&json, "same-commit", result->is_same);
  show_json_string (&json, "previous", result->has_previous ? previous : NULL);
  show_json_boolean (&json, "changed", has_changed (result));
  show_json_boolean (&json, "moved", result->moved);
  show_json_boolean (&json, "signed", result->added_signatures);
  print_names (&json, "deltas-made", report->made);
  print_names (&json, "deltas-deleted", report->deleted);
  show_json_boolean (&json, "summary-written", result->wrote_summary);
  show_json_end_object (&json);
  show_json_flush (&json);
}

static void
print_text (const TreeReleaseResult *result, const char *rev)
{
  char commit[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&result->commit, commit);
  if (!has_changed (result)) {
    printf ("Nothing to do: '%s' has %s, and all that belongs to it\n", opt_branch, commit);
    return;
  }
  printf ("%s %s\n", opt_branch, commit);
  if (result->is_same)
    printf ("Commit: that of '%s' itself\n", rev);
  else
    printf ("Commit: of the tree of '%s', whose own is not meant for '%s'\n", rev, opt_branch);
  if (result->added_signatures)
    printf ("Signatures: added\n");
  if (result->deltas.n_made > 0 || result->deltas.n_kept > 0 || result->deltas.n_deleted > 0)
    printf ("Static deltas: %u made, %u there already, %u deleted\n", result->deltas.n_made,
            result->deltas.n_kept, result->deltas.n_deleted);
  printf ("Branch: %s\n", result->moved ? "moved" : "was there already");
  printf ("Summary: %s\n", result->wrote_summary ? "written" : "was written already");
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  TreeChecksum commit;
  TreeReleaseResult result;
  if (!command_check_words (context, argc, 1, 1, error))
    return FALSE;
  if (opt_branch == NULL)
    return command_usage_error (context, error, "say to which branch, by --branch=REF");
  if (!rev_resolve (context->repo, argv[0], &commit, error))
    return FALSE;
  g_autoptr (GPtrArray) signers = signers_load (&opt_sign, error);
  if (signers == NULL)
    return FALSE;
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) deleted = g_ptr_array_new_with_free_func (g_free);
  Report report = {.made = made, .deleted = deleted};
  const TreeReleaseOptions release = {.signers = signers,
                                      .no_deltas = opt_no_deltas,
                                      .report = report_delta,
                                      .user_data = &report,
                                      .progress = show_progress,
                                      .progress_data = &report.progress};
  gboolean ok = tree_repo_release (context->repo, opt_branch, &commit, &release, &result, error);
  show_progress_end (&report.progress);
  if (ok && opt_json)
    print_json (&result, &report);
  else if (ok)
    print_text (&result, argv[0]);
  return ok;
}

const Command cmd_repo_release = {
    .name = "release",
    .arguments = "REV",
    .summary = "Make a commit what those who follow a branch get",
    .examples = "  $ pando release --repo=/srv/www/repo --branch=os/stable \\\n"
                "      --sign-from-file=secret.ed25519 os/beta\n"
                "  $ pando release -b os/stable --gpg-sign=KEY-ID 0123abcd\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
