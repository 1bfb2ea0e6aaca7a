/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* U-Boot by an environment file: boot/uEnv.txt is a link to loader/uEnv.txt, which holds the
 * variables kernel_image, ramdisk_image, fdt_file, fdtdir and bootargs of the default, and the same
 * names with a number behind them for the others (kernel_image2, …). The default deployment may add
 * lines of its own in usr/lib/ostree-boot/uEnv.txt. */
#include "config.h"

#include <errno.h>

#include "base/beneath.h"
#include "base/error.h"
#include "base/fd.h"
#include "boot/bootloader.h"
#include "boot/entry.h"

#define CURRENT_CONFIG "boot/loader/uEnv.txt"
#define LOADER_CONFIG "uEnv.txt"
#define SYSTEM_DIR "usr/lib/ostree-boot"
#define SYSTEM_CONFIG "uEnv.txt"
#define CONFIG_MAX_BYTES (1024 * 1024)

static gboolean
uboot_detect (const BootRoot *root, gboolean *out_found, GError **error)
{
  struct stat st;
  *out_found = fstatat (root->dfd, CURRENT_CONFIG, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
               S_ISREG (st.st_mode);
  return TRUE;
}

static void
append_variables (GString *text, const BootEntry *entry, guint index)
{
  static const struct {
    const char *key, *variable, *prefix;
  } fields[] = {
      {"linux", "kernel_image", "/boot"},  {"initrd", "ramdisk_image", "/boot"},
      {"devicetree", "fdt_file", "/boot"}, {"fdtdir", "fdtdir", "/boot"},
      {"options", "bootargs", ""},
  };
  g_autofree char *number = index > 0 ? g_strdup_printf ("%u", index + 1) : g_strdup ("");
  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++) {
    const char *value = bootentry_get (entry, fields[i].key);
    if (value != NULL)
      g_string_append_printf (text, "%s%s=%s%s\n", fields[i].variable, number, fields[i].prefix,
                              value);
  }
}

static gboolean
append_system_config (const BootRoot *root, const BootPlan *plan, GString *text, GError **error)
{
  if (plan->default_root == NULL)
    return TRUE;
  autofd int dfd = dir_open_at (root->dfd, plan->default_root, error);
  if (dfd < 0)
    return FALSE;
  g_autoptr (GBytes) bytes = NULL;
  autofd int system = dir_open_beneath (dfd, SYSTEM_DIR);
  if (system < 0)
    return errno == ENOENT || throw_errno (error, "open directory '" SYSTEM_DIR "'");
  if (!file_read_at (system, SYSTEM_CONFIG, CONFIG_MAX_BYTES, &bytes, error))
    return FALSE;
  if (bytes == NULL)
    return TRUE;
  gsize len = 0;
  const char *data = g_bytes_get_data (bytes, &len);
  g_string_append_len (text, data, (gssize)len);
  if (len > 0 && data[len - 1] != '\n')
    g_string_append_c (text, '\n');
  return TRUE;
}

static gboolean
uboot_write (const BootRoot *root, const BootPlan *plan, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < plan->entries->len; i++)
    append_variables (text, plan->entries->pdata[i], i);
  if (!append_system_config (root, plan, text, error))
    return FALSE;
  return file_replace_at (plan->loader_dfd, LOADER_CONFIG, text->str, text->len, 0644, error);
}

const Bootloader bootloader_uboot = {
    .name = "uboot",
    .switches_with_link = TRUE,
    .detect = uboot_detect,
    .write = uboot_write,
};
