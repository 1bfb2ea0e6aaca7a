/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Usage texts are made from the tables of commands and options, so that they cannot drift from
 * what the program takes. */
#include "config.h"

#include "src/help.h"

#include <string.h>

static gboolean
takes_value (const GOptionEntry *entry)
{
  if (entry->arg == G_OPTION_ARG_CALLBACK)
    return (entry->flags & G_OPTION_FLAG_NO_ARG) == 0;
  return entry->arg != G_OPTION_ARG_NONE;
}

/* "  -s, --subject=TEXT" */
static char *
option_left (const GOptionEntry *entry)
{
  g_autofree char *shortened = entry->short_name != 0 ? g_strdup_printf ("-%c, ", entry->short_name)
                                                      : g_strdup ("");
  gboolean value = takes_value (entry);
  const char *what = entry->arg_description != NULL ? entry->arg_description : "VALUE";
  return g_strdup_printf ("  %s--%s%s%s", shortened, entry->long_name, value ? "=" : "",
                          value ? what : "");
}

/* Columns are cut off here: a longer name has its description on the next line. */
enum {
  COLUMN_MAX = 34
};

static void
print_row (FILE *stream, const char *left, const char *right, int width)
{
  int len = (int)g_utf8_strlen (left, -1);
  if (len > width)
    fprintf (stream, "%s\n%*s  %s\n", left, width, "", right);
  else
    fprintf (stream, "%s%*s  %s\n", left, width - len, "", right);
}

static void
print_options (FILE *stream, const char *title, const GOptionEntry *const *lists)
{
  int width = 0;
  gsize n = 0;
  for (const GOptionEntry *const *list = lists; *list != NULL; list++)
    for (const GOptionEntry *e = *list; e->long_name != NULL; e++) {
      if ((e->flags & G_OPTION_FLAG_HIDDEN) != 0)
        continue;
      g_autofree char *left = option_left (e);
      width = MAX (width, (int)g_utf8_strlen (left, -1));
      n++;
    }
  if (n == 0)
    return;
  width = MIN (width, COLUMN_MAX);
  fprintf (stream, "\n%s:\n", title);
  for (const GOptionEntry *const *list = lists; *list != NULL; list++)
    for (const GOptionEntry *e = *list; e->long_name != NULL; e++) {
      if ((e->flags & G_OPTION_FLAG_HIDDEN) != 0)
        continue;
      g_autofree char *left = option_left (e);
      print_row (stream, left, e->description, width);
    }
}

static void
print_subcommands (FILE *stream, const Command *group)
{
  /* Scripts find the list by this line. */
  if (group == &group_root || group == &group_repo)
    fputs ("\nBuiltin Commands:\n", stream);
  else
    fprintf (stream, "\nBuiltin \"%s\" Commands:\n", group->name);
  for (const Command *const *sub = group->subcommands; *sub != NULL; sub++)
    fprintf (stream, "  %-18s%s\n", (*sub)->name, (*sub)->summary);
}

/* Examples are written with our name; under another one they use that. */
static void
print_examples (FILE *stream, const char *program, const char *examples)
{
  fputs ("\nExamples:\n", stream);
  const char *from = examples;
  for (const char *hit; (hit = strstr (from, "$ pando ")) != NULL;
       from = hit + strlen ("$ pando ")) {
    fwrite (from, 1, (gsize)(hit - from), stream);
    fprintf (stream, "$ %s ", program);
  }
  fputs (from, stream);
  if (!g_str_has_suffix (examples, "\n"))
    fputc ('\n', stream);
}

void
help_print (FILE *stream, const char *program, const char *name, const Command *command)
{
  const char *words = command->subcommands != NULL ? "COMMAND" : command->arguments;
  fprintf (stream, "Usage:\n  %s [OPTION…]%s%s\n", name, words != NULL && *words != '\0' ? " " : "",
           words != NULL ? words : "");
  fprintf (stream, "\n%s\n", command->summary);
  if (command->subcommands != NULL)
    print_subcommands (stream, command);
  const GOptionEntry *const own[] = {command->options, NULL};
  print_options (stream, "Options", own);
  print_options (stream, "Common options", command_common_options (command));
  if (command->examples != NULL)
    print_examples (stream, program, command->examples);
}

void
help_print_version (const char *program)
{
  /* Scripts written for the other program look for its library's name. */
  printf ("%s:\n Version: '%s'\n Features:\n",
          strcmp (program, "ostree") == 0 ? "libostree" : "libtree", PACKAGE_VERSION);
  g_auto (GStrv) features = g_strsplit (PANDO_FEATURES, " ", -1);
  for (char **feature = features; *feature != NULL; feature++)
    if (**feature != '\0')
      printf ("  - %s\n", *feature);
}

/* ---- The list for completion ---- */

static void
dump_options (const char *path, const GOptionEntry *entries)
{
  for (const GOptionEntry *e = entries; e != NULL && e->long_name != NULL; e++) {
    if ((e->flags & G_OPTION_FLAG_HIDDEN) != 0)
      continue;
    gboolean value = takes_value (e);
    char letter[3] = {'-', e->short_name, '\0'};
    printf ("option\t%s\t--%s%s\t%s\t%s\t%s\n", path, e->long_name, value ? "=" : "",
            e->short_name != 0 ? letter : "",
            value && e->arg_description != NULL ? e->arg_description : "", e->description);
  }
}

static void
dump_group (const char *path, const Command *group)
{
  for (const Command *const *sub = group->subcommands; *sub != NULL; sub++) {
    const Command *command = *sub;
    g_autofree char *name = g_strconcat (path, *path != '\0' ? " " : "", command->name, NULL);
    printf ("command\t%s\t%s\t%s\n", name,
            command->subcommands != NULL ? "COMMAND" : command->arguments, command->summary);
    if (command->subcommands != NULL)
      dump_group (name, command);
    if (command->run == NULL)
      continue;
    dump_options (name, command->options);
    const GOptionEntry *const *lists = command_common_options (command);
    for (; lists[1] != NULL; lists++) /* the last list is that of all commands */
      dump_options (name, *lists);
  }
}

void
help_dump_commands (void)
{
  dump_options ("", command_common_options (&group_root)[0]);
  dump_group ("", &group_root);
}
