/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* FILE-OR-FOLDER…: calls the fuzz target with each file, so that what was found once stays fixed in
 * builds without libFuzzer too. */
#include <stdio.h>

#include "fuzz.h"

static guint
replay (const char *path)
{
  guint n = 0;
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  if (dir != NULL) {
    while ((name = g_dir_read_name (dir)) != NULL) {
      g_autofree char *below = g_build_filename (path, name, NULL);
      n += replay (below);
    }
    return n;
  }
  g_autofree char *data = NULL;
  gsize len;
  g_autoptr (GError) error = NULL;
  if (!g_file_get_contents (path, &data, &len, &error))
    g_error ("%s", error->message);
  (void)LLVMFuzzerTestOneInput ((const uint8_t *)data, len);
  return 1;
}

int
main (int argc, char **argv)
{
  guint n = 0;
  for (int i = 1; i < argc; i++)
    n += replay (argv[i]);
  (void)printf ("%u inputs\n", n);
  return n > 0 ? 0 : 1;
}
