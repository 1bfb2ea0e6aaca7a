/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the command line to a command that runs: the words that name it, its options, what it needs.
 *
 *   pando [OPTION…] [repo] COMMAND [SUBCOMMAND] [OPTION…] [WORD…] [--] [WORD…]
 *
 * Options stand anywhere before a bare "--", which is dropped. The first words that are no options
 * name the command. Option values are taken as bytes, whatever the locale, so that a path is what
 * the kernel gets.
 */
#include "config.h"

#include "src/command.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/external.h"
#include "src/help.h"
#include "src/suggest.h"
#include "tree-error.h"

/* ---- Options that every command has ---- */

static gboolean opt_help;
static gboolean opt_version;
static gboolean opt_verbose;
static char *opt_repo;
static char *opt_sysroot;

static const GOptionEntry entries_all[] = {
    {"verbose", 'v', 0, G_OPTION_ARG_NONE, &opt_verbose, "Print debug messages on stderr", NULL},
    {"version", 0, 0, G_OPTION_ARG_NONE, &opt_version, "Print version and features, and exit",
     NULL},
    {"help", 'h', 0, G_OPTION_ARG_NONE, &opt_help, "Show this help", NULL},
    {NULL},
};
static const GOptionEntry entries_repo[] = {
    {"repo", 0, 0, G_OPTION_ARG_FILENAME, &opt_repo,
     "The repository (default: current directory, $OSTREE_REPO, /ostree/repo)", "PATH"},
    {NULL},
};
static const GOptionEntry entries_sysroot[] = {
    {"sysroot", 0, 0, G_OPTION_ARG_FILENAME, &opt_sysroot,
     "The device's root (default: $OSTREE_SYSROOT, /)", "PATH"},
    {NULL},
};

const GOptionEntry *const *
command_common_options (const Command *command)
{
  static const GOptionEntry *const none[] = {entries_all, NULL};
  static const GOptionEntry *const repo[] = {entries_repo, entries_all, NULL};
  static const GOptionEntry *const both[] = {entries_repo, entries_sysroot, entries_all, NULL};
  static const GOptionEntry *const sysroot[] = {entries_sysroot, entries_all, NULL};
  switch (command->needs) {
  case NEEDS_NOTHING:
    return none;
  case NEEDS_REPO:
  case NEEDS_REPO_PATH:
    return repo;
  case NEEDS_REPO_OR_SYSROOT:
    return both;
  case NEEDS_SYSROOT:
    return sysroot;
  }
  g_assert_not_reached ();
}

/* ---- The words that name a command ---- */

const Command *
command_find (const Command *group, const char *name)
{
  for (const Command *const *sub = group->subcommands; sub != NULL && *sub != NULL; sub++)
    if (strcmp ((*sub)->name, name) == 0)
      return *sub;
  return NULL;
}

typedef struct {
  const Command *command; /* group_root when no word named one */
  GString *name;          /* "pando remote add" */
  const char *unknown;    /* a word that names nothing in a group, or NULL */
  GPtrArray *front;       /* borrowed: all before "--" that did not name the command */
  GPtrArray *back;        /* borrowed: all behind "--" */
} CommandLine;

static void
command_line_clear (CommandLine *self)
{
  g_string_free (self->name, TRUE);
  g_ptr_array_unref (self->front);
  g_ptr_array_unref (self->back);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CommandLine, command_line_clear)

static void
take_word (CommandLine *self, char *word)
{
  if (self->command->subcommands == NULL || self->unknown != NULL) {
    g_ptr_array_add (self->front, word);
    return;
  }
  /* The noun that may be left out. */
  if (self->command == &group_root && strcmp (word, group_repo.name) == 0) {
    self->command = &group_repo;
    g_string_append_printf (self->name, " %s", word);
    return;
  }
  const Command *sub = command_find (self->command, word);
  if (sub == NULL) {
    self->unknown = word;
    return;
  }
  self->command = sub;
  g_string_append_printf (self->name, " %s", word);
}

static void
command_line_init (CommandLine *self, const char *program, int argc, char **argv)
{
  *self = (CommandLine){
      .command = &group_root,
      .name = g_string_new (program),
      .front = g_ptr_array_new (),
      .back = g_ptr_array_new (),
  };
  g_ptr_array_add (self->front, argv[0]); /* GOption expects a program's name */
  for (int i = 1; i < argc; i++) {
    if (strcmp (argv[i], "--") == 0) {
      for (int j = i + 1; j < argc; j++)
        g_ptr_array_add (self->back, argv[j]);
      return;
    }
    if (argv[i][0] != '-' || argv[i][1] == '\0') {
      take_word (self, argv[i]);
      continue;
    }
    g_ptr_array_add (self->front, argv[i]);
    /* `pando --repo R log`: the value of an option that may stand before the command's name is no
     * command. */
    gboolean has_value = strcmp (argv[i], "--repo") == 0 || strcmp (argv[i], "--sysroot") == 0;
    if (has_value && i + 1 < argc)
      g_ptr_array_add (self->front, argv[++i]);
  }
}

