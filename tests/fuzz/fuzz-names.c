/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes as a line of text: refspecs, and the kernel's command line. */
#include <string.h>

#include "core/checksum.h"
#include "core/refspec.h"
#include "fuzz.h"
#include "plain/bootpath.h"
#include "plain/cmdline.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  g_autofree char *text = g_strndup ((const char *)data, len);
  g_autofree char *remote = NULL, *ref = NULL;
  g_autoptr (GError) error = NULL;
  if (refspec_parse (text, &remote, &ref, &error))
    g_assert_true (refspec_check_ref (ref, NULL));
  else
    g_assert_nonnull (error);

  TreeChecksum checksum;
  char b64[CHECKSUM_B64_LEN + 1];
  if (checksum_from_b64 (text, &checksum)) {
    checksum_to_b64 (&checksum, b64);
    g_assert_cmpstr (b64, ==, text);
  }

  char value[BOOTPATH_TEXT_MAX], value_again[BOOTPATH_TEXT_MAX];
  BootPath path, path_again;
  if (cmdline_find ((const char *)data, len, "ostree", value, sizeof value) == 0 &&
      bootpath_parse (value, &path) == 0) {
    g_assert_cmpint (bootpath_format (&path, value_again, sizeof value_again), >=, 0);
    g_assert_cmpint (bootpath_parse (value_again, &path_again), ==, 0);
    g_assert_cmpstr (path.stateroot, ==, path_again.stateroot);
  }
  return 0;
}
