/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pulling parts of a tree: which names on the way to the wanted paths are wanted. */
#pragma once

#include <glib.h>

typedef enum {
  ROUTE_OUT,    /* not wanted */
  ROUTE_ON_WAY, /* a directory that leads to something wanted */
  ROUTE_IN,     /* wanted, with all below it */
} RouteKind;

/* Checks and normalises the paths that a user gave: absolute, no "." or "..", no double slashes.
 * Returns NULL with an error for others. */
char **route_parse (const char *const *subpaths, GError **error);
/* What @path ("/usr/lib") is to the wanted @subpaths. */
RouteKind route_classify (const char *const *subpaths, const char *path);
