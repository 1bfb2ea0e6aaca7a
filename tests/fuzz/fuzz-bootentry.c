/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "boot/entry.h"
#include "boot/kargs.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  g_autoptr (BootEntry) entry = NULL;
  g_autoptr (GError) error = NULL;
  if (!bootentry_parse ((const char *)data, len, &entry, &error)) {
    g_assert_nonnull (error);
    return 0;
  }
  /* Writing what was read loses nothing more than reading did. */
  g_autofree char *text = bootentry_to_text (entry);
  g_autoptr (BootEntry) again = NULL;
  g_assert_true (bootentry_parse (text, strlen (text), &again, NULL));
  g_autofree char *text_again = bootentry_to_text (again);
  g_assert_cmpstr (text, ==, text_again);

  const char *options = bootentry_get (entry, "options");
  if (options != NULL) {
    g_autoptr (Kargs) kargs = kargs_parse (options);
    g_autofree char *kargs_text = kargs_to_text (kargs);
    g_autoptr (Kargs) kargs_again = kargs_parse (kargs_text);
    g_assert_cmpuint (kargs_count (kargs), ==, kargs_count (kargs_again));
  }
  return 0;
}
