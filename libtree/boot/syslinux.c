/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* syslinux and extlinux: boot/syslinux/syslinux.cfg is a link to ../loader/syslinux.cfg, which is
 * written anew for each list of entries. What others have put into the file stays; our labels are
 * those whose KERNEL is below /ostree/. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "boot/bootloader.h"
#include "boot/entry.h"

#define SYSLINUX_CONFIG "boot/syslinux/syslinux.cfg"
#define LOADER_CONFIG "syslinux.cfg"
#define CURRENT_CONFIG "boot/loader/" LOADER_CONFIG
#define CONFIG_MAX_BYTES (1024 * 1024)

/* Lines that are kept, and what the old file said about the default. */
typedef struct {
  GString *kept;
  GString *label; /* lines of the label that is being read; NULL outside of one */
  gboolean label_is_ours;
  char *label_name;
  char *default_name;        /* value of DEFAULT; NULL if there was none */
  GHashTable *foreign_names; /* set of owned names of kept labels */
} OldConfig;

static gboolean
syslinux_detect (const BootRoot *root, gboolean *out_found, GError **error)
{
  struct stat st;
  /* A dangling link counts: the first deployment writes what it points to. */
  *out_found = fstatat (root->dfd, SYSLINUX_CONFIG, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
               (S_ISREG (st.st_mode) || S_ISLNK (st.st_mode));
  return TRUE;
}

static void
end_label (OldConfig *old)
{
  if (old->label == NULL)
    return;
  if (!old->label_is_ours) {
    g_string_append_len (old->kept, old->label->str, (gssize)old->label->len);
    g_hash_table_add (old->foreign_names, g_steal_pointer (&old->label_name));
  }
  g_clear_pointer (&old->label_name, g_free);
  g_string_free (old->label, TRUE);
  old->label = NULL;
  old->label_is_ours = FALSE;
}

/* The value, if the line is "KEYWORD value" in any case; borrowed from @line. */
static const char *
value_of (const char *line, const char *keyword)
{
  while (g_ascii_isspace (*line))
    line++;
  gsize len = strlen (keyword);
  if (g_ascii_strncasecmp (line, keyword, len) != 0 || !g_ascii_isspace (line[len]))
    return NULL;
  line += len;
  while (g_ascii_isspace (*line))
    line++;
  return line;
}

static void
read_line (OldConfig *old, const char *line)
{
  const char *name = value_of (line, "LABEL");
  const char *kernel = value_of (line, "KERNEL");
  const char *chosen = value_of (line, "DEFAULT");
  if (name != NULL) {
    end_label (old);
    old->label = g_string_new (NULL);
    old->label_name = g_strchomp (g_strdup (name));
  } else if (chosen != NULL) {
    g_free (old->default_name);
    old->default_name = g_strchomp (g_strdup (chosen));
    return;
  } else if (!g_ascii_isspace (line[0]))
    end_label (old); /* a global setting, or a blank line */
  if (kernel != NULL &&
      (g_str_has_prefix (kernel, "/ostree/") || g_str_has_prefix (kernel, "/boot/ostree/")))
    old->label_is_ours = TRUE;
  g_string_append_printf (old->label != NULL ? old->label : old->kept, "%s\n", line);
}

/* Paths of entries begin at the boot file system; /boot/boot -> . makes "/boot" right in either
 * case. */
static void
append_label (GString *text, const BootEntry *entry)
{
  static const struct {
    const char *key, *keyword;
  } fields[] = {{"linux", "KERNEL"}, {"initrd", "INITRD"}, {"devicetree", "DEVICETREE"}};
  g_string_append_printf (text, "LABEL %s\n", bootentry_get (entry, "title"));
  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++) {
    g_autoptr (GPtrArray) values = bootentry_list (entry, fields[i].key);
    for (guint v = 0; v < values->len; v++) {
      if (v == 0)
        g_string_append_printf (text, "\t%s ", fields[i].keyword);
      g_string_append_printf (text, "%s/boot%s", v > 0 ? "," : "", (const char *)values->pdata[v]);
    }
    if (values->len > 0)
      g_string_append_c (text, '\n');
  }
  const char *options = bootentry_get (entry, "options");
  if (options != NULL)
    g_string_append_printf (text, "\tAPPEND %s\n", options);
}

static void
read_old_config (GBytes *bytes, OldConfig *old)
{
  gsize len = 0;
  const char *data = g_bytes_get_data (bytes, &len);
  g_autofree char *text = g_strndup (data, len);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint n = g_strv_length (lines);
  if (n > 0 && lines[n - 1][0] == '\0')
    n--; /* after the last newline */
  for (guint i = 0; i < n; i++)
    read_line (old, lines[i]);
  end_label (old);
}

static gboolean
syslinux_write (const BootRoot *root, const BootPlan *plan, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  if (!file_read_at (root->dfd, CURRENT_CONFIG, CONFIG_MAX_BYTES, &bytes, error))
    return FALSE;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GHashTable) foreign = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  OldConfig old = {.kept = text, .foreign_names = foreign};
  if (bytes != NULL)
    read_old_config (bytes, &old);

  /* A default that is somebody else's label is their choice; anything else means the newest of
   * ours. */
  if (old.default_name != NULL && g_hash_table_contains (foreign, old.default_name))
    g_string_append_printf (text, "DEFAULT %s\n", old.default_name);
  else if (plan->entries->len > 0)
    g_string_append_printf (text, "DEFAULT %s\n", bootentry_get (plan->entries->pdata[0], "title"));
  g_free (old.default_name);
  for (guint i = 0; i < plan->entries->len; i++)
    append_label (text, plan->entries->pdata[i]);
  return file_replace_at (plan->loader_dfd, LOADER_CONFIG, text->str, text->len, 0644, error);
}

const Bootloader bootloader_syslinux = {
    .name = "syslinux",
    .switches_with_link = TRUE,
    .detect = syslinux_detect,
    .write = syslinux_write,
};
