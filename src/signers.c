/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/signers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tree-error.h"

static void
free_signer (gpointer signer)
{
  tree_signer_free (signer);
}

/* Keys of tests are no secret. */
static void
warn_of_key (const char *type)
{
  if (strcmp (type, "dummy") != 0)
    fprintf (stderr, "warning: a secret key on a command line can be seen by everybody on this "
                     "machine; use --sign-from-file or --keys-file\n");
}

static TreeSigner *
load_file (const char *type, const char *path, GError **error)
{
  gboolean is_stdin = strcmp (path, "-") == 0;
  int fd = is_stdin ? STDIN_FILENO : open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    g_set_error (error, TREE_ERROR, errno == ENOENT ? TREE_ERROR_NOT_FOUND : TREE_ERROR_FAILED,
                 "open the secret key '%s': %s", path, g_strerror (errno));
    return NULL;
  }
  TreeSigner *signer = tree_signer_new_from_fd (type, fd, error);
  if (!is_stdin)
    (void)close (fd);
  if (signer == NULL)
    g_prefix_error (error, "secret key '%s': ", path);
  return signer;
}

GPtrArray *
signers_load (const SignOptions *options, GError **error)
{
  const char *type = options->type != NULL ? options->type : SIGN_DEFAULT_TYPE;
  g_autoptr (GPtrArray) signers = g_ptr_array_new_with_free_func (free_signer);
  if (options->keys != NULL && options->keys[0] != NULL)
    warn_of_key (type);
  for (char **key = options->keys; key != NULL && *key != NULL; key++) {
    TreeSigner *signer = tree_signer_new (type, *key, error);
    if (signer == NULL)
      return NULL;
    g_ptr_array_add (signers, signer);
  }
  for (char **path = options->files; path != NULL && *path != NULL; path++) {
    TreeSigner *signer = load_file (type, *path, error);
    if (signer == NULL)
      return NULL;
    g_ptr_array_add (signers, signer);
  }
  for (char **command = options->commands; command != NULL && *command != NULL; command++) {
    TreeSigner *signer = tree_signer_new_command (type, *command, error);
    if (signer == NULL)
      return NULL;
    g_ptr_array_add (signers, signer);
  }
  for (char **id = options->gpg_keys; id != NULL && *id != NULL; id++) {
    TreeSigner *signer = tree_signer_new_gpg (*id, options->gpg_home, error);
    if (signer == NULL)
      return NULL;
    g_ptr_array_add (signers, signer);
  }
  return g_steal_pointer (&signers);
}

TreeVerifyKeys
verify_keys (const VerifyOptions *options, char **words)
{
  return (TreeVerifyKeys){
      .type = options->type != NULL ? options->type : SIGN_DEFAULT_TYPE,
      .keys = (const char *const *)words,
      .keys_file = options->file,
      .keys_dir = options->folder,
  };
}
