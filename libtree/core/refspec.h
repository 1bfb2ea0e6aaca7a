/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names: refs, remotes, refspecs and collections. All of them become paths, so that nothing but
 * these patterns may reach the disk. */
#pragma once

#include <glib.h>

/* Fragments of letters, digits, '_' and inner '-', '.', joined by '/'; no part begins with '-' or
 * '.'. */
gboolean refspec_check_ref (const char *ref, GError **error);
/* One fragment. */
gboolean refspec_check_remote (const char *name, GError **error);
/* Two or more elements [A-Za-z_][A-Za-z0-9_]* joined by '.', at most 255 bytes. */
gboolean refspec_check_collection (const char *id, GError **error);
/* "REMOTE:REF" or "REF"; *@out_remote is NULL without one. Both may be NULL pointers. */
gboolean refspec_parse (const char *refspec, char **out_remote, char **out_ref, GError **error);
