/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/revoked-keys.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, len);
  g_auto (RevokedKeys) list = {0};
  g_auto (RevokedKeys) again = {0};
  g_autoptr (GError) error = NULL;
  if (!revoked_keys_parse (bytes, &list, &error)) {
    g_assert_nonnull (error);
    return 0;
  }
  /* What is written is what was read, whatever stood beside it. */
  g_autoptr (GBytes) built = revoked_keys_build (&list);
  g_assert_true (revoked_keys_parse (built, &again, NULL));
  g_assert_cmpuint (again.serial, ==, list.serial);
  g_assert_cmpuint (again.keys->len, ==, list.keys->len);
  for (guint i = 0; i < list.keys->len; i++)
    g_assert_true (g_bytes_equal (again.keys->pdata[i], list.keys->pdata[i]));
  return 0;
}
