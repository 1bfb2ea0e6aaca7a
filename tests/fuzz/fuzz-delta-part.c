/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The payload of a part, and all that its operations do. The first byte is how many objects the
 * superblock names, and a byte for the type of each follows. */
#include "core/delta-exec.h"
#include "fuzz.h"

#include <string.h>

enum {
  OLD_SIZE = 4096
};

static gboolean
open_old (const TreeChecksum *file, guint64 *out_size, gpointer user_data, GError **error)
{
  *out_size = OLD_SIZE - file->bytes[0];
  return TRUE;
}

static gboolean
read_old (guint64 offset, void *buffer, gsize len, gpointer user_data, GError **error)
{
  g_assert_true (offset <= OLD_SIZE && len <= OLD_SIZE - offset);
  memset (buffer, 'o', len);
  return TRUE;
}

/* A file may be said to be huge, and made of one copy of the old one after the other. */
static void
read_some (const DeltaObject *object)
{
  guint8 buffer[512];
  guint64 n_read = 0;
  gssize n = 1;
  while (object->content != NULL && n > 0 && n_read < 100000) {
    n = object->content->read (object->content, buffer, sizeof buffer, NULL);
    g_assert_cmpint (n, <=, sizeof buffer);
    n_read += (guint64)MAX (n, 0);
  }
  g_assert_true (n_read <= object->size);
}

static void
run (const DeltaPayload *payload, const DeltaPartInfo *part, gboolean read)
{
  const DeltaReader reader = {open_old, read_old, NULL};
  g_autoptr (DeltaExec) exec = delta_exec_new (payload, part, &reader);
  for (;;) {
    g_auto (DeltaObject) object = {0};
    g_autoptr (GError) error = NULL;
    gboolean found = FALSE;
    if (!delta_exec_next (exec, &found, &object, &error)) {
      g_assert_nonnull (error);
      return;
    }
    if (!found)
      return;
    if (read)
      read_some (&object);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  if (len == 0 || data[0] >= len)
    return 0;
  guint n = data[0];
  g_autofree guint8 *objects = g_malloc0 (n * DELTA_OBJECT_LEN + 1);
  for (guint i = 0; i < n; i++)
    objects[i * DELTA_OBJECT_LEN] = (guint8)(TREE_OBJECT_FILE + data[1 + i] % 3);
  const DeltaPartInfo part = {.objects = objects, .n_objects = n};
  g_autofree guint8 *bytes = g_memdup2 (data + 1 + n, len - 1 - n);
  g_auto (DeltaPayload) payload = {0};
  g_autoptr (GError) error = NULL;
  if (!delta_payload_parse (bytes != NULL ? bytes : (const guint8 *)"", len - 1 - n, &payload,
                            &error)) {
    g_assert_nonnull (error);
    return 0;
  }
  run (&payload, &part, /* read= */ TRUE);
  run (&payload, &part, /* read= */ FALSE);
  return 0;
}
