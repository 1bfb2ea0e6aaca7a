/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/object-index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "store/object-list.h"

enum {
  N_DIRS = 256,
  FIRST_LISTING = 2, /* questions before the first attempt; then at twice as many, and so on */
  /* That are listed for one question: twice what its time is worth, since most directories that are
   * asked about twice will be asked about again. */
  ENTRIES_A_QUESTION = 32,
  ENTRY_BYTES = 72 /* of a directory's size, where the file system tells one by its entries */
};

/* A name within its directory, whose number is the first byte. No longer, for a million objects may
 * be listed: of 192 bits nobody makes two that are the same. */
typedef struct {
  guint8 type;
  guint8 rest[23]; /* of the checksum, from the second byte on */
} ShortName;

typedef struct {
  guint n;
  ShortName names[]; /* sorted */
} Listed;

typedef struct {
  GMutex mutex;   /* one lists; the others go on asking */
  gint n_asked;   /* atomic */
  Listed *listed; /* atomic; NULL: not yet */
} Dir;

struct ObjectIndex {
  const TreeRepo *repo; /* borrowed */
  Dir dirs[N_DIRS];
};

ObjectIndex *
object_index_new (const TreeRepo *repo)
{
  ObjectIndex *self = g_new0 (ObjectIndex, 1);
  self->repo = repo;
  for (guint i = 0; i < N_DIRS; i++)
    g_mutex_init (&self->dirs[i].mutex);
  return self;
}

void
object_index_free (ObjectIndex *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < N_DIRS; i++) {
    g_free (self->dirs[i].listed);
    g_mutex_clear (&self->dirs[i].mutex);
  }
  g_free (self);
}

static ShortName
shorten (TreeObjectType type, const TreeChecksum *checksum)
{
  ShortName name = {.type = (guint8)type};
  memcpy (name.rest, checksum->bytes + 1, sizeof name.rest);
  return name;
}

static int
compare_names (const void *a, const void *b)
{
  return memcmp (a, b, sizeof (ShortName));
}

typedef struct {
  GArray *names; /* ShortName */
  guint limit;
} Collection;

static gboolean
collect (const ObjectName *name, int dfd, const char *file_name, gpointer user_data, GError **error)
{
  Collection *self = user_data;
  if (self->names->len >= self->limit)
    return throw_error (error, TREE_ERROR_FAILED, "more than %u objects", self->limit);
  ShortName shortened = shorten (name->type, &name->checksum);
  g_array_append_val (self->names, shortened);
  return TRUE;
}

/* A failure only means that nothing is known. */
static void
list_dir (ObjectIndex *self, guint number, guint limit)
{
  char digits[3];
  struct stat st;
  (void)snprintf (digits, sizeof digits, "%02x", number);
  /* A directory that is too large is better found out before it is read in vain. */
  if (fstatat (self->repo->objects_dfd, digits, &st, 0) < 0 ||
      st.st_size / ENTRY_BYTES > (off_t)limit + 4096 / ENTRY_BYTES)
    return;
  g_autoptr (GArray) names = g_array_new (FALSE, FALSE, sizeof (ShortName));
  Collection collection = {names, limit};
  if (!object_list (self->repo, digits, collect, &collection, NULL))
    return;
  gsize bytes = (gsize)names->len * sizeof (ShortName);
  Listed *listed = g_malloc (sizeof (Listed) + bytes);
  listed->n = names->len;
  if (names->len > 0) {
    memcpy (listed->names, names->data, bytes);
    qsort (listed->names, listed->n, sizeof (ShortName), compare_names);
  }
  g_atomic_pointer_set (&self->dirs[number].listed, listed);
}

static gboolean
is_time_to_list (guint n_asked)
{
  return n_asked >= FIRST_LISTING && (n_asked & (n_asked - 1)) == 0;
}

gboolean
object_index_has (ObjectIndex *self, TreeObjectType type, const TreeChecksum *checksum)
{
  guint number = checksum->bytes[0];
  Dir *dir = &self->dirs[number];
  guint n_asked = (guint)g_atomic_int_add (&dir->n_asked, 1) + 1;
  if (is_time_to_list (n_asked) && g_mutex_trylock (&dir->mutex)) {
    if (dir->listed == NULL)
      list_dir (self, number, n_asked * ENTRIES_A_QUESTION);
    g_mutex_unlock (&dir->mutex);
  }
  const Listed *listed = g_atomic_pointer_get (&dir->listed);
  ShortName name = shorten (type, checksum);
  return listed != NULL && bsearch (&name, listed->names, listed->n, sizeof name, compare_names);
}
