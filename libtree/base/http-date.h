/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dates as HTTP has them, in English whatever the locale (RFC 9110, 5.6.7). */
#pragma once

#include <glib.h>

/* "Sun, 06 Nov 1994 08:49:37 GMT" and a NUL. */
#define HTTP_DATE_LEN 29

void http_date_format (gint64 time_s, char out[HTTP_DATE_LEN + 1]);
/* Only the form above, which is the one that is sent; FALSE for anything else. */
gboolean http_date_parse (const char *text, gint64 *out_time_s);
