/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of revoked keys: bytes as they are signed, and those of a hostile server. */
#include "config.h"

#include "core/revoked-keys.h"

#include <string.h>

#include "base/error.h"

static void
unref_bytes (gpointer bytes)
{
  g_bytes_unref (bytes);
}

static GBytes *
build (guint n_keys, guint64 serial)
{
  g_auto (RevokedKeys) list = {serial, g_ptr_array_new_with_free_func (unref_bytes)};
  for (guint i = 0; i < n_keys; i++) {
    guint8 key[REVOKED_KEY_LEN];
    memset (key, (int)i + 1, sizeof key);
    g_ptr_array_add (list.keys, g_bytes_new (key, sizeof key));
  }
  return revoked_keys_build (&list);
}

static char *
to_hex (GBytes *bytes)
{
  gsize len;
  const guint8 *data = g_bytes_get_data (bytes, &len);
  GString *hex = g_string_new (NULL);
  for (gsize i = 0; i < len; i++)
    g_string_append_printf (hex, "%02x", data[i]);
  return g_string_free (hex, FALSE);
}

/* The same on every machine. */
static void
test_bytes (void)
{
  g_autoptr (GBytes) bytes = build (1, 258);
  g_autofree char *hex = to_hex (bytes);
  g_assert_cmpstr (hex, ==,
                   "6b65797300000000" /* "keys", to a multiple of 8 */
                   "0101010101010101010101010101010101010101010101010101010101010101"
                   "200061617905" /* where the key ends; "aay"; where the name ends */
                   "0000"
                   "73657269616c0000" /* "serial" */
                   "0201000000000000" /* 258 */
                   "007407"           /* "t", and where the name ends */
                   "2e43");           /* where the entries end */
}

static void
test_round (void)
{
  for (guint n = 0; n < 4; n++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) bytes = build (n, G_MAXUINT64 - n);
    g_auto (RevokedKeys) list = {0};
    (void)revoked_keys_parse (bytes, &list, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (list.serial, ==, G_MAXUINT64 - n);
    g_assert_cmpuint (list.keys->len, ==, n);
    for (guint i = 0; i < n; i++)
      g_assert_cmpint (*(const guint8 *)g_bytes_get_data (list.keys->pdata[i], NULL), ==, i + 1);
  }
}

static void
expect_bad (GBytes *bytes, const char *why)
{
  g_autoptr (GError) error = NULL;
  g_auto (RevokedKeys) list = {0};
  g_assert_false (revoked_keys_parse (bytes, &list, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
  if (strstr (error->message, why) == NULL)
    g_error ("'%s' should say '%s'", error->message, why);
}

static void
expect_bad_text (const char *text, const char *why)
{
  g_autoptr (GVariant) dict = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (dict);
  expect_bad (bytes, why);
}

static void
test_bad (void)
{
  g_autoptr (GBytes) none = g_bytes_new (NULL, 0);
  g_autoptr (GBytes) page = g_bytes_new_static ("<html>not here</html>", 21);
  expect_bad (none, "has no 'keys'");
  expect_bad (page, "not a valid variant");
  expect_bad_text ("{'serial': <uint64 1>}", "has no 'keys'");
  expect_bad_text ("{'keys': <@aay []>}", "has no 'serial'");
  expect_bad_text ("{'keys': <@aay []>, 'serial': <1>}", "has no 'serial'");
  expect_bad_text ("{'keys': <@as []>, 'serial': <uint64 1>}", "has no 'keys'");
  expect_bad_text ("{'keys': <@aay [[0x01]]>, 'serial': <uint64 0>}", "serial is 0");
  expect_bad_text ("{'keys': <@aay [[0x01]]>, 'serial': <uint64 1>}", "key 1 has 1 bytes");
  g_autoptr (GBytes) many = build (REVOKED_KEYS_MAX + 1, 1);
  expect_bad (many, "more than 10000 keys");
  g_autoptr (GBytes) whole = build (2, 1);
  for (gsize len = 1; len < g_bytes_get_size (whole); len++) {
    g_autoptr (GBytes) part = g_bytes_new_from_bytes (whole, 0, len);
    g_auto (RevokedKeys) list = {0};
    g_assert_false (revoked_keys_parse (part, &list, NULL));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/revoked-keys/bytes", test_bytes);
  g_test_add_func ("/revoked-keys/round", test_round);
  g_test_add_func ("/revoked-keys/bad", test_bad);
  return g_test_run ();
}
