/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"
#include "net/metalink.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, len);
  g_auto (Metalink) link = {0};
  g_autoptr (GError) error = NULL;
  if (!metalink_parse (bytes, "summary", &link, &error)) {
    g_assert_nonnull (error);
    return 0;
  }
  g_assert_nonnull (link.hash);
  g_assert_nonnull (link.urls[0]);
  (void)metalink_check (&link, bytes, NULL);
  return 0;
}
