/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of commands that sign what they write. */
#pragma once

#include "tree-sign.h"

typedef struct {
  char **keys;
  char **files;
  char **commands;
  char *type;
  char **gpg_keys;
  char *gpg_home;
} SignOptions;

/* Lines of a table of options; @where is a static SignOptions, @what "commit" or "summary". */
/* clang-format off */
#define SIGN_OPTIONS(where, what)                                                                  \
  {"sign", 0, 0, G_OPTION_ARG_STRING_ARRAY, &(where).keys,                                         \
   "Sign the " what " by this secret key, which others on the machine can see; again for more",    \
   "KEY"},                                                                                         \
  {"sign-from-file", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &(where).files,                            \
   "Sign the " what " by the secret keys in this file (- is standard input); again for more",      \
   "FILE"},                                                                                        \
  {"sign-command", 0, 0, G_OPTION_ARG_STRING_ARRAY, &(where).commands,                             \
   "Sign the " what " by what this program writes when it reads it; again for more", "COMMAND"},   \
  {"sign-type", 0, 0, G_OPTION_ARG_STRING, &(where).type,                                          \
   "The kind of these keys: ed25519 (default) or spki", "TYPE"},                                   \
  {"gpg-sign", 0, 0, G_OPTION_ARG_STRING_ARRAY, &(where).gpg_keys,                                 \
   "Sign the " what " by this OpenPGP key of gpg's; again for more", "KEY-ID"},                    \
  {"gpg-homedir", 0, 0, G_OPTION_ARG_FILENAME, &(where).gpg_home,                                  \
   "Where gpg has these keys", "FOLDER"}
/* clang-format on */

#define SIGN_DEFAULT_TYPE "ed25519"

/* The options of commands that verify a file by keys which stand behind its name. */
typedef struct {
  char *type;
  char *file;
  char *folder;
} VerifyOptions;

/* clang-format off */
#define VERIFY_OPTIONS(where)                                                                      \
  {"sign-type", 0, 0, G_OPTION_ARG_STRING, &(where).type,                                          \
   "The kind of keys: ed25519 (default) or spki", "TYPE"},                                         \
  {"keys-file", 0, 0, G_OPTION_ARG_FILENAME, &(where).file,                                        \
   "Take public keys from this file: a key a line, or PEM for spki", "FILE"},                      \
  {"keys-dir", 0, 0, G_OPTION_ARG_FILENAME, &(where).folder,                                       \
   "Take trusted.TYPE, trusted.TYPE.d, revoked.TYPE and revoked.TYPE.d from here", "FOLDER"}
/* clang-format on */

/* @words: keys, NULL-terminated. What it points to is borrowed. */
TreeVerifyKeys verify_keys (const VerifyOptions *options, char **words);

/* TreeSigner, which may be none; NULL on error. */
GPtrArray *signers_load (const SignOptions *options, GError **error);
