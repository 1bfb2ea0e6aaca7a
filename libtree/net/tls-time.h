/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Certificates on a machine whose clock is behind: one that is not yet valid by the clock is taken
 * when it was valid at a time that has surely passed, the floor. One that has expired by the clock
 * stays so, and nothing expires by the floor.
 *
 * This needs a hook into the verification, which libcurl has in its builds with OpenSSL. GnuTLS is
 * asked for no more than its verdict, and libcurl compares with the clock itself then: there the
 * clock has to be set before. */
#pragma once

#include "net/curl-load.h"

/* Is the clock behind the floor? */
gboolean tls_time_is_behind (gint64 floor_s);
/* Can tls_time_help() be given to this libcurl? */
gboolean tls_time_can_help (const CurlApi *curl);
/* A CURLOPT_SSL_CTX_FUNCTION; @floor_s: (type gint64): must live as long as the handle. */
CURLcode tls_time_help (CURL *easy, void *ssl_ctx, void *floor_s);
