/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a remote is, when its url is a list: a mirror list, which is a URL a line, or a metalink,
 * which also says which summary is the current one. */
#pragma once

#include "pull/remote.h"

#define MIRRORLIST_PREFIX "mirrorlist="

/* Fetches the lists, if that is what the urls name. To be called once, before bases are used. */
gboolean pull_remote_find_mirrors (PullRemote *self, Fetcher *fetcher,
                                   const volatile int *interrupted, GError **error);
/* Those before this base (in both lists, if it is in both) are not what they should be, and are not
 * tried any more. */
void pull_remote_begin_with (PullRemote *self, const char *base);
