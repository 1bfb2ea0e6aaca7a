/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Setting GErrors in one line. Each function returns FALSE, so that a failure is `return throw_…;`.
 */
#pragma once

#include <glib.h>
#include "tree-error.h"

gboolean throw_error (GError **error, TreeErrorCode code, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* Appends ": " and the text of errno; the code is chosen from errno, too. */
gboolean throw_errno (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Puts "what I was doing: " before the message of an error that is set already. */
gboolean prefix_error (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* For functions that return a pointer. */
#define throw_null(...) ((void)throw_error (__VA_ARGS__), NULL)
#define throw_errno_null(...) ((void)throw_errno (__VA_ARGS__), NULL)
#define prefix_null(...) ((void)prefix_error (__VA_ARGS__), NULL)
