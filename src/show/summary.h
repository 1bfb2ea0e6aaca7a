/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in a summary, as text. */
#pragma once

#include <glib.h>

/* @summary: `(a(s(taya{sv}))a{sv})` as it is stored. Refs, then metadata. */
void summary_print (GVariant *summary);
void summary_print_raw (GVariant *summary);
void summary_list_keys (GVariant *summary);
gboolean summary_print_key (GVariant *summary, const char *key, GError **error);
