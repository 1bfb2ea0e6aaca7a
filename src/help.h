/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the program says about itself: usage texts, the version, the list that completion reads. */
#pragma once

#include <stdio.h>

#include "src/command.h"

/* The usage of a command or group. @name is how it was called: "pando remote add". */
void help_print (FILE *stream, const char *program, const char *name, const Command *command);

/* A small YAML document, whose features scripts look for. */
void help_print_version (const char *program);

/* Prints every command and option, one a line, with tabs between the fields, in this order:
 *   command <tab> PATH <tab> ARGUMENTS <tab> SUMMARY
 *   option  <tab> PATH <tab> --LONG or --LONG= <tab> -S or nothing <tab> VALUE <tab> DESCRIPTION
 * PATH is what follows the program's name: "commit", "remote add", "admin deploy". "--LONG=" takes
 * a value. The options that every command has are under the PATH "". Hidden options are left out.
 */
void help_dump_commands (void);

/* In command.c: the lists of options that a command has beside its own, NULL-terminated. */
const GOptionEntry *const *command_common_options (const Command *command);
