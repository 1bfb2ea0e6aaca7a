/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said of OpenPGP signatures. */
#pragma once

#include <glib.h>

/* @title: before the number of them. @texts: char *, of some lines each; of none nothing is
 * printed.
 */
void show_signatures (const char *title, const GPtrArray *texts);
