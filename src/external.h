/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that are programs of their own. */
#pragma once

#include <glib.h>

/* Becomes PKGLIBEXECDIR/ext/pando-NAME, or pando-NAME or ostree-NAME on PATH, with all other words
 * of the command line. Returns TRUE when there is none; FALSE with an error when one is there but
 * cannot be run. */
gboolean external_exec (const char *name, int argc, char **argv, GError **error);
