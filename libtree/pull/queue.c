/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/queue.h"

#include "core/object-set.h"

enum {
  FIFO_SLACK = 1024, /* where the taken items are dropped from the front of a list */
  /* Files that wait: with so many of them there is no hurry to find more. */
  MANY_FILES = 64 * 1024,
};

/* First in, first out. */
typedef struct {
  GArray *items;
  guint head;
} Fifo;

struct PullQueue {
  ObjectSet *seen;               /* of dirtrees those that are pulled with all below them */
  Fifo metadata[PULL_N_ACTIONS]; /* PullItem */
  Fifo content[PULL_N_ACTIONS];  /* TreeChecksum: there are many of them */
  guint64 n_underway;
  guint64 n_walking; /* of these, metadata */
  PullCounts counts;
};

static void
fifo_init (Fifo *self, gsize item_size)
{
  self->items = g_array_new (FALSE, FALSE, (guint)item_size);
  self->head = 0;
}

static guint
fifo_len (const Fifo *self)
{
  return self->items->len - self->head;
}

/* The first item; valid until the next call. */
static gconstpointer
fifo_take (Fifo *self)
{
  if (self->head >= FIFO_SLACK && self->head * 2 >= self->items->len) {
    g_array_remove_range (self->items, 0, self->head);
    self->head = 0;
  }
  return self->items->data + (gsize)self->head++ * g_array_get_element_size (self->items);
}

void
pull_item_clear (PullItem *self)
{
  g_clear_pointer (&self->route, g_free);
}

PullQueue *
pull_queue_new (void)
{
  PullQueue *self = g_new0 (PullQueue, 1);
  self->seen = object_set_new ();
  for (int i = 0; i < PULL_N_ACTIONS; i++) {
    fifo_init (&self->metadata[i], sizeof (PullItem));
    fifo_init (&self->content[i], sizeof (TreeChecksum));
  }
  return self;
}

void
pull_queue_free (PullQueue *self)
{
  if (self == NULL)
    return;
  for (int i = 0; i < PULL_N_ACTIONS; i++) {
    Fifo *metadata = &self->metadata[i];
    for (guint j = metadata->head; j < metadata->items->len; j++)
      pull_item_clear (&g_array_index (metadata->items, PullItem, j));
    g_array_unref (metadata->items);
    g_array_unref (self->content[i].items);
  }
  object_set_free (self->seen);
  g_free (self);
}

/* FALSE when the object was added before. A dirtree on a route is not what it is elsewhere: it is
 * walked again for each place. */
static gboolean
is_new (PullQueue *self, const PullItem *item)
{
  return item->route != NULL || object_set_add (self->seen, item->type, &item->checksum);
}

static void
append (PullQueue *self, PullAction action, PullItem *item)
{
  if (item->type == TREE_OBJECT_FILE)
    g_array_append_val (self->content[action].items, item->checksum);
  else
    g_array_append_val (self->metadata[action].items, *item);
}

void
pull_queue_add (PullQueue *self, PullItem *item)
{
  gboolean is_tree = item->type == TREE_OBJECT_DIR_TREE;
  if (!is_new (self, item) || (item->where == PULL_HERE && !is_tree)) {
    pull_item_clear (item);
    return;
  }
  PullAction action = item->where == PULL_HERE     ? PULL_READ
                      : item->where == PULL_CACHED ? PULL_IMPORT
                                                   : PULL_FETCH;
  append (self, action, item);
  if (action != PULL_READ)
    self->counts.n_known++;
}

gboolean
pull_queue_next (PullQueue *self, PullAction action, PullItem *out)
{
  guint n_files = fifo_len (&self->content[action]);
  if (fifo_len (&self->metadata[action]) > 0 && n_files < MANY_FILES) {
    *out = *(const PullItem *)fifo_take (&self->metadata[action]);
    self->n_walking++;
  } else if (n_files > 0)
    *out = (PullItem){.type = TREE_OBJECT_FILE,
                      .checksum = *(const TreeChecksum *)fifo_take (&self->content[action])};
  else
    return FALSE;
  self->n_underway++;
  return TRUE;
}

static void
come_back (PullQueue *self, TreeObjectType type)
{
  g_assert (self->n_underway > 0);
  self->n_underway--;
  if (type != TREE_OBJECT_FILE)
    self->n_walking--;
}

void
pull_queue_finish (PullQueue *self, PullAction action, TreeObjectType type)
{
  come_back (self, type);
  if (action == PULL_READ)
    return;
  self->counts.n_done++;
  if (type == TREE_OBJECT_FILE)
    self->counts.n_content[action]++;
  else
    self->counts.n_metadata[action]++;
}

void
pull_queue_put_back (PullQueue *self, PullAction action, PullItem *item)
{
  come_back (self, item->type);
  append (self, action, item);
}

gboolean
pull_queue_is_walked (const PullQueue *self)
{
  for (int i = 0; i < PULL_N_ACTIONS; i++) {
    if (fifo_len (&self->metadata[i]) > 0)
      return FALSE;
  }
  return self->n_walking == 0;
}

gboolean
pull_queue_is_done (const PullQueue *self)
{
  if (self->n_underway > 0)
    return FALSE;
  for (int i = 0; i < PULL_N_ACTIONS; i++) {
    if (fifo_len (&self->metadata[i]) > 0 || fifo_len (&self->content[i]) > 0)
      return FALSE;
  }
  return TRUE;
}

const PullCounts *
pull_queue_counts (const PullQueue *self)
{
  return &self->counts;
}
