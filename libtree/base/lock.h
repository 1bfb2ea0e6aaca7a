/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locks between processes: open-file-description locks, which end with the descriptor, also when
 * killed. */
#pragma once

#include <glib.h>

typedef enum {
  LOCK_SHARED,
  LOCK_EXCLUSIVE,
} LockKind;

/* Opens (creating it, mode @mode) and locks @path. @timeout_secs: 0 tries once, -1 waits for ever.
 * @on_wait, if any, is called once when another process holds it. Returns the descriptor whose
 * closing unlocks, or -1 with TREE_ERROR_LOCKED. */
int lock_open_at (int dfd, const char *path, unsigned mode, LockKind kind, int timeout_secs,
                  void (*on_wait) (void), GError **error);
/* Locks a descriptor at once, without waiting: FALSE when another holds it. */
gboolean lock_try_fd (int fd, LockKind kind);
