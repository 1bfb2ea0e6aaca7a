/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of commands. A new command is one line here, in the order in which help shows them. */
#include "config.h"

#include "src/command.h"

#define REMOTE_COMMANDS(X)

#define REPO_COMMANDS(X)                                                                           \
  X (cmd_repo_init)                                                                                \
  X (cmd_repo_pull)                                                                                \
  X (cmd_repo_pull_local)                                                                          \
  X (cmd_repo_serve)

#define ADMIN_COMMANDS(X)

#define DECLARE(command) extern const Command command;
#define ENTRY(command) &command,

REPO_COMMANDS (DECLARE)
ADMIN_COMMANDS (DECLARE)

static const Command *const repo_commands[] = {REPO_COMMANDS (ENTRY) NULL};
static const Command *const admin_commands[] = {ADMIN_COMMANDS (ENTRY) NULL};
static const Command *const root_commands[] = {&group_admin, REPO_COMMANDS (ENTRY) NULL};

const Command group_repo = {
    .name = "repo",
    .summary = "Commands for repositories; the word `repo` may be left out",
    .subcommands = repo_commands,
};

const Command group_admin = {
    .name = "admin",
    .summary = "Commands for a system that boots from deployments",
    .subcommands = admin_commands,
};

const Command group_root = {
    .name = "",
    .summary = "Versioned filesystem trees: commit, distribute, deploy",
    .subcommands = root_commands,
};
