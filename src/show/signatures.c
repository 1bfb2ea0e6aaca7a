/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/show/signatures.h"

#include <stdio.h>

void
show_signatures (const char *title, const GPtrArray *texts)
{
  if (texts->len > 0)
    printf ("%s %u signature%s:\n", title, texts->len, texts->len == 1 ? "" : "s");
  for (guint i = 0; i < texts->len; i++) {
    g_auto (GStrv) lines = g_strsplit (texts->pdata[i], "\n", -1);
    putchar ('\n');
    for (char **line = lines; *line != NULL; line++)
      printf ("  %s\n", *line);
  }
}
