/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A patch of an old file of 1000 bytes; the first two bytes are the size of the new one. */
#include "core/bspatch.h"
#include "fuzz.h"

#include <string.h>

enum {
  OLD_SIZE = 1000
};

static gboolean
read_old (guint64 offset, void *buffer, gsize len, gpointer user_data, GError **error)
{
  g_assert_true (offset <= OLD_SIZE && len <= OLD_SIZE - offset);
  memset (buffer, 'o', len);
  return TRUE;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  if (len < 2)
    return 0;
  guint64 new_size = (guint64)data[0] << 8 | data[1];
  g_autofree guint8 *patch = g_memdup2 (data + 2, len - 2);
  g_autoptr (GError) error = NULL;
  Bspatch self;
  guint8 buffer[300];
  guint64 made = 0;
  gsize n = 1;
  bspatch_init (&self, patch != NULL ? patch : (const guint8 *)"", len - 2, OLD_SIZE, new_size,
                read_old, NULL);
  while (n > 0) {
    if (!bspatch_read (&self, buffer, sizeof buffer, &n, &error)) {
      g_assert_nonnull (error);
      return 0;
    }
    made += n;
  }
  g_assert_true (made == new_size);
  return 0;
}
