/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding an argument in the text of /proc/cmdline. */
#pragma once

#include <stddef.h>

/* What a boot loader may pass; the largest COMMAND_LINE_SIZE of any architecture is 4096. */
#define CMDLINE_MAX 8192

/* Looks for "KEY=VALUE" among the arguments of @text, which need not end in a NUL, and copies VALUE
 * to
 * @out. As in the kernel, double quotes may enclose a whole argument or its value, and blanks
 * within them do not end it; the quotes are not part of the value. The first of several wins, as in
 * OSTree. Returns 0, -ENOENT (no such argument) or -ENAMETOOLONG (@out is too small). */
int cmdline_find (const char *text, size_t len, const char *key, char *out, size_t out_size);
