/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking for a commit message by the user's editor. */
#pragma once

#include <glib.h>

/* @branch: named in the text, or NULL. *@subject and *@body: what stands there first (may be NULL),
 * and what came back; owned. The first line is the subject. An empty message is an error: the user
 * changed his mind. */
gboolean editor_ask_message (const char *branch, char **subject, char **body, GError **error);