/* ---- Options ---- */

/* GOption would convert texts from the locale's character set: they are taken as they are instead,
 * and checked behind. */
static GArray *
entries_as_bytes (const Command *command)
{
  GArray *all = g_array_new (TRUE, FALSE, sizeof (GOptionEntry));
  for (const GOptionEntry *e = command->options; e != NULL && e->long_name != NULL; e++)
    g_array_append_vals (all, e, 1);
  for (const GOptionEntry *const *list = command_common_options (command); *list != NULL; list++)
    for (const GOptionEntry *e = *list; e->long_name != NULL; e++)
      g_array_append_vals (all, e, 1);
  for (guint i = 0; i < all->len; i++) {
    GOptionEntry *e = &g_array_index (all, GOptionEntry, i);
    /* A letter of the command's own wins: `summary -v`. GOption would take both. */
    for (guint j = 0; j < i; j++)
      if (e->short_name != 0 && g_array_index (all, GOptionEntry, j).short_name == e->short_name)
        e->short_name = 0;
    if (e->arg == G_OPTION_ARG_STRING)
      e->arg = G_OPTION_ARG_FILENAME;
    else if (e->arg == G_OPTION_ARG_STRING_ARRAY)
      e->arg = G_OPTION_ARG_FILENAME_ARRAY;
    else if (e->arg == G_OPTION_ARG_CALLBACK)
      e->flags |= G_OPTION_FLAG_FILENAME;
  }
  return all;
}

static gboolean
check_utf8 (const GOptionEntry *entry, const char *value, GError **error)
{
  if (value == NULL || g_utf8_validate (value, -1, NULL))
    return TRUE;
  g_autofree char *shown = g_utf8_make_valid (value, -1);
  g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID, "the value '%s' of --%s is not UTF-8", shown,
               entry->long_name);
  return FALSE;
}

static gboolean
check_texts (const Command *command, GError **error)
{
  for (const GOptionEntry *e = command->options; e != NULL && e->long_name != NULL; e++) {
    if (e->arg == G_OPTION_ARG_STRING && !check_utf8 (e, *(char **)e->arg_data, error))
      return FALSE;
    if (e->arg != G_OPTION_ARG_STRING_ARRAY)
      continue;
    for (char **value = *(char ***)e->arg_data; value != NULL && *value != NULL; value++)
      if (!check_utf8 (e, *value, error))
        return FALSE;
  }
  return TRUE;
}

/* GOption's message ends with the option that it does not know. */
static char *
suggest_option (const GArray *entries, const GError *wrong)
{
  const char *typed = strrchr (wrong->message, ' ');
  if (!g_error_matches (wrong, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION) || typed == NULL ||
      !g_str_has_prefix (typed, " --"))
    return g_strdup ("");
  g_autofree char *name = g_strndup (typed + 3, strcspn (typed + 3, "="));
  Suggest suggest;
  suggest_init (&suggest, name);
  for (guint i = 0; i < entries->len; i++)
    suggest_offer (&suggest, g_array_index (entries, GOptionEntry, i).long_name);
  return suggest_text (&suggest, "--");
}

/* Takes the options out of line->front. */
static gboolean
parse_options (CommandLine *line, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_option_context_set_help_enabled (context, FALSE);
  g_autoptr (GArray) entries = entries_as_bytes (line->command);
  g_option_context_add_main_entries (context, (const GOptionEntry *)(void *)entries->data, NULL);
  int argc = (int)line->front->len;
  g_ptr_array_add (line->front, NULL);
  char **argv = (char **)line->front->pdata;
  g_autoptr (GError) wrong = NULL;
  if (!g_option_context_parse (context, &argc, &argv, &wrong)) {
    g_autofree char *hint = suggest_option (entries, wrong);
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID, "%s%s; see '%s --help'", wrong->message,
                 hint, line->name->str);
    return FALSE;
  }
  g_ptr_array_set_size (line->front, argc);
  return check_texts (line->command, error);
}

/* ---- Running ---- */

