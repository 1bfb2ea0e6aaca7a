/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of commands. A new command is one line here, in the order in which help shows them. */
#include "config.h"

#include "src/command.h"
#include "src/sysroot.h"

#define REMOTE_COMMANDS(X)                                                                         \
  X (cmd_remote_add)                                                                               \
  X (cmd_remote_add_cookie)                                                                        \
  X (cmd_remote_delete)                                                                            \
  X (cmd_remote_delete_cookie)                                                                     \
  X (cmd_remote_gpg_import)                                                                        \
  X (cmd_remote_gpg_list_keys)                                                                     \
  X (cmd_remote_list)                                                                              \
  X (cmd_remote_list_cookies)                                                                      \
  X (cmd_remote_refs)                                                                              \
  X (cmd_remote_show_url)                                                                          \
  X (cmd_remote_summary)

#define REPO_COMMANDS(X)                                                                           \
  X (cmd_repo_cat)                                                                                 \
  X (cmd_repo_checkout)                                                                            \
  X (cmd_repo_checksum)                                                                            \
  X (cmd_repo_commit)                                                                              \
  X (cmd_repo_config)                                                                              \
  X (cmd_repo_create_usb)                                                                          \
  X (cmd_repo_diff)                                                                                \
  X (cmd_repo_export)                                                                              \
  X (cmd_repo_find_remotes)                                                                        \
  X (cmd_repo_fsck)                                                                                \
  X (cmd_repo_gpg_sign)                                                                            \
  X (cmd_repo_init)                                                                                \
  X (cmd_repo_log)                                                                                 \
  X (cmd_repo_ls)                                                                                  \
  X (cmd_repo_prune)                                                                               \
  X (cmd_repo_pull)                                                                                \
  X (cmd_repo_pull_local)                                                                          \
  X (cmd_repo_refs)                                                                                \
  X (cmd_repo_release)                                                                             \
  X (cmd_repo_reset)                                                                               \
  X (cmd_repo_rev_parse)                                                                           \
  X (cmd_repo_revoke_keys)                                                                         \
  X (cmd_repo_serve)                                                                               \
  X (cmd_repo_show)                                                                                \
  X (cmd_repo_sign)                                                                                \
  X (cmd_repo_summary)

#define ADMIN_COMMANDS(X)                                                                          \
  X (cmd_admin_cleanup)                                                                            \
  X (cmd_admin_config_diff)                                                                        \
  X (cmd_admin_deploy)                                                                             \
  X (cmd_admin_init_fs)                                                                            \
  X (cmd_admin_instutil)                                                                           \
  X (cmd_admin_kargs)                                                                              \
  X (cmd_admin_os_init)                                                                            \
  X (cmd_admin_pin)                                                                                \
  X (cmd_admin_rollback)                                                                           \
  X (cmd_admin_set_default)                                                                        \
  X (cmd_admin_set_origin)                                                                         \
  X (cmd_admin_stateroot_init)                                                                     \
  X (cmd_admin_status)                                                                             \
  X (cmd_admin_switch)                                                                             \
  X (cmd_admin_undeploy)                                                                           \
  X (cmd_admin_upgrade)

#define STATIC_DELTA_COMMANDS(X)                                                                   \
  X (cmd_static_delta_apply_offline)                                                               \
  X (cmd_static_delta_delete)                                                                      \
  X (cmd_static_delta_generate)                                                                    \
  X (cmd_static_delta_indexes)                                                                     \
  X (cmd_static_delta_list)                                                                        \
  X (cmd_static_delta_policy)                                                                      \
  X (cmd_static_delta_reindex)                                                                     \
  X (cmd_static_delta_show)                                                                        \
  X (cmd_static_delta_verify)

#define DECLARE(command) extern const Command command;
#define ENTRY(command) &command,

REMOTE_COMMANDS (DECLARE)
STATIC_DELTA_COMMANDS (DECLARE)
REPO_COMMANDS (DECLARE)
ADMIN_COMMANDS (DECLARE)

static const Command *const remote_commands[] = {REMOTE_COMMANDS (ENTRY) NULL};
static const Command group_remote = {
    .name = "remote",
    .summary = "Commands for the repositories to pull from",
    .subcommands = remote_commands,
};

static const Command *const static_delta_commands[] = {STATIC_DELTA_COMMANDS (ENTRY) NULL};
static const Command group_static_delta = {
    .name = "static-delta",
    .summary = "Commands for static deltas",
    .subcommands = static_delta_commands,
};

static const Command *const repo_commands[] = {REPO_COMMANDS (ENTRY) & group_remote,
                                               &group_static_delta, NULL};
static const Command *const admin_commands[] = {ADMIN_COMMANDS (ENTRY) NULL};
static const Command *const root_commands[] = {&group_admin, REPO_COMMANDS (ENTRY) & group_remote,
                                               &group_static_delta, NULL};

const Command group_repo = {
    .name = "repo",
    .summary = "Commands for repositories; the word `repo` may be left out",
    .subcommands = repo_commands,
};

const Command group_admin = {
    .name = "admin",
    .summary = "Commands for a system that boots from deployments",
    .needs = NEEDS_SYSROOT,
    .options = sysroot_group_options,
    .run = sysroot_group_run,
    .subcommands = admin_commands,
};

const Command group_root = {
    .name = "",
    .summary = "Versioned filesystem trees: commit, distribute, deploy",
    .subcommands = root_commands,
};
