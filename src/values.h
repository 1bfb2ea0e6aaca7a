/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of options that several commands take, from text. Errors say which forms there are. */
#pragma once

#include <glib.h>

#include "tree-types.h"

/* "@SECONDS", ISO 8601 ("2024-02-29", "2024-02-29 12:00:00", "2024-02-29T12:00:00+01:00"), a date
 * as in mail ("Thu, 29 Feb 2024 12:00:00 +0100"), as date(1) prints it, or as people write it
 * ("February 29 2024"), "now", "yesterday", or "2 weeks ago". Without a zone the local one is
 * meant. @out: seconds since 1970, less than 0 before. */
gboolean value_parse_time (const char *text, gint64 *out, GError **error);

/* yes, true, 1, or no, false, 0. @option names the option in the error. */
gboolean value_parse_boolean (const char *option, const char *text, gboolean *out, GError **error);

/* Bytes; or with K, M, G or T behind the number, as many times 1024. More than 0. */
gboolean value_parse_size (const char *option, const char *text, guint64 *out, GError **error);

/* What asks for composefs: a library that no build has yet. Returns FALSE. */
gboolean value_refuse_composefs (const char *option, GError **error);
