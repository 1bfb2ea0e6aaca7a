/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of HTTP that have a grammar of their own: dates, byte ranges, entity tags. */
#pragma once

#include <glib.h>

/* "Sun, 06 Nov 1994 08:49:37 GMT" and a NUL. */
#define HTTP_DATE_LEN 29

void http_date_format (gint64 time_s, char out[HTTP_DATE_LEN + 1]);
/* Only the form above, which is the one that is sent; FALSE for anything else. */
gboolean http_date_parse (const char *text, gint64 *out_time_s);

typedef enum {
  HTTP_RANGE_NONE, /* no Range that we honour: the whole file */
  HTTP_RANGE_PART,
  HTTP_RANGE_BAD, /* beyond the file: 416 */
} HttpRange;

/* A single range of bytes; several are answered with the whole file, as the standard allows. */
HttpRange http_range_parse (const char *text, guint64 size, guint64 *out_start, guint64 *out_len);

/* Does the list of an If-None-Match header hold @etag (quotes included), or '*'? */
gboolean http_etag_in_list (const char *list, const char *etag);
