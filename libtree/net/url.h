/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The little that we do with URLs ourselves. */
#pragma once

#include <glib.h>

/* http: or https: */
gboolean url_is_http (const char *url);
gboolean url_is_https (const char *url);
/* The path of a file: URL (with an empty host or localhost), percent signs decoded; NULL for other
 * URLs. */
char *url_to_file (const char *url, GError **error);
/* @base and @path joined by one '/'; bytes of @path that a URL cannot hold are percent-encoded. */
char *url_join (const char *base, const char *path);
/* @url without the user name and password that it may hold: for messages. */
char *url_for_display (const char *url);