gboolean
command_usage_error (const CommandContext *context, GError **error, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  /* Of a group, all that may follow. */
  if (context->command->subcommands != NULL) {
    help_print (stderr, g_get_prgname (), context->name, context->command);
    fputc ('\n', stderr);
    g_set_error_literal (error, TREE_ERROR, TREE_ERROR_INVALID, text);
    return FALSE;
  }
  const char *words = context->command->arguments;
  g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID, "%s; usage: %s [OPTION…]%s%s", text,
               context->name, words != NULL && *words != '\0' ? " " : "",
               words != NULL ? words : "");
  return FALSE;
}

gboolean
command_check_words (const CommandContext *context, int argc, int min, int max, GError **error)
{
  if (argc < min)
    return command_usage_error (context, error,
                                argc == 0 ? "an argument is missing" : "too few arguments");
  if (max >= 0 && argc > max)
    return command_usage_error (context, error, "too many arguments");
  return TRUE;
}

static void
print_debug (const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
  fprintf (stderr, "%s: %s\n", domain != NULL ? domain : "pando", message);
}

static const char *
sysroot_path (void)
{
  if (opt_sysroot != NULL)
    return opt_sysroot;
  const char *path = getenv ("OSTREE_SYSROOT");
  return path != NULL && *path != '\0' ? path : "/";
}

static gboolean
run_command (const Command *command, const char *name, char **words, int n_words, GError **error)
{
  CommandContext context = {.name = name, .command = command, .repo_path = opt_repo};
  g_autoptr (TreeRepo) repo = NULL;
  switch (command->needs) {
  case NEEDS_NOTHING:
  case NEEDS_REPO_PATH:
    break;
  case NEEDS_REPO_OR_SYSROOT:
    if (opt_sysroot != NULL) {
      if ((context.repo = repo = tree_repo_open_root (AT_FDCWD, opt_sysroot, error)) == NULL)
        return FALSE;
      break;
    }
    G_GNUC_FALLTHROUGH;
  case NEEDS_REPO:
    if ((context.repo = repo = tree_repo_find (opt_repo, error)) == NULL)
      return FALSE;
    break;
  case NEEDS_SYSROOT:
    context.sysroot_path = sysroot_path ();
    break;
  }
  return command->run (&context, n_words, words, error);
}

/* A group was named, but nothing in it. */
static gboolean
no_command (const char *program, const CommandLine *line, GError **error)
{
  const Command *group = line->command;
  fflush (stdout);
  help_print (stderr, program, line->name->str, group);
  fputc ('\n', stderr);
  gboolean top = group == &group_root || group == &group_repo;
  if (line->unknown == NULL) {
    g_autofree char *which = top ? g_strdup ("No command specified")
                                 : g_strdup_printf ("No \"%s\" subcommand specified", group->name);
    g_set_error_literal (error, TREE_ERROR, TREE_ERROR_INVALID, which);
    return FALSE;
  }
  g_autofree char *quoted = top ? g_strdup ("") : g_strdup_printf ("\"%s\" sub", group->name);
  Suggest suggest;
  suggest_init (&suggest, line->unknown);
  for (const Command *const *sub = group->subcommands; *sub != NULL; sub++)
    suggest_offer (&suggest, (*sub)->name);
  g_autofree char *hint = suggest_text (&suggest, "");
  g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID, "Unknown %scommand '%s'%s", quoted,
               line->unknown, hint);
  return FALSE;
}

gboolean
command_main (const char *program, int argc, char **argv, GError **error)
{
  if (argc == 2 && strcmp (argv[1], "--dump-commands") == 0) {
    help_dump_commands ();
    return TRUE;
  }
  g_auto (CommandLine) line;
  command_line_init (&line, program, argc, argv);
  if (line.unknown != NULL && line.command == &group_root &&
      !external_exec (line.unknown, argc, argv, error))
    return FALSE;
  g_autoptr (GError) local_error = NULL;
  if (!parse_options (&line, &local_error) && line.unknown == NULL) {
    g_propagate_error (error, g_steal_pointer (&local_error));
    return FALSE;
  }
  if (opt_version) {
    help_print_version (program);
    return TRUE;
  }
  if (opt_help) {
    help_print (stdout, program, line.name->str, line.command);
    return TRUE;
  }
  if (line.command->run == NULL || line.unknown != NULL)
    return no_command (program, &line, error);
  if (opt_verbose)
    g_log_set_default_handler (print_debug, NULL);
  for (guint i = 0; i < line.back->len; i++)
    g_ptr_array_add (line.front, line.back->pdata[i]);
  int n_words = (int)line.front->len - 1;
  g_ptr_array_add (line.front, NULL);
  return run_command (line.command, line.name->str, (char **)line.front->pdata + 1, n_words, error);
}
