/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of HTTP that have a grammar of their own: byte ranges, entity tags. */
#pragma once

#include <glib.h>

typedef enum {
  HTTP_RANGE_NONE, /* no Range that we honour: the whole file */
  HTTP_RANGE_PART,
  HTTP_RANGE_BAD, /* beyond the file: 416 */
} HttpRange;

/* A single range of bytes; several are answered with the whole file, as the standard allows. */
HttpRange http_range_parse (const char *text, guint64 size, guint64 *out_start, guint64 *out_len);

/* Does the list of an If-None-Match header hold @etag (quotes included), or '*'? */
gboolean http_etag_in_list (const char *list, const char *etag);
