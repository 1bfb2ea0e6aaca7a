/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a command is. Each lives in a file of its own, ends with one `const Command cmd_…`, and is
 * named in the table of its group (src/groups.c). Help, completion and the checks of the tests read
 * these tables. */
#pragma once

#include <glib.h>

#include "tree-repo.h"

typedef enum {
  NEEDS_NOTHING,
  NEEDS_REPO,            /* --repo=PATH, or the current directory, $OSTREE_REPO, the system's */
  NEEDS_REPO_PATH,       /* --repo=PATH, not opened: the command makes it */
  NEEDS_REPO_OR_SYSROOT, /* as NEEDS_REPO, or --sysroot=PATH, which means the repository in it */
  NEEDS_SYSROOT,         /* --sysroot=PATH, or $OSTREE_SYSROOT, / */
} CommandNeeds;

typedef struct Command Command;

/* What main found before it called a command. */
typedef struct {
  const char *name;         /* "pando commit", as it was called, for messages */
  const Command *command;   /* the one that runs */
  TreeRepo *repo;           /* opened for NEEDS_REPO and NEEDS_REPO_OR_SYSROOT */
  const char *repo_path;    /* --repo as given, or NULL */
  const char *sysroot_path; /* for NEEDS_SYSROOT: --sysroot, else $OSTREE_SYSROOT, else "/" */
} CommandContext;

struct Command {
  const char *name;
  const char *arguments; /* the words after the options, as help shows them: "REV [PATH…]" */
  const char *summary;   /* one line, imperative, no full stop */
  const char *examples;  /* lines of a shell, each with "  $ " before it; NULL if help needs none */
  CommandNeeds needs;
  /* NULL-terminated; values go to static variables of the file. Texts (G_OPTION_ARG_STRING and
   * …_STRING_ARRAY) are checked to be UTF-8; paths (…_FILENAME) are any bytes. */
  const GOptionEntry *options;
  /* @argv holds the words left after the options, without the command's name, NULL-terminated. */
  gboolean (*run) (const CommandContext *context, int argc, char **argv, GError **error);
  const Command *const *subcommands; /* a group such as `remote`; with run, what it does alone */
};

/* The tables, in groups.c. group_root holds what may follow the program's name. */
extern const Command group_root;
extern const Command group_repo;
extern const Command group_admin;

/* For a command whose words are wrong: sets an error that ends with how to call it. Returns FALSE.
 */
gboolean command_usage_error (const CommandContext *context, GError **error, const char *format,
                              ...) G_GNUC_PRINTF (3, 4);
/* The same when there are fewer than @min or more than @max words; @max -1 for no limit. */
gboolean command_check_words (const CommandContext *context, int argc, int min, int max,
                              GError **error);

/* Finds a command in a group by name; NULL if there is none. */
const Command *command_find (const Command *group, const char *name);

/* Runs the command line. @program is what help calls the program: "pando" or "ostree". */
gboolean command_main (const char *program, int argc, char **argv, GError **error);
