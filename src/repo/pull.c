/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando pull`: fetches commits from a remote. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "src/command.h"
#include "src/interrupt.h"
#include "src/show/pull-progress.h"
#include "src/show/pull-result.h"
#include "tree-error.h"
#include "tree-pull.h"

static gboolean opt_commit_metadata_only;
static gboolean opt_disable_fsync;
static gboolean opt_per_object_fsync;
static gboolean opt_disable_static_deltas;
static gboolean opt_require_static_deltas;
static gboolean opt_dry_run;
static gboolean opt_mirror;
static gboolean opt_untrusted;
static gboolean opt_http_trusted;
static gboolean opt_bareuseronly_files;
static gboolean opt_disable_verify_bindings;
static gboolean opt_timestamp_check;
static char *opt_timestamp_check_from_rev;
static char **opt_subpaths;
static char **opt_http_headers;
static char **opt_localcache_repos;
static char *opt_cache_dir;
static char *opt_url;
static char *opt_user_agent;
static int opt_depth;
static int opt_network_retries = -1;
static int opt_low_speed_bytes;
static int opt_low_speed_s;
static int opt_max_requests;
static int opt_update_frequency;
static char *opt_max_rate;
static gboolean opt_retry_all;
static gboolean opt_retry_none;
static int opt_progress_fd = -1;

static const GOptionEntry options[] = {
    {"depth", 0, 0, G_OPTION_ARG_INT, &opt_depth,
     "Pull so many parents of each commit, too; -1 for all (default: 0)", "N"},
    {"mirror", 0, 0, G_OPTION_ARG_NONE, &opt_mirror,
     "Write the refs as they are called on the remote; all of them if none is named", NULL},
    {"commit-metadata-only", 0, 0, G_OPTION_ARG_NONE, &opt_commit_metadata_only,
     "Pull the commits, but not their trees", NULL},
    {"subpath", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_subpaths,
     "Pull only what is at or below this path (may be repeated)", "PATH"},
    {"url", 0, 0, G_OPTION_ARG_STRING, &opt_url, "Pull from here, not from the remote's url",
     "URL"},
    {"http-header", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_http_headers,
     "Send this header with each request (may be repeated)", "NAME=VALUE"},
    {"localcache-repo", 'L', 0, G_OPTION_ARG_FILENAME_ARRAY, &opt_localcache_repos,
     "Take objects from this repository if it has them (may be repeated)", "REPO"},
    {"cache-dir", 0, 0, G_OPTION_ARG_FILENAME, &opt_cache_dir,
     "Keep the remote's summary here, not in the repository", "FOLDER"},
    {"timestamp-check", 'T', 0, G_OPTION_ARG_NONE, &opt_timestamp_check,
     "Refuse commits that are older than what the ref has now", NULL},
    {"timestamp-check-from-rev", 0, 0, G_OPTION_ARG_STRING, &opt_timestamp_check_from_rev,
     "Refuse commits that are older than this one", "REV"},
    {"bareuseronly-files", 0, 0, G_OPTION_ARG_NONE, &opt_bareuseronly_files,
     "Refuse files with set-id or sticky bits, or that all may write", NULL},
    {"disable-verify-bindings", 0, 0, G_OPTION_ARG_NONE, &opt_disable_verify_bindings,
     "Accept commits that are not meant for the ref", NULL},
    {"untrusted", 0, 0, G_OPTION_ARG_NONE, &opt_untrusted,
     "Check the objects of local repositories, too (those of servers always are)", NULL},
    {"http-trusted", 0, 0, G_OPTION_ARG_NONE, &opt_http_trusted,
     "With --mirror, into an archive: store files as they come, unchecked", NULL},
    {"disable-fsync", 0, 0, G_OPTION_ARG_NONE, &opt_disable_fsync,
     "Do not wait until the data is on disk: a power cut may lose it", NULL},
    {"per-object-fsync", 0, 0, G_OPTION_ARG_NONE, &opt_per_object_fsync,
     "Sync each object when it is written, not all at the end", NULL},
    {"disable-static-deltas", 0, 0, G_OPTION_ARG_NONE, &opt_disable_static_deltas,
     "Pull objects, also where there is a static delta", NULL},
    {"require-static-deltas", 0, 0, G_OPTION_ARG_NONE, &opt_require_static_deltas,
     "Fail where there is no static delta", NULL},
    {"dry-run", 0, 0, G_OPTION_ARG_NONE, &opt_dry_run,
     "Print what the pull would transfer, with static deltas or without, and pull nothing", NULL},
    {"network-retries", 0, 0, G_OPTION_ARG_INT, &opt_network_retries,
     "How often a request is tried again (default: 5)", "N"},
    {"disable-retry-on-network-errors", 0, 0, G_OPTION_ARG_NONE, &opt_retry_none,
     "Do not try again (--network-retries=0)", NULL},
    {"retry-all", 0, 0, G_OPTION_ARG_NONE, &opt_retry_all,
     "Try again after every failure of the network or the server", NULL},
    {"low-speed-limit-bytes", 0, 0, G_OPTION_ARG_INT, &opt_low_speed_bytes,
     "Slower than this many bytes a second … (default: 1000)", "N"},
    {"low-speed-time-seconds", 0, 0, G_OPTION_ARG_INT, &opt_low_speed_s,
     "… for this long, a transfer has failed (default: 30)", "N"},
    {"max-outstanding-fetcher-requests", 0, 0, G_OPTION_ARG_INT, &opt_max_requests,
     "Have no more requests than this under way", "N"},
    {"update-frequency", 0, 0, G_OPTION_ARG_INT, &opt_update_frequency,
     "Show progress at most once in so many milliseconds (default: 100)", "MS"},
    {"max-rate", 0, 0, G_OPTION_ARG_STRING, &opt_max_rate,
     "Receive no more bytes a second than this, such as 500k or 2M; 0: no limit", "RATE"},
    {"append-user-agent", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &opt_user_agent,
     "Say this, too, to the server", "TEXT"},
    {"progress-fd", 0, 0, G_OPTION_ARG_INT, &opt_progress_fd,
     "Write how far it is to this descriptor, as lines of JSON", "N"},
    {NULL},
};

/* "NAME=VALUE" as "NAME: VALUE". */
static gboolean
parse_headers (const CommandContext *context, char ***out, GError **error)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  for (char **header = opt_http_headers; header != NULL && *header != NULL; header++) {
    const char *equals = strchr (*header, '=');
    if (equals == NULL || equals == *header)
      return command_usage_error (context, error, "--http-header=%s: must be NAME=VALUE", *header);
    g_ptr_array_add (lines,
                     g_strdup_printf ("%.*s: %s", (int)(equals - *header), *header, equals + 1));
  }
  g_ptr_array_add (lines, NULL);
  *out = g_strdupv ((char **)lines->pdata);
  return TRUE;
}

/* The words: REMOTE [REF…], or one REMOTE:REF. */
static gboolean
parse_words (const CommandContext *context, int argc, char **argv, char **out_remote,
             char ***out_refs, GError **error)
{
  if (!command_check_words (context, argc, 1, -1, error))
    return FALSE;
  const char *colon = strchr (argv[0], ':');
  if (colon == NULL) {
    *out_remote = g_strdup (argv[0]);
    *out_refs = g_strdupv (argv + 1);
    return TRUE;
  }
  if (strstr (argv[0], "://") != NULL)
    return command_usage_error (
        context, error, "'%s' is not a remote: add one with `remote add NAME URL`", argv[0]);
  if (argc > 1)
    return command_usage_error (context, error, "'%s' names a ref already", argv[0]);
  *out_remote = g_strndup (argv[0], (gsize)(colon - argv[0]));
  *out_refs = g_new0 (char *, 2);
  (*out_refs)[0] = g_strdup (colon + 1);
  return TRUE;
}

static gboolean
check_numbers (const CommandContext *context, GError **error)
{
  if (opt_network_retries < -1 || opt_low_speed_bytes < 0 || opt_low_speed_s < 0 ||
      opt_max_requests < 0 || opt_update_frequency < 0)
    return command_usage_error (context, error, "a number is negative");
  if (opt_retry_none && (opt_retry_all || opt_network_retries > 0))
    return command_usage_error (context, error,
                                "either failures are tried again, or --disable-retry-on-network-"
                                "errors is given");
  return TRUE;
}

static void
on_estimate (const TreePullEstimate *estimate, gpointer user_data)
{
  show_progress_end (user_data);
  show_pull_choice (estimate);
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  g_autofree char *remote = NULL;
  g_auto (GStrv) refs = NULL;
  g_auto (GStrv) headers = NULL;
  if (!parse_words (context, argc, argv, &remote, &refs, error) ||
      !check_numbers (context, error) || !parse_headers (context, &headers, error))
    return FALSE;
  ShowPullProgress progress;
  if (!show_pull_progress_init (&progress, opt_progress_fd, error))
    return FALSE;
  TreePullOptions pull = {
      .refs = (const char *const *)refs,
      .url = opt_url,
      .http_headers = (const char *const *)headers,
      .user_agent_suffix = opt_user_agent,
      .subpaths = (const char *const *)opt_subpaths,
      .localcache_repos = (const char *const *)opt_localcache_repos,
      .cache_dir = opt_cache_dir,
      .depth = opt_depth,
      .mirror = opt_mirror,
      .commit_metadata_only = opt_commit_metadata_only,
      .disable_fsync = opt_disable_fsync,
      .per_object_fsync = opt_per_object_fsync,
      .untrusted = opt_untrusted,
      .http_trusted = opt_http_trusted,
      .bareuseronly_files = opt_bareuseronly_files,
      .disable_verify_bindings = opt_disable_verify_bindings,
      .disable_static_deltas = opt_disable_static_deltas,
      .require_static_deltas = opt_require_static_deltas,
      .dry_run = opt_dry_run,
      /* Where deltas are required there is no choice to tell of. */
      .estimated = opt_dry_run && !opt_require_static_deltas ? on_estimate : NULL,
      .timestamp_check = opt_timestamp_check,
      .timestamp_check_from_rev = opt_timestamp_check_from_rev,
      .network_retries = opt_retry_none ? 0 : opt_network_retries,
      .retry_all = opt_retry_all,
      .low_speed_bytes = (guint)opt_low_speed_bytes,
      .low_speed_s = (guint)opt_low_speed_s,
      .max_requests = (guint)opt_max_requests,
      .max_rate = opt_max_rate,
      .progress = show_pull_progress,
      .progress_interval_ms = (guint)opt_update_frequency,
      .warn = show_pull_warning,
      .user_data = &progress,
      .interrupted = interrupt_catch (),
  };
  TreePullResult result;
  gboolean ok = tree_repo_pull (context->repo, remote, &pull, &result, error);
  show_pull_progress_end (&progress, ok);
  if (ok && opt_dry_run && (opt_require_static_deltas || result.n_delta_parts > 0))
    show_pull_estimate (&result);
  else if (ok && opt_dry_run)
    puts ("No static delta would be used");
  else if (ok)
    show_pull_result (&result);
  return ok;
}

const Command cmd_repo_pull = {
    .name = "pull",
    .arguments = "REMOTE [REF…]",
    .summary = "Fetch commits from a remote",
    .examples = "  $ pando pull --repo=r origin os/stable\n"
                "  $ pando pull --repo=r origin:os/stable --depth=-1\n"
                "  $ pando pull --repo=mirror --mirror upstream\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
