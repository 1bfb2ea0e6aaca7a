/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando remote gpg-list-keys`: prints the OpenPGP keys that a remote may sign by. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "src/command.h"
#include "tree-sign.h"

/* As C's locale writes dates, in the local zone. */
static void
print_time (const char *indent, const char *title, gint64 when)
{
  time_t seconds = (time_t)when;
  struct tm tm;
  char text[64];
  if (localtime_r (&seconds, &tm) == NULL ||
      strftime (text, sizeof text, "%a %b %e %H:%M:%S %Y", &tm) == 0)
    g_snprintf (text, sizeof text, "%" G_GINT64_FORMAT, when);
  printf ("%s%s: %s\n", indent, title, text);
}

static void
print_times (const char *indent, const TreeGpgSubkey *key)
{
  print_time (indent, "Created", key->created);
  if (key->expires > 0)
    print_time (indent, key->expires > g_get_real_time () / G_USEC_PER_SEC ? "Expires" : "Expired",
                key->expires);
}

/* Five bits a letter, of an alphabet in which none is taken for another. */
static char *
encode_zbase32 (const guint8 *data, gsize len)
{
  static const char alphabet[] = "ybndrfg8ejkmcpqxot1uwisza345h769";
  GString *text = g_string_new (NULL);
  guint32 bits = 0;
  int n_bits = 0;
  for (gsize i = 0; i < len; i++) {
    bits = bits << 8 | data[i];
    for (n_bits += 8; n_bits >= 5; n_bits -= 5)
      g_string_append_c (text, alphabet[bits >> (n_bits - 5) & 31]);
  }
  if (n_bits > 0)
    g_string_append_c (text, alphabet[bits << (5 - n_bits) & 31]);
  return g_string_free (text, FALSE);
}

/* Where the owner of an address publishes newer copies of the key (Web Key Directory): the name
 * before the @, in small letters, is hashed by SHA-1. */
static void
print_update_urls (const char *mail)
{
  const char *at = strrchr (mail, '@');
  if (at == NULL || at == mail || at[1] == '\0')
    return;
  g_autofree char *local = g_strndup (mail, (gsize)(at - mail));
  g_autofree char *small = g_ascii_strdown (local, -1);
  g_autofree char *domain = g_ascii_strdown (at + 1, -1);
  g_autofree char *escaped = g_uri_escape_string (local, NULL, FALSE);
  g_autoptr (GChecksum) hash = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize len = sizeof digest;
  g_checksum_update (hash, (const guchar *)small, -1);
  g_checksum_get_digest (hash, digest, &len);
  g_autofree char *name = encode_zbase32 (digest, len);
  printf ("  Advanced update URL: https://openpgpkey.%s/.well-known/openpgpkey/%s/hu/%s?l=%s\n",
          domain, domain, name, escaped);
  printf ("  Direct update URL: https://%s/.well-known/openpgpkey/hu/%s?l=%s\n", domain, name,
          escaped);
}

static void
print_key (const TreeGpgKey *key)
{
  for (guint i = 0; i < key->keys->len; i++) {
    const TreeGpgSubkey *sub = key->keys->pdata[i];
    const char *revoked = sub->is_revoked ? " (revoked)" : "";
    if (i > 0) {
      printf ("  Subkey: %s%s\n", sub->fingerprint, revoked);
      print_times ("    ", sub);
      continue;
    }
    printf ("Key: %s%s\n", sub->fingerprint, revoked);
    print_times ("  ", sub);
    for (guint j = 0; j < key->users->len; j++) {
      const TreeGpgUser *user = key->users->pdata[j];
      printf ("  UID: %s%s%s\n", user->name, user->is_revoked ? " (revoked)" : "",
              user->is_invalid ? " (invalid)" : "");
      if (user->mail != NULL)
        print_update_urls (user->mail);
    }
  }
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 0, 1, error))
    return FALSE;
  g_autoptr (GPtrArray) keys = NULL;
  if (!tree_repo_remote_gpg_keys (context->repo, argc > 0 ? argv[0] : NULL, &keys, error))
    return FALSE;
  for (guint i = 0; i < keys->len; i++)
    print_key (keys->pdata[i]);
  return TRUE;
}

const Command cmd_remote_gpg_list_keys = {
    .name = "gpg-list-keys",
    .arguments = "[NAME]",
    .summary = "Print the OpenPGP keys by which a remote may sign",
    .examples = "  $ pando remote gpg-list-keys origin\n",
    .needs = NEEDS_REPO_OR_SYSROOT,
    .run = run,
};
