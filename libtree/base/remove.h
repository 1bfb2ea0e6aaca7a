/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removing whole trees. */
#pragma once

#include <glib.h>

/* rm -rf: follows no link, enters nothing that is mounted below (an error), and clears the
 * immutable flag where it is in the way. Absent is fine. What is called "." or ".." is emptied. */
gboolean dir_remove_all_at (int dfd, const char *path, GError **error);
