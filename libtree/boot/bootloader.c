/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "boot/bootloader.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

/* In the order in which they are asked; "none" asks nobody. */
static const Bootloader *const bootloaders[] = {
    &bootloader_syslinux,
    &bootloader_uboot,
    &bootloader_none,
};

const Bootloader bootloader_none = {.name = "none"};

static char *
known_names (void)
{
  GString *names = g_string_new ("auto");
  for (gsize i = 0; i < G_N_ELEMENTS (bootloaders); i++)
    g_string_append_printf (names, ", %s", bootloaders[i]->name);
  return g_string_free (names, FALSE);
}

/* Others that would have to be told, and are not: then the old system would go on booting,
 * silently. */
static gboolean
check_no_other (const BootRoot *root, GError **error)
{
  static const struct {
    const char *name, *file;
  } others[] = {
      {"grub2", "boot/grub2/grub.cfg"},
      {"grub2", "boot/grub/grub.cfg"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++) {
    struct stat st;
    if (fstatat (root->dfd, others[i].file, &st, AT_SYMLINK_NOFOLLOW) == 0)
      return throw_error (
          error, TREE_ERROR_UNSUPPORTED,
          "'%s' says that boot loader '%s' is in use, which is not supported yet; if "
          "it reads the entries in boot/loader/entries by itself, set "
          "sysroot.bootloader to none",
          others[i].file, others[i].name);
  }
  return TRUE;
}

static gboolean
detect (const BootRoot *root, const Bootloader **out, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bootloaders); i++) {
    gboolean found = FALSE;
    if (bootloaders[i]->detect != NULL && !bootloaders[i]->detect (root, &found, error))
      return prefix_error (error, "look for boot loader '%s'", bootloaders[i]->name);
    if (found) {
      *out = bootloaders[i];
      return TRUE;
    }
  }
  if (!check_no_other (root, error))
    return FALSE;
  *out = &bootloader_none;
  return TRUE;
}

gboolean
bootloader_find (const char *name, const BootRoot *root, const Bootloader **out, GError **error)
{
  if (name == NULL || strcmp (name, "auto") == 0)
    return detect (root, out, error);
  for (gsize i = 0; i < G_N_ELEMENTS (bootloaders); i++)
    if (strcmp (bootloaders[i]->name, name) == 0) {
      *out = bootloaders[i];
      return TRUE;
    }
  g_autofree char *known = known_names ();
  return throw_error (error, TREE_ERROR_UNSUPPORTED,
                      "boot loader '%s' is not supported: set sysroot.bootloader to one of %s",
                      name, known);
}

gboolean
bootloader_is_generated_file (const char *name)
{
  static const char *const generated[] = {"syslinux.cfg", "uEnv.txt", "grub.cfg"};
  for (gsize i = 0; i < G_N_ELEMENTS (generated); i++)
    if (strcmp (generated[i], name) == 0)
      return TRUE;
  return FALSE;
}
