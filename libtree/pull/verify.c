/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/verify.h"

#include "base/error.h"

static char *
format_time (guint64 timestamp)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc ((gint64)MIN (timestamp, G_MAXINT64));
  return date != NULL ? g_date_time_format (date, "%Y-%m-%d %H:%M:%S +0000")
                      : g_strdup_printf ("%" G_GUINT64_FORMAT, timestamp);
}

gboolean
verify_timestamp (const TreeChecksum *checksum, const Commit *commit,
                  const TreeChecksum *current_checksum, const Commit *current, GError **error)
{
  if (commit->timestamp >= current->timestamp)
    return TRUE;
  char new_hex[TREE_CHECKSUM_HEX_LEN + 1];
  char old_hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (checksum, new_hex);
  tree_checksum_to_hex (current_checksum, old_hex);
  g_autofree char *new_time = format_time (commit->timestamp);
  g_autofree char *old_time = format_time (current->timestamp);
  return throw_error (
      error, TREE_ERROR_INVALID,
      "Upgrade target revision '%s' with timestamp '%s' is chronologically older than "
      "current revision '%s' with timestamp '%s'; pull without the check to go back",
      new_hex, new_time, old_hex, old_time);
}
