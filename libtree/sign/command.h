/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signing by a program: a key that lies in a security module or with a key service never comes
 * here.
 */
#pragma once

#include <glib.h>

/* Runs @command, words as in a shell but without one, with @data as its standard input (a file that
 * it may seek in); what it writes to standard output is the signature. */
GBytes *command_sign (const char *command, GBytes *data, GError **error);
