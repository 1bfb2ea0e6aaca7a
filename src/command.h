/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a command is. Each lives in a file of its own, ends with one `const Command cmd_…`, and is
 * named in the table of its group (src/groups.c). Help, completion and the checks of the tests read
 * these tables. */
#pragma once

#include <glib.h>

#include "libtree.h"

typedef enum {
  NEEDS_NOTHING,
  NEEDS_REPO,    /* --repo=PATH, or the current directory, $OSTREE_REPO, the system's */
  NEEDS_SYSROOT, /* --sysroot=PATH, or $OSTREE_SYSROOT, / */
} CommandNeeds;

/* What main found before it called a command. */
typedef struct {
  const char *name;     /* "pando repo commit", for messages */
  TreeRepo *repo;       /* opened for NEEDS_REPO */
  TreeSysroot *sysroot; /* opened for NEEDS_SYSROOT */
} CommandContext;

typedef struct Command Command;
struct Command {
  const char *name;
  const char *arguments; /* the words after the options, as help shows them: "REV [PATH…]" */
  const char *summary;   /* one line, imperative, no full stop */
  const char *examples;  /* lines of a shell, each with "  $ " before it; NULL if help needs none */
  CommandNeeds needs;
  const GOptionEntry *options; /* NULL-terminated; values go to static variables of the file */
  /* @argv holds the words left after the options, without the command's name, NULL-terminated. */
  gboolean (*run) (const CommandContext *context, int argc, char **argv, GError **error);
  const Command *const *subcommands; /* instead of run: a group such as `remote` */
};

/* The tables, in groups.c. */
extern const Command group_repo;
extern const Command group_admin;

/* For a command whose words are wrong: sets an error that ends with how to call it. Returns FALSE.
 */
gboolean command_usage_error (const CommandContext *context, GError **error, const char *format,
                              ...) G_GNUC_PRINTF (3, 4);
