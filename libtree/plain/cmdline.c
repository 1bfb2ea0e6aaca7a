/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plain/cmdline.h"

#include <errno.h>
#include <string.h>

static int
is_blank (char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The end of the argument that begins at @at: the first blank outside quotes. A NUL ends the text.
 */
static size_t
argument_end (const char *text, size_t len, size_t at)
{
  int in_quotes = 0;
  for (; at < len && text[at] != '\0'; at++) {
    if (text[at] == '"')
      in_quotes = !in_quotes;
    else if (is_blank (text[at]) && !in_quotes)
      break;
  }
  return at;
}

/* Drops a quote at either end, as the kernel does after it has split the arguments. */
static void
strip_quotes (const char **start, size_t *len)
{
  if (*len > 0 && **start == '"') {
    (*start)++;
    (*len)--;
    if (*len > 0 && (*start)[*len - 1] == '"')
      (*len)--;
  }
}

int
cmdline_find (const char *text, size_t len, const char *key, char *out, size_t out_size)
{
  size_t key_len = strlen (key);
  for (size_t at = 0; at < len && text[at] != '\0';) {
    if (is_blank (text[at])) {
      at++;
      continue;
    }
    size_t end = argument_end (text, len, at);
    const char *word = text + at;
    size_t word_len = end - at;
    at = end;
    strip_quotes (&word, &word_len);
    if (word_len <= key_len || memcmp (word, key, key_len) != 0 || word[key_len] != '=')
      continue;
    word += key_len + 1;
    word_len -= key_len + 1;
    strip_quotes (&word, &word_len);
    if (word_len >= out_size)
      return -ENAMETOOLONG;
    memcpy (out, word, word_len);
    out[word_len] = '\0';
    return 0;
  }
  return -ENOENT;
}
